"""How points become scores, and what scores are called."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Number, Rule, Score, Whole, Words, YesNo

# What each setting may hold: words, or the smallest and the largest whole number.
SETTINGS: dict[str, tuple[str, ...] | tuple[int, int]] = {
    "pql_floor": (-1000, 0),
    "company_score_method": ("max", "sum", "mean", "top_3_mean"),
    "habitual_days": (1, 90),
    "habitual_window_days": (1, 90),
    "dormant_days": (1, 365),
    "dormant_long_days": (1, 365),
    "dormant_lost_days": (1, 365),
    "small_company_below_employees": (0, 1_000_000),
    "busy_week_key_actions": (1, 1_000_000),
}


class ScoreWeights(Rule):
    """A profile without bounds holds for everybody; one with bounds for companies of that size, and goes before it."""

    profile: Annotated[Name, "key"]
    fit_weight: Annotated[Number, Field(ge=0, le=1)]
    engagement_weight: Annotated[Number, Field(ge=0, le=1)]
    min_employees: Annotated[Whole, Field(ge=0)] | None
    max_employees: Annotated[Whole, Field(ge=0)] | None
    is_active: YesNo
    owner: Words
    why: Words


class ScoreBand(Rule):
    band: Annotated[Name, "key"]
    min_score: Score
    max_score: Score
    owner: Words
    why: Words


class ScoreSetting(Rule):
    """A single number or word that a person may argue with; `SETTINGS` says which there are and what each may hold."""

    setting_id: Annotated[Literal[tuple(SETTINGS)], "key"]
    value: Words
    owner: Words
    why: Words
