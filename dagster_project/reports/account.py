"""The short account of a run: what happened, what did not, and where to look."""

from dataclasses import dataclass

import duckdb

from dagster_project.counting import counted, counted_of
from dagster_project.crm.associations import STEP as ASSOCIATIONS_STEP
from dagster_project.crm.leaving_out import LEFT_OUT
from dagster_project.crm.owed_occurrences import EVENTS_LEFT_OUT
from dagster_project.crm.returning import STEP as RETURNS_STEP
from dagster_project.landing.sources import LANDING_TABLES
from dagster_project.landing.sources.product import COMPANIES, EVENTS, USERS
from dagster_project.publish.snapshot import Snapshot


@dataclass(frozen=True)
class AccountLine:
    """One step in one sentence; `notes` say what was not used, not sent or needs a person."""

    step: str
    sentence: str
    notes: tuple[str, ...] = ()


def account_of(steps: dict[str, dict], snapshot: Snapshot | None) -> list[AccountLine]:
    """Put the summaries of a run into words, in the order of the job; steps that did not run are left out.

    Args:
        steps: `state.run_log.steps_of_run`.
        snapshot: The current marts, for the numbers of score and decide; a run that published nothing says nothing
            of them, because they are those of an earlier run.
    """
    published = snapshot if "publish" in steps else None
    lines = [_ingest(steps), _hubspot_copy(steps), _score(published), _decide(published)]
    lines += [_sync(steps, "companies"), _sync(steps, "contacts"), _returns(steps), _associations(steps)]
    lines += [_lists(steps), _events(steps)]
    lines.append(_act(steps))
    return [line for line in lines if line is not None]


def as_markdown(lines: list[AccountLine]) -> str:
    return "\n".join(
        line
        for item in lines
        for line in (f"- **{item.step}**: {item.sentence}", *(f"  - {note}" for note in item.notes))
    )


def as_text(lines: list[AccountLine]) -> str:
    return "\n".join(
        line
        for item in lines
        for line in (f"  {item.step:<8} {item.sentence}", *(f"{'':11}{note}" for note in item.notes))
    )


