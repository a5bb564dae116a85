"""The preview of a rule change as Dagster shows it: a job for a person to start with a folder of rules."""

import dagster as dg

from dagster_project.defs.step import told_plainly
from dagster_project.masking import masked
from dagster_project.reports.preview import report
from dagster_project.settings import read_settings


class WhichRules(dg.Config):
    """Whose effect to look at."""

    # A folder with all rule files, or with those only that are to change.
    rules: str
    # For how many months back the backtest computes scores; 0 for none.
    months: int = report.MONTHS


# Without the pool of the warehouse: it is computed in a copy, for which the file is held only while it is copied.
@dg.op(out=dg.Out(dg.Nothing))
def tell_what_would_change(context: dg.OpExecutionContext, config: WhichRules) -> None:
    """Scores moved, bands crossed, handoffs, writes and messages under other rules, and whether they find buyers."""
    with told_plainly():
        text = masked(report.preview_rules(read_settings(), config.rules, config.months))
    context.log.info(text)
    context.add_output_metadata({"preview": dg.MetadataValue.md(text)})


@dg.job(
    description="What the rules of another folder would do to the present data, beside those in force. Changes nothing."
)
def preview_rules() -> None:
    tell_what_would_change()
