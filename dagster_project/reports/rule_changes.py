"""When which rule was changed, as builds found it: small steps, each with what it was for."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Engine

from dagster_project.rules.changes import RowChanged, changes_between
from dagster_project.state.rule_versions import last_versions

SHOWN = 50


@dataclass(frozen=True)
class RuleChange:
    """A row that differs, and the clock of the first build that was made with it."""

    in_force_from: datetime
    change: RowChanged


def read_rule_changes(engine: Engine, count: int = SHOWN) -> list[RuleChange]:
    """The last changes, the latest first; none where all builds were made with the same rules."""
    changes: list[RuleChange] = []
    # One more than there can be versions with a change each.
    for later, earlier in pairwise(last_versions(engine, count + 1)):
        changes += [RuleChange(later.in_force_from, change) for change in changes_between(earlier.files, later.files)]
    return changes[:count]
