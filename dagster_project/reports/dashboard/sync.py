"""What the last sync changed, and what is still refused or owed."""

from collections.abc import Iterable

from dagster_project.counting import counted
from dagster_project.reports.account import account_of
from dagster_project.reports.dashboard.parts import (
    Attention,
    Column,
    Heading,
    Listing,
    Note,
    Part,
    Section,
    Table,
    Term,
)
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.syncs import UNSENT_DAYS, SyncRun, Syncs
from dagster_project.reports.dashboard.telling import count

# What a person must do something about, with the words for it.
NOT_SENT = {
    "failed": "failed; once that is mended, `make retry` owes them again",
    "unknown": "may have been sent or not; the next run reads it back",
    "expired": "came too late and were not sent",
}
URGENT = ("failed", "unknown")


def sync(source: Source) -> Section:
    return Section(
        "sync", "Last sync", "What HubSpot took, run by run.", source.parts(_last, _properties, _runs, _owed)
    )


def _syncs(source: Source) -> Syncs:
    return source.syncs or Syncs()


def _last(source: Source) -> Iterable[Part]:
    last = _syncs(source).last
    if last is None:
        yield Note("No sync has run yet.", "few")
        return
    told = "A dry run: nothing was sent." if last.is_dry_run else "What it did, step by step:"
    yield Note(f"Run {last.run_id[:8]} ended {last.ended_at:%Y-%m-%d %H:%M} UTC by the clock of the machine. {told}")
    lines = account_of(_of_this_build(source, last), source.snapshot)
    items = [(line.step, " ".join([line.sentence, *(f"{note.rstrip('.')}." for note in line.notes)])) for line in lines]
    yield Listing(tuple(items))


def _of_this_build(source: Source, last: SyncRun) -> dict[str, dict]:
    """The steps of a run; numbers of scores are told with it only where it published this very build."""
    published = last.steps.get("publish", {}).get("snapshot")
    return {
        step: summary
        for step, summary in last.steps.items()
        if step != "publish" or published == source.snapshot.snapshot_id
    }


def _properties(source: Source) -> Iterable[Part]:
    last = _syncs(source).last
    changed = {} if last is None else last.changed_properties
    if not changed:
        return
    rows = sorted(changed.items(), key=lambda item: (-item[1], item[0]))
    columns = (Column(Term("Property"), False), Column(Term("Of"), False), Column(Term("Records that differed")))
    yield Table(
        "Properties that differed when it began",
        columns,
        tuple((name, object_type, count(number)) for (object_type, name), number in rows),
        is_folded=True,
    )


def _runs(source: Source) -> Iterable[Part]:
    runs = _syncs(source).runs
    if not runs:
        return
    yield Table(
        "The last syncs",
        (
            Column(Term("Ended (UTC)"), False),
            Column(Term("Run"), False),
            Column(Term("Contacts", "Records of contacts that HubSpot took values of.")),
            Column(Term("Values", "Single properties of contacts.")),
            Column(Term("Companies", "Records of companies that HubSpot took values of.")),
            Column(Term("Refused", "Records that HubSpot refused in this run.")),
            Column(Term("Actions", "Messages, tasks, enrolments and webhooks that were delivered.")),
        ),
        tuple(_run_row(run) for run in runs),
    )


def _run_row(run: SyncRun) -> tuple[str, ...]:
    contacts, values, refused_contacts = run.written("contacts")
    companies, _, refused_companies = run.written("companies")
    delivered = run.steps.get("act", {}).get("delivered")
    counts = map(count, (contacts, values, companies, refused_contacts + refused_companies, delivered))
    return (f"{run.ended_at:%Y-%m-%d %H:%M}", run.run_id[:8] + (", dry run" if run.is_dry_run else ""), *counts)


def _owed(source: Source) -> Iterable[Part]:
    syncs = _syncs(source)
    if syncs.refused:
        yield Heading("Refused by HubSpot and tried again")
        columns = (Column(Term("Why"), False), Column(Term("Of"), False), Column(Term("Records")))
        rows = tuple((category, kind, count(number)) for (kind, category), number in sorted(syncs.refused.items()))
        yield Table("Refused records", columns, rows)
    if syncs.actions:
        yield Heading("Actions since the beginning")
        columns = (Column(Term("State"), False), Column(Term("Actions")))
        yield Table("Actions by state", columns, tuple((state, count(n)) for state, n in sorted(syncs.actions.items())))


def not_sent(source: Source) -> Iterable[Attention]:
    syncs = _syncs(source)
    if syncs.refused:
        refused = sum(syncs.refused.values())
        yield Attention(f"HubSpot refuses {counted(refused, 'record')}; each is tried again.", "sync", is_urgent=True)
    for state, number in (syncs.unsent or {}).items():
        text = f"{counted(number, 'action')} of the last {UNSENT_DAYS} days {NOT_SENT[state]}."
        yield Attention(text, "sync", is_urgent=state in URGENT)
