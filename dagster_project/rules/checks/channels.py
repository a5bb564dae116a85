"""Every channel has its row, and a day has a beginning before its end."""

from collections.abc import Iterator

from dagster_project.rules.checks.handing_off import is_time_zone
from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.channels import CHANNELS

FILE = "channels.csv"


def every_channel_has_its_row(book: RuleBook) -> Iterator[RuleProblem]:
    rows = {row.rule.channel: row for row in book.rows["channels"]}
    for name in CHANNELS:
        if name not in rows:
            yield RuleProblem(FILE, None, None, f"no row {name}", f"a row for each of {', '.join(CHANNELS)}")
    for row in rows.values():
        rule = row.rule
        if rule.works_until <= rule.works_from:
            allowed = f"a time after {rule.works_from}, when work begins"
            yield RuleProblem(FILE, row.number, "works_until", rule.works_until, allowed)
        if not is_time_zone(rule.time_zone):
            allowed = "a time zone of the IANA database, such as Europe/London"
            yield RuleProblem(FILE, row.number, "time_zone", rule.time_zone, allowed)
        if (rule.digest_at is None) == (rule.channel == "slack"):
            allowed = "a time such as 09:00, since there is one digest a day" if rule.channel == "slack" else "nothing"
            yield RuleProblem(FILE, row.number, "digest_at", rule.digest_at, allowed)
