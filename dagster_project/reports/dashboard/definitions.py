"""What every figure means, and the rules behind them in plain English."""

from collections.abc import Iterable

from dagster_project.counting import counted
from dagster_project.masking import masked
from dagster_project.reports.dashboard.calibration import FLAGGED
from dagster_project.reports.dashboard.calibration_curves import LIFT, PRECISION, RECALL
from dagster_project.reports.dashboard.parts import Column, Heading, Listing, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.source import Source

# Tables that the page shows by column, with what they are called there.
TABLES = {
    "report.funnel": "Funnel",
    "report.handoff_responses": "Handoffs",
    "report.deals": "Deals",
    "report.open_deal_stages": "Open deals",
    "report.segment_changes": "Segments",
    "report.behaviours_before_conversion": "Behaviour",
    "report.trigger_outcomes": "Triggers",
}


def definitions(source: Source, rules: tuple[str, ...] = ()) -> Section:
    """All definitions.

    Args:
        rules: The rules in plain English, a sentence each; none where they cannot be read.
    """

    def _rules(_: Source) -> Iterable[Part]:
        if rules:
            yield Heading("The rules in force")
            yield Listing(tuple(("", sentence) for sentence in rules))

    lead = "The words of the marts and of the rules; the same stand behind every figure that is underlined with dots."
    return Section(
        "definitions", "Definitions", lead, source.parts(_metrics, _scores, _rules, _changes, _columns, _settings)
    )


def _metrics(source: Source) -> Iterable[Part]:
    yield Listing(tuple((term.text, term.definition) for term in map(source.glossary.metric, source.glossary.metrics)))


def _scores(source: Source) -> Iterable[Part]:
    items = [tuple(text.split(": ", 1)) for text in (PRECISION, RECALL, LIFT)]
    yield Heading("Calibration")
    yield Listing((*((name, told[:1].upper() + told[1:]) for name, told in items), ("Flagged", FLAGGED)))


def _changes(source: Source) -> Iterable[Part]:
    if source.rule_changes is None:
        return
    yield Heading("What was changed in the rules")
    if not source.rule_changes:
        yield Note("Every build on record was made with the rules that are in force now.")
        return
    columns = tuple(Column(Term(name), False) for name in ("First build", "File", "Row", "What", "Owner", "Why"))
    rows = tuple(
        (
            f"{item.in_force_from:%Y-%m-%d %H:%M} UTC",
            *map(masked, (change.file, change.row, change.what, change.owner, change.why)),
        )
        for item in source.rule_changes
        for change in [item.change]
    )
    yield Table(f"The last {counted(len(rows), 'change')}", columns, rows, is_folded=True)


def _columns(source: Source) -> Iterable[Part]:
    yield Heading("Columns of the marts")
    for table, called in TABLES.items():
        columns = source.glossary.columns_of(table)
        if columns:
            yield Table(
                f"{called} ({table})", (Column(Term("Column"), False), Column(Term("What it is"), False)), columns, True
            )


def _settings(source: Source) -> Iterable[Part]:
    settings = source.marts.table_or_none("rules.report_settings")
    if settings is None:
        yield Note("This build is older than report_settings.csv.", "missing")
        return
    columns = tuple(Column(Term(name), False) for name in ("Setting", "Value", "Owner", "Why"))
    rows = tuple(
        tuple(str(cell) for cell in row) for row in settings.select("setting_id", "value", "owner", "why").iter_rows()
    )
    yield Table("Numbers of report_settings.csv", columns, rows, is_folded=True)
