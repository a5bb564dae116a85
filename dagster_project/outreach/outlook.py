"""What a run of act could do now, and why the rest waits; asks nobody and changes nothing."""

from collections import Counter
from dataclasses import dataclass, field

from dagster_project.outreach.act_run import ActRun
from dagster_project.outreach.delivering import why_they_wait
from dagster_project.outreach.enqueuing import find_owed, is_told_late
from dagster_project.outreach.outbox_rows import open_rows, pending

LATER = "tried, and to be tried again later"


@dataclass
class Outlook:
    """`due`: each thing to do, with how often it was tried, so that it is work anew after a try that failed."""

    due: list[str] = field(default_factory=list)
    waits: Counter[str] = field(default_factory=Counter)


def look_ahead(run: ActRun) -> Outlook:
    """Raises:
    ActionsOutdated: The marts were published by an earlier version.
    """
    outlook = Outlook()
    for item in find_owed(run)[0]:
        if item.waits_for is None or is_told_late(run, item):
            outlook.due.append(item.row["action_id"])
        else:
            outlook.waits[item.waits_for] += 1
    waiting = pending(run.engine)
    reasons = why_they_wait(run, waiting)
    late = {row.action.action_id for row in waiting if row.action.expires_at < run.as_of}
    open_now = {row.action.action_id: row for row in open_rows(run.engine, run.now())}
    for row in [*open_now.values(), *(row for row in waiting if row.action.action_id not in open_now)]:
        action_id = row.action.action_id
        is_open = action_id in open_now and action_id not in reasons and run.door(row.action.kind).open is not None
        if is_open or action_id in late:
            outlook.due.append(f"{action_id} {row.state} {row.attempts}")
        else:
            outlook.waits[reasons.get(action_id) or row.problem or LATER] += 1
    return outlook


def in_words(waits: Counter[str]) -> str:
    """`12 wait: 10 its not-before has not come, 2 …`; nothing where nothing waits."""
    if not waits:
        return ""
    told = ", ".join(f"{count:,} {reason}" for reason, count in waits.most_common())
    return f"{waits.total():,} wait: {told}"
