"""The dashboard as Dagster shows it: one HTML file of the published build, with what needs attention beside it."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from dagster_project.defs.report import run_account
from dagster_project.defs.score_and_decide import published_marts
from dagster_project.defs.step import told_plainly
from dagster_project.masking import masked
from dagster_project.reports.calibration.earlier import adding_to_history
from dagster_project.reports.rule_changes import read_rule_changes
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import chapter_of
from dagster_project.rules.reading import RulesInvalid
from dagster_project.settings import read_settings

TOLD_RULES = ("sql_definition", "score_bands", "score_weights", "activation_milestones", "return_rules", "goals")


@dg.asset(
    key=["report", "dashboard"],
    group_name="report",
    deps=[published_marts, run_account],
    kinds={"html", "altair"},
    owners=["team:revops"],
)
def dashboard(marts: PublishedMarts, state: State) -> dg.MaterializeResult:
    """The dashboard of the published build: one HTML file that needs no network, with what needs attention at the top.
    What the build lacks is said on the page.
    """
    # Here and not above: drawing takes longer to import than Dagster's definitions to load.
    from dagster_project.reports.dashboard.source import Source
    from dagster_project.reports.dashboard.syncs import read_syncs
    from dagster_project.reports.dashboard.writing import write_dashboard

    with told_plainly():
        settings = read_settings()
        snapshot = marts.current()
        earlier = adding_to_history(snapshot, settings.published_dir, settings.data_dir / "recomputed")
        changes = tuple(read_rule_changes(state.engine()))
        source = Source(snapshot, tuple(earlier), read_syncs(state.engine(), datetime.now(UTC)), changes)
        written = write_dashboard(source, settings.reports_dir, rules_in_english(settings.rules_dir))
    attention = "\n".join(f"- {item.text}" for item in written.attention) or "Nothing asks for attention."
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.url(written.newest.as_uri()),
            "path": dg.MetadataValue.path(written.path),
            "size_bytes": written.size_bytes,
            "attention": dg.MetadataValue.md(masked(attention)),
            "not_shown": len(written.missing),
        }
    )


def rules_in_english(rules_dir: Path) -> tuple[str, ...]:
    """The rules that people ask for first, a sentence each; none where the files have mistakes."""
    try:
        book = read_rules(rules_dir)
    except RulesInvalid:
        return ()
    return tuple(sentence for name in TOLD_RULES for sentence in chapter_of(name).sentences(book))
