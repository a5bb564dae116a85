"""An undo in plain words: what was taken back, what was left and why, and what the next sync makes of it."""

from collections.abc import Mapping, Sequence

from dagster_project.counting import counted
from dagster_project.crm.planning import shown
from dagster_project.crm.undoing import CHANGED_SINCE, LEFT, Left, UndoRun, UndoSummary
from dagster_project.crm.written import WritingRun


def describe_undo(run: UndoRun, summaries: Sequence[UndoSummary], most_rows: int | None = None) -> str:
    """Markdown that also reads well in a terminal; at most so many of the values that were left are shown."""
    parts = [_described(run, summary, most_rows) for summary in summaries]
    if any(summary.values for summary in summaries):
        if run.is_dry_run:
            parts.append("This is a dry run: nothing was sent.")
        else:
            parts.append(
                "The warehouse may still want what was taken back: syncs leave it out (reason `undone`) for as long as "
                "it is just that; any other value goes out by itself. To write it again: "
                f"make undo RUN={run.run_id}"
            )
    return "\n\n".join(parts)


def _described(run: UndoRun, summary: UndoSummary, most_rows: int | None) -> str:
    would = "would be " if run.is_dry_run else ""
    lines = [
        f"{summary.object_type}: {counted(summary.values, 'value')} on {counted(summary.records, 'record')} "
        f"{would}taken back; {counted(summary.calls, 'call')}."
        if summary.values
        else f"{summary.object_type}: nothing {would}taken back; {counted(summary.calls, 'call')}."
    ]
    lines += [f"  {name}: {count:,}" for name, count in summary.taken_back.items()]
    if summary.already_back:
        lines.append(f"{summary.already_back:,} written back before, by a later run.")
    lines += [f"{count:,} left: {LEFT[why]}." for why, count in summary.left_by_reason.items()]
    if summary.left:
        shown_rows = summary.listed()[:most_rows]
        lines += [
            "",
            "| record | property | the run wrote | HubSpot has | left because |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += ["| " + " | ".join(shown(cell) for cell in left_cells(item)) + " |" for item in shown_rows]
        if len(shown_rows) < len(summary.left):
            lines += ["", f"… and {len(summary.left) - len(shown_rows):,} more values."]
    return "\n".join(lines)


def left_cells(item: Left) -> tuple[str | None, ...]:
    """Record key, property, ours, theirs (where HubSpot was asked) and the reason with its detail."""
    theirs = item.theirs if item.why == CHANGED_SINCE else "(not asked)"
    why = f"{item.why} ({item.detail})" if item.detail else item.why
    return item.record_key, item.property, item.ours, theirs, why


def describe_runs(runs: Sequence[WritingRun], undone: Mapping[str, int]) -> str:
    """A line per run, for a person who looks for the one to take back.

    Args:
        undone: How many values syncs leave out because they were taken back, by object type.
    """
    if not runs:
        return "No run has written to HubSpot yet."
    lines = ["The last runs that wrote to HubSpot, the newest first:", ""]
    for run in runs:
        notes = [f"took back {run.undoes}"] if run.undoes else []
        notes += [f"taken back by {run_id}" for run_id in run.undone_by]
        note = f" ({'; '.join(notes)})" if notes else ""
        lines.append(f"  {run.last_write_at:%Y-%m-%d %H:%M} UTC  {run.run_id}  {_values(run.values)}{note}")
    if undone:
        lines += ["", f"Left out by syncs because they were undone: {_values(undone)}."]
    return "\n".join([*lines, "", "What an undo would do: make undo RUN=<run id> DRY_RUN=1"])


def _values(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counted(count, 'value')} on {name}" for name, count in counts.items())
