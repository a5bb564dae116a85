"""By which ways something reaches people, each with its switch, and when nobody is known to work."""

from typing import Annotated, Literal, get_args

from dagster_project.rules.schema.cells import Rule, TimeOfDay, Weekdays, Words, YesNo

ChannelName = Literal["slack", "hubspot_task", "sequence", "webhook"]
CHANNELS: tuple[str, ...] = get_args(ChannelName)


class Channel(Rule):
    """`digest_at`: when the day's digest leaves, where there is one; the hours are of whoever has none of their own."""

    channel: Annotated[ChannelName, "key"]
    is_enabled: YesNo
    digest_at: TimeOfDay | None
    time_zone: Words
    works_on: Weekdays
    works_from: TimeOfDay
    works_until: TimeOfDay
    owner: Words
    why: Words
