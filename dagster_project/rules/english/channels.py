"""What leaves by which way, and when, in plain English."""

from collections.abc import Iterator

from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.channels import Channel

NAMES = {
    "slack": "Slack messages",
    "hubspot_task": "Tasks in HubSpot",
    "sequence": "Enrolments in sequences",
    "webhook": "Webhooks",
}


def _sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("channels"):
        yield f"{NAMES[rule.channel]}: {_channel(book, rule)}."


def _channel(book: RuleBook, rule: Channel) -> str:
    if not rule.is_enabled:
        return "switched off, what is owed waits until it expires"
    digest = "" if rule.digest_at is None else f"the digest at {rule.digest_at}; "
    days = ", ".join(parts(rule.works_on))
    return (
        f"switched on; {digest}whoever is not in sales_team.csv works {rule.works_from} to {rule.works_until} "
        f"on {days} ({rule.time_zone})"
    )


CHANNELS = Chapter("Channels", _sentences, _channel)
