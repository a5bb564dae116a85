"""Which rule files were in force when: a past score can be computed again with the rules of its time."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select

from dagster_project.rules.files import digest_of, rule_files, write_rule_files
from dagster_project.state.tables import rule_versions


class NoRuleVersion(Exception):
    """No build of that time is on record; the message says from when on there are any."""


@dataclass(frozen=True)
class RuleVersion:
    """Rule files as they were, by file name, and the clock of the first build that was made with them."""

    digest: str
    in_force_from: datetime
    files: dict[str, str]

    def write_to(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        write_rule_files({name: text.encode("utf-8") for name, text in self.files.items()}, folder)


def record_rules(engine: Engine, rules_dir: Path, as_of: datetime, recorded_at: datetime) -> None:
    """Keep the rule files that a build is about to be made with, where they are others than those of the last one.

    A build for an earlier clock than the last one tells nothing of which rules were in force at that time.
    """
    files = rule_files(rules_dir)
    digest = digest_of(files)
    # They have been read, and are known to be UTF-8.
    texts = {name: content.decode("utf-8") for name, content in files.items()}
    row = {"digest": digest, "in_force_from": as_of, "recorded_at": recorded_at, "files": texts}
    newest = select(rule_versions.c.digest, rule_versions.c.in_force_from).order_by(*_newest_first()).limit(1)
    with engine.begin() as connection:
        last = connection.execute(newest).first()
        if last is None or (last.digest != digest and last.in_force_from <= as_of):
            connection.execute(insert(rule_versions).values(row))


def last_versions(engine: Engine, count: int) -> list[RuleVersion]:
    """The last versions on record, the newest first."""
    columns = (rule_versions.c.digest, rule_versions.c.in_force_from, rule_versions.c.files)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(*_newest_first()).limit(count)).all()
    return [RuleVersion(*row) for row in rows]


def rules_at(engine: Engine, as_of: datetime) -> RuleVersion:
    """The rule files that a build at this moment was made with.

    Raises:
        NoRuleVersion: The first build on record is later.
    """
    columns = (rule_versions.c.digest, rule_versions.c.in_force_from, rule_versions.c.files)
    then = select(*columns).where(rule_versions.c.in_force_from <= as_of).order_by(*_newest_first()).limit(1)
    first = select(rule_versions.c.in_force_from).order_by(rule_versions.c.in_force_from).limit(1)
    with engine.connect() as connection:
        row = connection.execute(then).first()
        if row is not None:
            return RuleVersion(row.digest, row.in_force_from, row.files)
        begun = connection.execute(first).scalar()
    since = (
        f"the first rules on record are of {begun:%Y-%m-%d %H:%M} UTC" if begun else "no build has recorded its rules"
    )
    raise NoRuleVersion(
        f"Which rules were in force on {as_of:%Y-%m-%d %H:%M} UTC is not known: {since}. Leave out RULES=then to "
        "compute it with today's rules."
    )


def _newest_first() -> tuple:
    return rule_versions.c.in_force_from.desc(), rule_versions.c.id.desc()
