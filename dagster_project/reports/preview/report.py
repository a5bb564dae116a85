"""The preview of a rule change: computed, held against the state, and told."""

import polars as pl

from dagster_project.privacy.suppression import opt_outs_of
from dagster_project.publish.previewing import Sides, both_sides, proposed_rules
from dagster_project.reports.preview.backtest import backtest
from dagster_project.reports.preview.consequences import State, consequences, next_run, unmet
from dagster_project.reports.preview.preview import Preview
from dagster_project.reports.preview.scores import compare_scores, largest_movers
from dagster_project.reports.preview.telling import as_markdown, nothing_differs
from dagster_project.rules.proposing import Proposal
from dagster_project.settings import Settings

MONTHS = 6
MOVERS = 20


def preview_rules(settings: Settings, rules: str, months: int = MONTHS) -> str:
    """The preview of the rules of a folder, as Markdown fit for a pull request: people by their user ids.

    Args:
        rules: A folder with all rule files, or with those only that are to change.
        months: For how many months back the backtest computes scores.
    Raises:
        CannotPreview, NothingProposed: The message says what to do.
        RulesInvalid: The proposed rules are not sound; every problem is named as `make rules` names it.
        WarehouseBusy, WarehouseUnusable, BuildFailed, OptOutsInvalid, StateUnavailable: As in a run.
    """
    with proposed_rules(settings, rules) as (proposal, scratch):
        if not proposal.changes:
            return nothing_differs(proposal)
        with both_sides(settings, proposal, scratch, months) as sides:
            return as_markdown(preview_of(settings, proposal, sides))


def preview_of(settings: Settings, proposal: Proposal, sides: Sides) -> Preview:
    """Raises:
    OptOutsInvalid: An opt-out file cannot be used.
    """
    before, after = sides.in_force.snapshot, sides.proposed.snapshot
    state = State(sides.engine, sides.state_dir, after.as_of, settings.property_prefix, opt_outs_of(settings))
    scores = compare_scores(before, after)
    done = consequences(next_run(before, proposal.in_force, state), next_run(after, proposal.proposed, state))
    backtests = None
    if sides.moments:
        backtests = tuple(backtest(side.snapshot, side.readings) for side in (sides.in_force, sides.proposed))
    return Preview(
        proposal,
        after.as_of,
        scores,
        largest_movers(before, after, scores, MOVERS),
        done,
        unmet(after, pl.concat([done.qualified.fewer["user_id"], done.handoffs.fewer["record_key"]])),
        backtests,
        sides.moments,
        tuple(sides.warnings),
    )
