"""What makes a person or a company worth a call, and who in a company is the most senior."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Names, Number, Rule, Whole, WindowHours, Words, YesNo


class Signal(Rule):
    """A reason to call. Strength 1 is the strongest; what the product shows comes before what others tell."""

    signal_id: Annotated[Name, "key"]
    label: Words
    strength: Annotated[Whole, Field(ge=1, le=99)]
    origin: Literal["internal", "external"]
    condition: Literal["events", "company_active_users", "habitual_use", "activated", "signup_with_icp_match"]
    events: Names | None
    threshold: Annotated[Whole, Field(ge=1)] | None
    live_days: Annotated[Whole, Field(ge=1, le=3650)]
    is_enabled: YesNo
    owner: Words
    why: Words


class AccountSignal(Rule):
    """A company shows a signal of its own when any of these conditions holds."""

    condition_id: Annotated[Name, "key"]
    label: Words
    condition: Literal["active_users", "events", "usage_ratio"]
    events: Names | None
    threshold: Annotated[Number, Field(gt=0)]
    window_hours: WindowHours | None
    is_enabled: YesNo
    owner: Words
    why: Words


class TitleSeniority(Rule):
    """Rank 1 is the most senior; of the rows whose words stand in a title, the one with the lowest rank counts."""

    words: Annotated[Words, "key"]
    rank: Annotated[Whole, Field(ge=1, le=99)]
    owner: Words
    why: Words
