"""Everything that the sections are made from, and what becomes of those whose tables the build lacks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
import polars as pl

from dagster_project.publish.snapshot import NothingPublished, Snapshot
from dagster_project.reports.calibration.audit import Audit, audit_of
from dagster_project.reports.dashboard.glossary import Glossary
from dagster_project.reports.dashboard.marts import MartMissing, Marts
from dagster_project.reports.dashboard.metrics import Metrics
from dagster_project.reports.dashboard.parts import Attention, Note, Part
from dagster_project.reports.dashboard.syncs import Syncs
from dagster_project.reports.dashboard.telling import names_of
from dagster_project.reports.rule_changes import RuleChange

TO_MEND = "`make run` builds and publishes anew."
# What an older build comes to: a table, a column or a setting is not there.
LACKING = (MartMissing, NothingPublished, pl.exceptions.ColumnNotFoundError, duckdb.Error)


@dataclass(frozen=True)
class Source:
    """A published build, earlier ones, and what syncs and builds left in the state; `syncs` and `rule_changes` are null
    where nobody asked it.
    """

    snapshot: Snapshot
    earlier: tuple[Snapshot, ...] = ()
    syncs: Syncs | None = None
    rule_changes: tuple[RuleChange, ...] | None = None
    missing: list[str] = field(default_factory=list)

    @cached_property
    def marts(self) -> Marts:
        return Marts(self.snapshot)

    @cached_property
    def glossary(self) -> Glossary:
        return Glossary(self.marts)

    @cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.marts, self.glossary)

    @property
    def audit(self) -> Audit:
        """Made once, also where it cannot be made."""
        if isinstance(self._audit, Exception):
            raise self._audit
        return self._audit

    @cached_property
    def _audit(self) -> Audit | Exception:
        try:
            return audit_of(self.snapshot, self.earlier)
        except LACKING as error:
            return error

    @cached_property
    def owner_names(self) -> dict[str, str]:
        """The names of owners by what the marts call them; two marts name the same ones."""
        owners: set[str] = set()
        for table in ("report.handoff_responses", "report.deals"):
            found = self.marts.table_or_none(table)
            if found is not None:
                owners |= set(found["owner"].drop_nulls())
        metrics = self.marts.table_or_none("report.metrics")
        if metrics is not None:
            owners |= set(metrics.filter(segment_type="owner")["segment"].drop_nulls())
        return names_of(owners)

    def parts(self, *blocks: Callable[["Source"], Iterable[Part]]) -> tuple[Part, ...]:
        """The parts of every block; in place of a block whose tables are missing, a note that says so."""
        return tuple(part for block in blocks for part in self._parts(block))

    def _parts(self, block: Callable[["Source"], Iterable[Part]]) -> list[Part]:
        try:
            return list(block(self))
        except LACKING as error:
            lacking = _lacking(error)
            if lacking not in self.missing:
                self.missing.append(lacking)
            return [Note(f"Not shown: {lacking}. {TO_MEND}", "missing")]

    def attention(self, *finders: Callable[["Source"], Iterable[Attention]]) -> list[Attention]:
        """What needs attention; a finder whose tables are missing finds nothing, its section says so."""
        found: list[Attention] = []
        for finder in finders:
            try:
                found += finder(self)
            except LACKING:
                continue
        return found


def _lacking(error: Exception) -> str:
    if isinstance(error, MartMissing):
        return f"the published build holds no {error}, being older than this page"
    if isinstance(error, pl.exceptions.ColumnNotFoundError):
        column = str(error).splitlines()[0].split(";")[0].strip().strip('"')
        return f"a table of the published build has no column {column}, being older than this page"
    if isinstance(error, NothingPublished):
        return str(error).partition("; run ")[0]
    return "a table of the published build cannot be read, being older than this page"
