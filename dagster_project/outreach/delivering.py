"""What is owed → where it belongs, each once: the same for every channel."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from dagster_project.outreach import outbox
from dagster_project.outreach.act_run import ActRun, DeliverySummary
from dagster_project.outreach.calendars import CHANNEL_OF, DIGEST
from dagster_project.outreach.channel import Bundle, Channel
from dagster_project.outreach.enqueuing import enqueue_ready
from dagster_project.outreach.errors import AnswerLost, RefusedForGood, RefusedForNow, SendingFailed, Unavailable
from dagster_project.outreach.outbox_rows import OutboxRow, due, pending, unknown, unknown_count

# Clocks of two machines differ a little.
READ_BACK_SLACK = timedelta(minutes=5)
SWITCHED_OFF = "switched off in channels.csv ({channel})"


def deliver(run: ActRun) -> DeliverySummary:
    """Send what is owed and may be sent, and settle what an earlier run left open.

    A channel through which nothing gets stands in `shut` and holds up no other; what is owed through it waits.

    Raises:
        ActionsOutdated: The marts were published by an earlier version.
    """
    summary = DeliverySummary()
    summary.owed, summary.waits = enqueue_ready(run)
    summary.cancelled = cancel_suppressed(run)
    note_why_they_wait(run)
    summary.expired = outbox.expire(run.engine, as_of=run.as_of, now=run.now())
    outbox.mark_lost_claims(run.engine, run.now())
    doubtful, ready = by_channel(unknown(run.engine, run.now())), by_channel(_may_leave(run))
    for name in run.doors:
        _serve(run, name, doubtful[name], ready[name], summary)
    summary.waits.update(why_they_wait(run, pending(run.engine)).values())
    # With those that are not to be looked for yet: somebody who reads the summary should hear of every doubt.
    summary.unknown = unknown_count(run.engine)
    return summary


def cancel_suppressed(run: ActRun) -> int:
    """Call off what is about people who are suppressed by now; how many there were."""
    if not run.suppressed:
        return 0
    called_off = [
        row.action.action_id
        for row in pending(run.engine)
        if run.suppressed.why(
            user_id=row.action.record_key, email=(row.action.payload.get("facts") or {}).get("contact_email")
        )
    ]
    return outbox.cancel(run.engine, called_off, as_of=run.as_of, now=run.now())


def why_they_wait(run: ActRun, rows: Sequence[OutboxRow]) -> dict[str, str]:
    """Of these, those that may not leave now whatever the channel says, by action id and why."""
    found = {row.action.action_id: _why_it_waits(run, row) for row in rows}
    return {action_id: reason for action_id, reason in found.items() if reason is not None}


def note_why_they_wait(run: ActRun) -> None:
    rows = pending(run.engine)
    known = {row.action.action_id: row.problem for row in rows}
    news = {key: reason for key, reason in why_they_wait(run, rows).items() if known[key] != reason}
    outbox.note_waiting(run.engine, news, run.now())


def by_channel(rows: Sequence[OutboxRow]) -> dict[str, list[OutboxRow]]:
    found: dict[str, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        found[CHANNEL_OF[row.action.kind]].append(row)
    return found


def _may_leave(run: ActRun) -> list[OutboxRow]:
    rows = due(run.engine, run.now())
    waiting = why_they_wait(run, rows)
    return [row for row in rows if row.action.action_id not in waiting]


def _why_it_waits(run: ActRun, row: OutboxRow) -> str | None:
    action = row.action
    door = run.door(action.kind)
    if door.open is None:
        return door.closed
    if not run.calendars.is_on(action.kind):
        return SWITCHED_OFF.format(channel=CHANNEL_OF[action.kind])
    if action.leaves_at is not None and action.leaves_at > run.as_of:
        return f"leaves at {action.leaves_at:%Y-%m-%d %H:%M} UTC"
    if action.payload.get("in_working_hours"):
        return run.calendars.off_work(action.kind, action.target, action.payload.get("owner_email"), run.as_of)
    return None


def _serve(run: ActRun, name: str, doubtful: list[OutboxRow], ready: list[OutboxRow], summary: DeliverySummary) -> None:
    """Settle what is in doubt in one channel, then send what may leave through it."""
    opening = run.doors[name].open
    if not doubtful and not ready:
        return
    try:
        if opening is None:
            raise RefusedForNow(run.doors[name].closed)
        channel = opening()
        channel.check()
    except SendingFailed as problem:
        for bundle in _as_they_left(doubtful):
            _give_up_or_wait(run, bundle, problem, summary)
        if opening is not None:
            summary.shut[name] = str(problem)
        return
    for bundle in _as_they_left(doubtful):
        _read_back(run, channel, bundle, summary)
    for rows in channel.bundles(ready):
        bundle = _claimed(run, rows)
        if bundle is not None and not _send(run, channel, name, bundle, summary):
            return


def _claimed(run: ActRun, rows: Sequence[OutboxRow]) -> Bundle | None:
    """These as a bundle of this run alone; None where other runs were quicker with all of them."""
    ids = [row.action.action_id for row in rows]
    is_alone = len(rows) == 1 and rows[0].action.kind != DIGEST
    # Made of what is in it, who sends it and how often that was tried: the next try is another message.
    marker = ids[0] if is_alone else _digest_id(run, rows)
    now = run.now()
    mine = outbox.claim(run.engine, ids, run.run_id, now, None if is_alone else marker)
    return Bundle(tuple(row for row in rows if row.action.action_id in mine), marker, now) if mine else None


def _digest_id(run: ActRun, rows: Sequence[OutboxRow]) -> str:
    told = "\n".join(f"{row.action.action_id} {row.attempts}" for row in rows)
    return hashlib.sha256(f"{run.run_id}\n{told}".encode()).hexdigest()[:32]


def _as_they_left(rows: Sequence[OutboxRow]) -> list[Bundle]:
    """Actions in doubt, together where they left together."""
    together: dict[str, list[OutboxRow]] = {}
    for row in rows:
        together.setdefault(row.sent_as or row.action.action_id, []).append(row)
    return [
        Bundle(tuple(found), marker, min(row.claimed_at or row.next_try_at for row in found))
        for marker, found in together.items()
    ]


def _send(run: ActRun, channel: Channel, name: str, bundle: Bundle, summary: DeliverySummary) -> bool:
    """Send a claimed bundle and write down what came of it; False: nothing else gets through this channel either."""
    count = len(bundle.rows)
    try:
        prepared = channel.prepare(bundle)
        if not outbox.renew(run.engine, bundle.action_ids, run.run_id, run.now()):
            # Finding out where to send took so long that another run has some of them by now; the others wait.
            _settle(run, bundle, "pending", problem="another run took over")
            return True
        receipt = channel.send(prepared)
    except AnswerLost as lost:
        _settle(run, bundle, "unknown", problem=str(lost))
        _read_back(run, channel, bundle, summary, is_first_look=True)
    except RefusedForGood as refusal:
        _settle(run, bundle, "failed", problem=str(refusal))
        summary.problems.append(f"{_named(bundle)}: {refusal}")
        summary.failed += count
    except (RefusedForNow, Unavailable) as problem:
        not_before = getattr(problem, "not_before", None)
        _settle(run, bundle, "pending", problem=str(problem), not_before=not_before)
        summary.problems.append(f"{_named(bundle)}: {problem}")
        summary.put_back += count
        if getattr(problem, "concerns_all", False):
            summary.shut[name] = str(problem)
            return False
    else:
        _settle(run, bundle, "delivered", receipt=receipt)
        _count_delivered(bundle, summary)
    return True


def _read_back(
    run: ActRun, channel: Channel, bundle: Bundle, summary: DeliverySummary, *, is_first_look: bool = False
) -> None:
    """Decide a bundle in doubt by what its receiver shows; what is not there yet gets a second look by a later run."""
    if channel.is_repeatable:
        _resolve(run, bundle, "pending", problem="its answer was lost; the receiver takes a repeat for what it is")
        summary.put_back += len(bundle.rows)
        return
    try:
        found = channel.find(bundle, bundle.claimed_at - READ_BACK_SLACK)
    except SendingFailed as problem:
        _give_up_or_wait(run, bundle, problem, summary)
        return
    if found is not None:
        _resolve(run, bundle, "delivered", receipt=found)
        _count_delivered(bundle, summary)
    elif not is_first_look:
        _resolve(run, bundle, "pending", problem="its answer was lost, and it is not where it would be")
        summary.put_back += len(bundle.rows)


def _give_up_or_wait(run: ActRun, bundle: Bundle, problem: SendingFailed, summary: DeliverySummary) -> None:
    """Nobody can tell whether it was sent: that is asked again later, until its time is over."""
    is_late = max(row.action.expires_at for row in bundle.rows) < run.as_of
    _resolve(run, bundle, "expired" if is_late else "unknown", problem=f"it may have been sent: {problem}")
    summary.problems.append(f"{_named(bundle)} may have been sent: {problem}")
    summary.expired += len(bundle.rows) if is_late else 0


def _count_delivered(bundle: Bundle, summary: DeliverySummary) -> None:
    summary.delivered += len(bundle.rows)
    summary.by_kind.update(row.action.kind for row in bundle.rows)


def _named(bundle: Bundle) -> str:
    first = bundle.rows[0].action
    if len(bundle.rows) > 1:
        return f"digest of {len(bundle.rows)} for {first.target}"
    return f"{first.trigger_id} for {first.record_key}"


def _settle(
    run: ActRun,
    bundle: Bundle,
    state: str,
    receipt: dict | None = None,
    problem: str | None = None,
    not_before: datetime | None = None,
) -> None:
    outbox.settle(
        run.engine,
        bundle.action_ids,
        state,
        run_id=run.run_id,
        as_of=run.as_of,
        now=run.now(),
        receipt=receipt,
        problem=problem,
        not_before=not_before,
        delivered_at=run.time() if state == "delivered" else None,
    )


def _resolve(run: ActRun, bundle: Bundle, state: str, receipt: dict | None = None, problem: str | None = None) -> None:
    outbox.resolve(
        run.engine,
        bundle.action_ids,
        state,
        as_of=run.as_of,
        now=run.now(),
        receipt=receipt,
        problem=problem,
        delivered_at=run.time() if state == "delivered" else None,
    )