def _ingest(steps: dict[str, dict]) -> AccountLine | None:
    summaries = {table: steps[table.step] for table in LANDING_TABLES if table.step in steps}
    if not summaries:
        return None
    # Most teams have one source or two: of the others nothing is said, and of the product's if only others had files.
    busy = {table: found for table, found in summaries.items() if _taken(found) or found["refused"]}
    of_product = {table: found for table, found in summaries.items() if table in (EVENTS, USERS, COMPANIES)}
    told = of_product | busy if not busy or busy.keys() & of_product.keys() else busy
    files = sum(summary["files"] for summary in told.values())
    tables = sum(summary.get("tables", 0) for summary in told.values())
    quarantined = sum(summary["quarantined"] for summary in told.values())
    reasons: dict[str, int] = {}
    for summary in told.values():
        for reason, count in summary["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    loaded = ", ".join(counted(summary["loaded"], table.noun, table.nouns) for table, summary in told.items())
    refused = {name: why for summary in told.values() for name, why in summary["refused"].items()}
    origins = [counted(files, "new file")] if files else []
    origins += [counted(tables, "table") + " of the warehouse"] if tables else []
    if origins:
        sentence = f"{loaded} from {' and '.join(origins)}."
    elif refused:
        sentence = "nothing new could be loaded."
    else:
        sentence = "no new file; every file is loaded already."
    notes = []
    if quarantined:
        why = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        notes.append(f"{counted(quarantined, 'line')} in quarantine (raw.quarantine): {why}")
    notes += [f"refused {name}: {why}" for name, why in refused.items()]
    return AccountLine("ingest", sentence, tuple(notes))


def _taken(summary: dict) -> int:
    """How many files were loaded, or tables of the warehouse read; earlier runs did not know of tables."""
    return summary["files"] + summary.get("tables", 0)


def _hubspot_copy(steps: dict[str, dict]) -> AccountLine | None:
    summary = steps.get("copy_hubspot")
    if summary is None:
        return None
    if summary["state"] == "dry_run":
        return AccountLine(
            "hubspot", "not asked, this is a dry run (HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is)."
        )
    if summary["state"] == "kept":
        return AccountLine("hubspot", "could not be read; the last copy was used.", (summary["problem"],))
    read = [counted_of(summary[kind], kind) for kind in ("contacts", "companies", "owners")]
    read += [counted_of(summary[kind], kind) for kind in ("deals", "engagements") if summary.get(kind)]
    notes = [f"{name.replace('_', ' with ')} not read: {why}" for name, why in summary.get("not_seen", {}).items()]
    return AccountLine("hubspot", f"{', '.join(read)} read.", tuple(notes))


def _score(snapshot: Snapshot | None) -> AccountLine | None:
    if snapshot is None:
        return None
    with duckdb.connect() as connection:
        scores = _table(connection, snapshot, "score.contact_scores")
        bands = connection.sql(
            f"select band, count(*) from {scores} group by band order by max(combined_score) desc"
        ).fetchall()
        ((people, activated),) = connection.sql(f"select count(*), count(activated_at) from {scores}").fetchall()
        ((companies, live),) = connection.sql(
            "select count(*), coalesce(sum(case when active_users_30d > 0 then 1 else 0 end), 0) "
            f"from {_table(connection, snapshot, 'score.company_scores')}"
        ).fetchall()
        ((unmapped,),) = connection.sql(
            f"select count(distinct source_event) from {_table(connection, snapshot, 'report.unmapped_events')}"
        ).fetchall()
    in_bands = ", ".join(f"{count:,} {band}" for band, count in bands)
    notes = [f"{counted(companies, 'company', 'companies')}, {live:,} of them with active users in the last 30 days"]
    if unmapped:
        notes.append(f"{counted(unmapped, 'event name')} not in event_taxonomy.csv (report.unmapped_events)")
    sentence = (
        f"{counted(people, 'person', 'people')} as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC: {in_bands}; "
        f"{activated:,} activated."
    )
    return AccountLine("score", sentence if people else "nobody to score yet.", tuple(notes))


def _decide(snapshot: Snapshot | None) -> AccountLine | None:
    if snapshot is None:
        return None
    with duckdb.connect() as connection:
        handoffs = _table(connection, snapshot, "decide.handoffs")
        counts = dict(connection.sql(f"select handoff_state, count(*) from {handoffs} group by 1").fetchall())
    begun = counts.get("proposed", 0) + counts.get("claimed", 0)
    notes = []
    if waiting := counts.get("waiting", 0):
        notes.append(
            f"{counted(waiting, 'handoff')} waiting: no route takes the contact, or nobody of its pool is there"
        )
    if in_review := counts.get("in_review", 0):
        notes.append(f"{counted(in_review, 'handoff')} in review: the contact waits for an owner in HubSpot")
    return AccountLine(
        "decide",
        f"{counted(begun, 'new handoff')} to sales; {counts.get('acknowledged', 0):,} made before.",
        tuple(notes),
    )


def _table(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, name: str) -> str:
    """A view on a published table; its path may hold characters that SQL would stumble over."""
    view = name.replace(".", "_")
    connection.read_parquet(str(snapshot.path(name))).create_view(view)
    return view


def _sync(steps: dict[str, dict], object_type: str) -> AccountLine | None:
    summary = steps.get(f"sync_{object_type}")
    if summary is None:
        return None
    if summary.get("state") == "dry_run":
        would = (
            f"{counted(summary['values'], 'value')} of {counted(summary['records'], 'record')} would be sent."
            if summary["values"]
            else "nothing would be sent; HubSpot already holds every desired value."
        )
        return AccountLine("sync", f"{object_type}: dry run, {would}")
    if summary["acknowledged_values"]:
        sentence = (
            f"{object_type}: HubSpot took {counted(summary['acknowledged_values'], 'value')} on "
            f"{counted(summary['acknowledged_records'], 'record')} in {counted(summary['calls'], 'call')}."
        )
    elif summary["changed_records"]:
        sentence = f"{object_type}: HubSpot took nothing; {_still_differing(summary['changed_records'])}."
    else:
        sentence = f"{object_type}: nothing to send; HubSpot already holds every desired value."
    notes = [f"{count:,} left out: {LEFT_OUT.get(why, why)}" for why, count in summary["left_out"].items()]
    if summary["handoffs"]:
        made = counted(summary["handoffs"], "handoff")
        notes.insert(0, f"{made} made: stage, owner, time and reason written together")
    notes += _refused_now(summary["rejected"])
    notes += [f"  {example}" for example in summary["rejection_examples"][:3]]
    notes += _refused_before(summary["waiting_records"], "later or when the value changes")
    notes += [f"handoff of {key} not made: {why}" for key, why in summary["handoffs_overtaken"].items()]
    return AccountLine("sync", sentence, tuple(notes))


def _refused_now(by_category: dict[str, int]) -> list[str]:
    return [f"{count:,} refused by HubSpot: {category}" for category, count in by_category.items()]


def _refused_before(count: int, again: str = "later") -> list[str]:
    return [f"{count:,} refused before; tried again {again}"] if count else []


def _returns(steps: dict[str, dict]) -> AccountLine | None:
    """Contacts that went back to marketing; of runs without any nothing is said."""
    summary = steps.get(RETURNS_STEP)
    if summary is None:
        return None
    notes = [f"{summary['held']:,} held: so many at once need a look, see make plan"] if summary["held"] else []
    if summary["state"] == "dry_run":
        would = f"{counted(summary['returns'], 'contact')} would go back to marketing."
        return AccountLine("sync", f"returns: dry run, {would}", tuple(notes)) if summary["returns"] or notes else None
    notes += [f"return of {key} not made: {why}" for key, why in summary["overtaken"].items()]
    notes += [f"return of {key} not taken: {why}" for key, why in summary["not_taken"].items()]
    if not summary["returned"] and not notes:
        return None
    went = counted(summary["returned"], "contact")
    return AccountLine("sync", f"returns: {went} back with marketing, read back from HubSpot.", tuple(notes))


def _associations(steps: dict[str, dict]) -> AccountLine | None:
    """Of runs with nothing to tell of them nothing is said."""
    summary = steps.get(ASSOCIATIONS_STEP)
    if summary is None:
        return None
    if summary.get("state") == "dry_run":
        would = f"{counted(summary['contacts'], 'contact')} would be associated with their company."
        return AccountLine("sync", f"associations: dry run, {would}") if summary["contacts"] else None
    if not (summary["associated"] or summary["refused"] or summary["waiting"]):
        return None
    made = counted(summary["associated"], "contact")
    notes = _refused_now(summary["refused"]) + _refused_before(summary["waiting"])
    calls = counted(summary["calls"], "call")
    return AccountLine("sync", f"associations: {made} associated with their company in {calls}.", tuple(notes))


def _lists(steps: dict[str, dict]) -> AccountLine | None:
    summary = steps.get("sync_lists")
    if summary is None:
        return None
    if summary["state"] == "dry_run":
        return AccountLine("sync", f"lists: dry run, {summary['would']}.")
    totals = {name: sum(item[name] for item in summary["lists"]) for name in ("added", "removed", "missing")}
    kept = [item for item in summary["lists"] if item["is_kept"]]
    if summary["state"] == "cut_off":
        sentence = f"lists: not finished, {totals['added']:,} added and {totals['removed']:,} taken out so far."
    elif totals["added"] or totals["removed"] or any(item["is_new"] for item in kept):
        what = f"{totals['added']:,} added and {totals['removed']:,} taken out in {counted(summary['calls'], 'call')}"
        sentence = f"{counted(len(kept), 'list')}: {what}."
    else:
        sentence = "lists: nothing to send; HubSpot already holds every member."
    notes = [f"{totals['missing']:,} not there any more in HubSpot"] if totals["missing"] else []
    notes += [
        f"{item['name']} emptied: its segment is off, the list stays"
        for item in summary["lists"]
        if not item["is_kept"] and item["removed"]
    ]
    return AccountLine("sync", sentence, tuple(notes))


def _still_differing(count: int) -> str:
    return f"{counted(count, 'record')} still {'differs' if count == 1 else 'differ'}"


def _events(steps: dict[str, dict]) -> AccountLine | None:
    """Custom events; of runs with nothing to tell of them nothing is said."""
    summary = steps.get("sync_events")
    if summary is None:
        return None
    if summary.get("state") == "dry_run":
        would = f"{counted(summary['events'], 'event')} would be sent."
        return AccountLine("sync", f"events: dry run, {would}") if summary["events"] else None
    notes = _refused_now(summary["rejected"])
    notes += [summary["not_allowed"]] if summary["not_allowed"] else []
    notes += [f"{event}: {problem}" for event, problem in summary["problems"].items()]
    if summary["over_budget"]:
        notes.append(f"{summary['over_budget']:,} wait for next month (max_occurrences_month)")
    notes += _refused_before(summary["waiting"])
    if not summary["sent"]:
        return AccountLine("sync", "events: HubSpot took none.", tuple(notes)) if notes else None
    notes += [f"{count:,} left out: {EVENTS_LEFT_OUT.get(why, why)}" for why, count in summary["left_out"].items()]
    notes += [f"{counted(count, 'value')} of {what}" for what, count in summary["changed_values"].items()]
    kinds = ", ".join(f"{count:,} {event}" for event, count in summary["sent"].items())
    return AccountLine("sync", f"events: HubSpot took {kinds} in {counted(summary['calls'], 'call')}.", tuple(notes))


# What each kind of action is called, and what became of those that were delivered.
SENT = {
    "slack_message": ("Slack message", "Slack messages", "posted"),
    "slack_digest": ("line in a digest", "lines in digests", "posted"),
    "hubspot_task": ("task", "tasks", "made"),
    "sequence": ("contact", "contacts", "enrolled in a sequence"),
    "webhook": ("webhook", "webhooks", "taken"),
}
NOT_SENT = {
    "put_back": "put back for a later run",
    "failed": "cannot be sent (make retry, once that is mended)",
    "expired": "too late to be of use, not sent",
    "cancelled": "called off: their contacts are suppressed",
    "unknown": "may have been sent: the answer was lost; read back by the next run",
}
TOLD_REASONS = 5


def _act(steps: dict[str, dict]) -> AccountLine | None:
    summary = steps.get("act")
    if summary is None:
        return None
    if summary["state"] == "dry_run":
        return AccountLine("act", f"dry run, {counted(summary['owed'], 'action')} owed and none sent.")
    notes = [f"{count:,} wait: {why}" for why, count in _most(summary["waits"])]
    notes += [f"{summary[name]:,} {word}" for name, word in NOT_SENT.items() if summary[name]]
    notes += [f"nothing gets through {name}: {why}" for name, why in summary["shut"].items()]
    sent = [
        f"{counted(count, one, many)} {done}"
        for kind, (one, many, done) in SENT.items()
        if (count := summary["by_kind"].get(kind))
    ]
    sentence = f"{', '.join(sent)}." if sent else "nothing was sent." if notes else "nothing to send."
    return AccountLine("act", sentence, (*notes, *summary["problems"][:TOLD_REASONS]))


def _most(waits: dict[str, int]) -> list[tuple[str, int]]:
    """The most frequent reasons; the others are on the asset."""
    return sorted(waits.items(), key=lambda found: (-found[1], found[0]))[:TOLD_REASONS]
