"""A preview in words and short tables, as Markdown: the answer first, people by their user ids."""

from collections.abc import Iterable, Iterator

import polars as pl

from dagster_project.counting import counted, counted_of, plain_number
from dagster_project.reports.calibration.recommending import NAMES
from dagster_project.reports.preview.backtest import Backtest, Found
from dagster_project.reports.preview.consequences import Difference
from dagster_project.reports.preview.preview import Preview
from dagster_project.reports.preview.scores import SCORES, Mover
from dagster_project.rules.markdown import escaped, table
from dagster_project.rules.proposing import FileChange, Proposal

SHOWN = 20
REASONS_SHOWN = 4
NOTHING = "-"
QUALIFIED_STILL = "sales qualified still; something else keeps it back"
KINDS = {
    "slack_message": "Slack messages",
    "slack_digest": "lines in a Slack digest",
    "hubspot_task": "tasks",
    "sequence": "enrolments in a sequence",
    "webhook": "webhooks",
}
STATES = {"proposed": "handed to sales", "in_review": "in review first", "waiting": "waits for somebody to take it"}


def nothing_differs(proposal: Proposal) -> str:
    return "\n\n".join(["**No rule differs from those in force.**", *_left_aside(proposal)])


def as_markdown(preview: Preview) -> str:
    parts = [
        (None, verdict_of(preview)),
        ("What differs", _differs(preview)),
        ("Scores and bands", _scores(preview)),
        ("Who moves most", _movers(preview)),
        ("Handoffs and returns", _handoffs(preview)),
        ("What the next sync would write to HubSpot", _writes(preview)),
        ("What people would get", _actions(preview)),
        ("Would it have found those who bought?", _backtest(preview)),
        ("Look at again", _warnings(preview)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" if title else text for title, text in parts if text)


def verdict_of(preview: Preview) -> str:
    """The answer in a sentence, what holds it up, and the data it is true for."""
    done, scores = preview.consequences, preview.scores
    total = scores.rows.height
    clauses = [
        f"{scores.moved(*SCORES):,} of {counted(total, 'contact')} would have another score and {scores.crossed:,} "
        "another band",
        _more_and_fewer(done.handoffs, "handoff", "handoffs"),
        _more_and_fewer(done.returns, "return", "returns"),
        _more_and_fewer(done.values, "value for HubSpot", "values for HubSpot"),
        _more_and_fewer(done.actions, "message or task", "messages and tasks"),
    ]
    is_without_effect = scores.touched.is_empty() and _is_without_consequence(preview)
    sentence = "Nothing would change for anybody now" if is_without_effect else "; ".join(filter(None, clauses))
    told = [f"**{sentence}.**"]
    if done.held:
        told.append(f"**The next sync would be held for a person to look:** {'; '.join(map(escaped, done.held))}.")
    if preview.backtests:
        told += _in_short(*preview.backtests)
    told.append(
        f"Scored as of {preview.as_of:%Y-%m-%d %H:%M} UTC with both sets of rules; nothing was sent, and nothing live "
        "was touched."
    )
    return " ".join(told)


def _is_without_consequence(preview: Preview) -> bool:
    done = preview.consequences
    all_of_them = (done.qualified, done.handoffs, done.returns, done.values, done.events, done.pairs, done.actions)
    return not done.lists and all(difference.is_empty for difference in all_of_them)


def _more_and_fewer(difference: Difference, one: str, several: str) -> str:
    """`3 more handoffs, 1 no longer`; nothing where there is no difference."""
    kinds = {"more": difference.more, "no longer": difference.fewer, "otherwise": difference.otherwise}
    counts = [(frame.height, how) for how, frame in kinds.items() if frame.height]
    if not counts:
        return ""
    (count, how), *others = counts
    noun = one if count == 1 else several
    first = f"{count:,} more {noun}" if how == "more" else f"{count:,} {noun} {how}"
    return ", ".join([first, *(f"{count:,} {how}" for count, how in others)])


def _in_short(before: Backtest, after: Backtest) -> Iterator[str]:
    """A sentence for each score by which the proposed rules would have flagged others."""
    for new in after.found:
        old = before.of(new.score_name)
        if old is None or (old.flagged, old.found) != (new.flagged, new.found):
            then = "no threshold" if old is None else _flagged(old)
            yield (
                f"Backtest of the {NAMES[new.score_name]}: {_flagged(new)} before they bought; by the rules in force "
                f"{then}."
            )


def _flagged(found: Found) -> str:
    """`6 of 20 buyers found (24 % of those flagged)`."""
    of_whom = "nobody flagged" if found.precision is None else f"{_percent(found.precision)} of those flagged"
    return f"{found.found:,} of {counted(found.bought, 'buyer')} found ({of_whom})"


def _differs(preview: Preview) -> str:
    rows = [[change.file, _rows(change)] for change in preview.proposal.changes]
    return "\n\n".join([table(["file", "rows"], rows), *_left_aside(preview.proposal)])


def _rows(change: FileChange) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in change.rows.items()) or "as text only"


def _left_aside(proposal: Proposal) -> list[str]:
    if not proposal.left_aside:
        return []
    return [f"Left aside, being no rule files: {', '.join(map(escaped, proposal.left_aside))}."]


def _scores(preview: Preview) -> str:
    scores = preview.scores
    told = ", ".join(f"{scores.moved(score):,} the {NAMES[score]}" for score in SCORES)
    lines = [f"Another score: {scores.moved(*SCORES):,} ({told}). Another band: {scores.crossed:,}."]
    matrix = scores.matrix()
    rows = [
        [f"from {old}", *(_cell(matrix.get((old, new), 0), old == new) for new in scores.bands)] for old in scores.bands
    ]
    lines.append(table(["", *(f"to {band}" for band in scores.bands)], rows))
    return "\n\n".join(lines)


def _cell(count: int, is_same: bool) -> str:
    return f"{count:,}" if is_same or not count else f"**{count:,}**"


def _movers(preview: Preview) -> str:
    if not preview.movers:
        return "Nobody's score or band would be another one."
    rows = [
        [mover.user_id, *(_move(*mover.scores[score]) for score in SCORES), _move(*mover.band), _why(mover)]
        for mover in preview.movers
    ]
    shown = table(["user", "combined", "PQL", "fit", "band", "points before → after"], rows)
    more = preview.scores.touched.height - len(rows)
    return shown if more <= 0 else f"{shown}\n\n… and {counted(more, 'contact')} more."


def _move(before: object, after: object) -> str:
    old, new = (NOTHING if value is None else str(value) for value in (before, after))
    return old if old == new else f"{old} → {new}"


def _why(mover: Mover) -> str:
    told = [
        f"{reason.label} {plain_number(reason.before)} → {plain_number(reason.after)}"
        for reason in mover.reasons[:REASONS_SHOWN]
    ]
    if len(mover.reasons) > REASONS_SHOWN:
        told.append(f"{len(mover.reasons) - REASONS_SHOWN} more")
    if mover.weights:
        old, new = ("/".join(plain_number(weight) for weight in side) for side in mover.weights)
        told.append(f"weights of fit/PQL {old} → {new}")
    return "; ".join(told)


def _handoffs(preview: Preview) -> str:
    done = preview.consequences
    counts = [
        ("sales qualified", done.qualified),
        ("handoffs", done.handoffs),
        ("returns to marketing", done.returns),
    ]
    lines = [_difference_table("what", counts)]
    rows = [
        [row["record_key"], what, STATES[row["handoff_state"]], row["track"] or NOTHING, row["pool"] or NOTHING]
        for what, frame in (("more", done.handoffs.more), ("otherwise", done.handoffs.otherwise))
        for row in frame.iter_rows(named=True)
    ]
    if rows:
        lines += _listed(["user", "handoff", "then", "track", "pool"], rows)
    gone = list(_gone(preview))
    if gone:
        lines += _listed(["user", "no longer", "because"], gone)
    returns = [
        [row["record_key"], what, row["return_reason"]]
        for what, frame in (("more", done.returns.more), ("no longer", done.returns.fewer))
        for row in frame.iter_rows(named=True)
    ]
    if returns:
        lines += _listed(["user", "return", "because"], returns)
    return "\n\n".join(lines)


def _gone(preview: Preview) -> Iterator[list[str]]:
    done = preview.consequences
    unqualified, kept = set(done.qualified.fewer["user_id"]), set(done.handoffs.fewer["record_key"])
    for user in sorted(unqualified | kept):
        what = [*(["sales qualified"] if user in unqualified else []), *(["handed off"] if user in kept else [])]
        yield [user, " or ".join(what), preview.unmet.get(user, QUALIFIED_STILL)]


def _listed(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = [table(header, rows[:SHOWN])]
    return lines if len(rows) <= SHOWN else [*lines, f"… and {len(rows) - SHOWN:,} more."]


def _difference_table(name: str, rows: Iterable[tuple[str, Difference]]) -> str:
    """A row per kind of thing; what both sides have alike is not counted."""
    cells = [
        [what, *(f"{frame.height:,}" for frame in (found.more, found.fewer, found.otherwise))] for what, found in rows
    ]
    return table([name, "more", "no longer", "otherwise"], cells)


def _writes(preview: Preview) -> str:
    done = preview.consequences
    lines = []
    by_property = list(done.values.by("object_type", "property"))
    if by_property:
        records = pl.concat([done.values.more, done.values.otherwise]).select("object_type", "record_key", "hubspot_id")
        of = records.unique().group_by("object_type").len().sort("object_type")
        told = " and ".join(counted_of(count, kind) for kind, count in of.iter_rows())
        if told:
            lines.append(f"On {told}:")
        lines.append(_difference_table("property", [(f"{kind}: {name}", found) for (kind, name), found in by_property]))
    if done.lists:
        rows = [[name, f"{joins:,}", f"{leaves:,}"] for name, (joins, leaves) in done.lists.items()]
        lines.append(table(["list", "join", "leave"], rows))
    events = list(done.events.by("event_name"))
    if events:
        lines.append(_difference_table("event on the timeline", [(name, found) for (name,), found in events]))
    if not done.pairs.is_empty:
        lines.append(_difference_table("association", [("contact with company", done.pairs)]))
    return "\n\n".join(lines) or "Nothing else than under the rules in force."


def _actions(preview: Preview) -> str:
    rows = [
        (f"{KINDS[kind]}: {trigger}", found)
        for (kind, trigger), found in preview.consequences.actions.by("kind", "trigger_id")
    ]
    if not rows:
        return "Nothing else than under the rules in force."
    return _difference_table("what", rows)


def _backtest(preview: Preview) -> str:
    if preview.moments is None:
        return "As by the rules in force: no score of the past and no threshold would be another one."
    if preview.backtests is None:
        return "Left out: no past scores were asked for (MONTHS=0)."
    before, after = preview.backtests
    rows = [
        [NAMES[score], rules, *_found(found)]
        for score in SCORES
        for rules, found in (("in force", before.of(score)), ("proposed", after.of(score)))
        if found is not None
    ]
    first, last = preview.moments[0], preview.moments[-1]
    header = ["score", "rules", "from", "flagged", "found before they bought", "precision", "recall", "lift", "AUC"]
    lines = [
        table(header, rows) if rows else "No rule asks for a score.",
        f"By the scores of {counted(len(preview.moments), 'moment')}, the first of each month from {first:%Y-%m-%d} to "
        f"{last:%Y-%m-%d}, computed by either set of rules; a contact is judged by the highest from before.",
    ]
    if after.left_out:
        lines.append(f"{counted(after.left_out, 'buyer')} without a score from before they bought left out.")
    return "\n\n".join(lines)


def _found(found: Found) -> list[str]:
    return [
        str(found.threshold),
        f"{found.flagged:,} of {found.compared:,}{' (few)' if found.is_small else ''}",
        f"{found.found:,} of {found.bought:,}",
        _percent(found.precision),
        _percent(found.recall),
        _number(found.lift),
        _number(found.auc),
    ]


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.0f} %"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _warnings(preview: Preview) -> str:
    return "\n".join(f"- {escaped(str(warning))}" for warning in preview.warnings)
