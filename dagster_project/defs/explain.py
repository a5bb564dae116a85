"""The explanation of a score as Dagster shows it: a job for a person to start with somebody's address."""

import dagster as dg

from dagster_project.defs.step import told_plainly
from dagster_project.masking import masked
from dagster_project.publish.recomputing import moment_of, recomputed
from dagster_project.reports.explanation import explain
from dagster_project.reports.person_marts import NobodyFound
from dagster_project.resources.published import PublishedMarts
from dagster_project.settings import read_settings


class WhoseScore(dg.Config):
    """Whose score to explain, and as of when: now and with today's rules, unless these say otherwise."""

    email: str
    # A past moment such as 2026-10-01T09:00:00Z.
    as_of: str | None = None
    # `then` for the rules in force at that moment, or a folder with rule files.
    rules: str | None = None


# Without the pool of the warehouse: what is published is read without waiting for a build, and a past moment is
# computed in a copy of its own, for which the file is held only while it is copied.
@dg.op(out=dg.Out(dg.Nothing))
def tell_why(context: dg.OpExecutionContext, config: WhoseScore, marts: PublishedMarts) -> None:
    """The whole account of one person: fit, engagement, negative, gates met and missed, what would change next."""
    with told_plainly():
        if config.as_of is None and config.rules is None:
            snapshot = marts.current()
        else:
            settings = read_settings()
            snapshot = recomputed(settings, moment_of(settings, config.as_of, config.rules))
        try:
            account = masked(explain(snapshot, config.email))
        except NobodyFound as error:
            raise dg.Failure(description=masked(str(error)), allow_retries=False) from None
    context.log.info(account)
    context.add_output_metadata(
        {
            "account": dg.MetadataValue.md(f"```text\n{account}\n```"),
            "as_of": dg.MetadataValue.timestamp(snapshot.as_of),
            "snapshot": dg.MetadataValue.path(str(snapshot.directory)),
        }
    )


@dg.job(
    description="Why somebody has their score, now or at a past moment, and what would change next. Changes nothing."
)
def explain_score() -> None:
    tell_why()
