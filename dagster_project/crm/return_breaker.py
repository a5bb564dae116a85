"""A broken copy of what salespeople do would empty their whole queue at once: so many returns are held for a look."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dagster_project.crm.errors import CrmError
from dagster_project.crm.return_claims import Return, read_begun_returns, read_claimed
from dagster_project.crm.syncing import SyncRun
from dagster_project.rules.reading import RuleBook


@dataclass(frozen=True)
class ReturnLimits:
    """How many contacts go back at once without a look: so many, or such a share of those at sales qualified."""

    most: int
    most_pct: int

    @classmethod
    def of(cls, book: RuleBook) -> "ReturnLimits":
        values = {rule.setting_id: rule.value for rule in book.rules("handoff_settings")}
        return cls(int(values["max_returned"]), int(values["max_returned_pct"]))


@dataclass(frozen=True)
class OwedReturns:
    """Returns that a run makes now, and those that it holds, with why; `plan_id` names the held ones."""

    due: list[Return]
    held: list[Return]
    why_held: str | None = None
    plan_id: str | None = None


class ReturnsNotAsApproved(CrmError):
    """The returns that a person approved are not those that are held by now."""


def find_owed_returns(run: SyncRun, limits: ReturnLimits, approved: str = "") -> OwedReturns:
    """What goes back to marketing now; used by sensor, plan and run alike. Suppressed people are left alone.

    What a run has begun is finished, however much of it there is.

    Args:
        approved: The id of held returns that a person lets through.
    Raises:
        OptOutsInvalid: An opt-out file cannot be used.
        ReturnsNotAsApproved: By now others are held.
    """
    begun = read_begun_returns(run.snapshot_dir / "decide.returns.parquet")
    known = read_claimed(run.engine, [item.return_id for item in begun])
    suppressed = run.suppressed()
    owed = [
        item
        for item in begun
        # The snapshot may be older than what a run has done with it.
        if not known.get(item.return_id) and suppressed.why(user_id=item.record_key, hubspot_id=item.hubspot_id) is None
    ]
    claimed = [item for item in owed if item.return_id in known]
    new = [item for item in owed if item.return_id not in known]
    in_queue = pl.read_parquet(run.snapshot_dir / "decide.sales_queue.parquet").height if new else 0
    # Of this very snapshot some may be done already: the share is of what there was when it was decided.
    proposed = sum(not item.is_claimed for item in begun)
    if proposed <= limits.most or proposed * 100 <= limits.most_pct * in_queue or not new:
        _check_approved(approved, None)
        return OwedReturns(owed, [])
    plan_id = _fingerprint(new)
    _check_approved(approved, plan_id)
    if approved:
        return OwedReturns(owed, [])
    why = (
        f"{proposed:,} of the {in_queue:,} contacts at sales qualified would go back to marketing at once, more than "
        f"max_returned ({limits.most:,}) and max_returned_pct ({limits.most_pct} %) of handoff_settings.csv. If the "
        "copy of calls and e-mails is broken or a rule is wrong, mend that. If it is meant, materialize "
        f"sync/crm_contacts_returned with the config approve: {plan_id}, which lets exactly these go"
    )
    return OwedReturns(claimed, new, why, plan_id)


def _check_approved(approved: str, plan_id: str | None) -> None:
    if approved and approved != plan_id:
        raise ReturnsNotAsApproved(
            f"The returns {approved} were approved, and by now "
            + (f"it is others that are held, {plan_id}" if plan_id else "none are held")
            + ". Nothing was sent. `make plan` shows what would go back."
        )


def _fingerprint(held: Sequence[Return]) -> str:
    return hashlib.sha256("\n".join(sorted(item.return_id for item in held)).encode()).hexdigest()[:12]
