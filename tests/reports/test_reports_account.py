"""The account of a run: what happened, what did not, and where to look, in words that are true of one and of many."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dagster_project.crm.associations import AssociationSummary
from dagster_project.crm.leaving_out import LEFT_OUT
from dagster_project.crm.list_syncing import ListResult
from dagster_project.crm.occurrence_syncing import EventSummary
from dagster_project.crm.returning import ReturnSummary
from dagster_project.crm.syncing import SyncSummary
from dagster_project.outreach.act_run import DeliverySummary
from dagster_project.reports.account import AccountLine, account_of, as_markdown, as_text
from dagster_project.state.run_log import log_step, steps_of_run
from tests.small_snapshot import AS_OF, company, person, publish_small

NOTHING_FILE = {"files": 0, "loaded": 0, "quarantined": 0, "reasons": {}, "refused": {}}


def line_of(step: str, summary: dict) -> AccountLine:
    """What is said of one step alone."""
    (line,) = account_of({step: summary}, None)
    return line


def loaded(**summary: object) -> dict:
    return NOTHING_FILE | summary


def synced(object_type: str = "contacts", **summary: object) -> AccountLine:
    return line_of(f"sync_{object_type}", vars(SyncSummary(object_type, **summary)))


def acted(state: str = "done", **summary: object) -> AccountLine:
    return line_of("act", {"state": state} | vars(DeliverySummary(**summary)))


def told_of(folder: Path, **rows: list[dict]) -> dict[str, AccountLine]:
    """What is said of score and decide, by step, where these marts were published by the run."""
    lines = account_of({"publish": {}}, publish_small(folder / "published", **rows))
    return {line.step: line for line in lines}


# Returns


def went_back(**summary: object) -> list[AccountLine]:
    return account_of({"sync_returns": vars(ReturnSummary(**summary))}, None)


@pytest.mark.parametrize(
    ("summary", "lines"),
    [
        ({}, []),
        ({"returned": 1}, [AccountLine("sync", "returns: 1 contact back with marketing, read back from HubSpot.")]),
        (
            {"returned": 2, "overtaken": {"u3": "the contact is at stage customer by now"}, "not_taken": {"u4": "X"}},
            [
                AccountLine(
                    "sync",
                    "returns: 2 contacts back with marketing, read back from HubSpot.",
                    (
                        "return of u3 not made: the contact is at stage customer by now",
                        "return of u4 not taken: X",
                    ),
                )
            ],
        ),
        (
            {"held": 12},
            [
                AccountLine(
                    "sync",
                    "returns: 0 contacts back with marketing, read back from HubSpot.",
                    ("12 held: so many at once need a look, see make plan",),
                )
            ],
        ),
    ],
)
def test_contacts_that_went_back_are_told_with_what_overtook_others(summary: dict, lines: list[AccountLine]):
    assert went_back(**summary) == lines


@pytest.mark.parametrize(
    ("count", "lines"), [(0, []), (1, ["returns: dry run, 1 contact would go back to marketing."])]
)
def test_a_dry_run_tells_who_would_go_back(count: int, lines: list[str]):
    told = account_of({"sync_returns": {"state": "dry_run", "returns": count, "held": 0}}, None)
    assert [line.sentence for line in told] == lines


# Lists


def listed(*results: ListResult, calls: int = 0, state: str = "done") -> AccountLine:
    return line_of("sync_lists", {"state": state, "lists": [asdict(result) for result in results], "calls": calls})


def test_members_that_were_added_and_taken_out_are_counted_over_all_lists():
    hot = ListResult("zo_hot", "contacts", 5, added=1200, removed=1, missing=2)
    off = ListResult("zo_off", "contacts", 0, removed=3, is_kept=False)
    assert listed(hot, off, calls=4) == AccountLine(
        "sync",
        "1 list: 1,200 added and 4 taken out in 4 calls.",
        ("2 not there any more in HubSpot", "zo_off emptied: its segment is off, the list stays"),
    )


def test_lists_that_need_nothing_say_so():
    hot, off = ListResult("zo_hot", "contacts", 5), ListResult("zo_off", "contacts", 0, is_kept=False)
    assert listed(hot, off) == AccountLine("sync", "lists: nothing to send; HubSpot already holds every member.")


def test_lists_that_were_cut_off_are_not_called_done():
    told = listed(ListResult("zo_hot", "contacts", 5, added=2), state="cut_off")
    assert told == AccountLine("sync", "lists: not finished, 2 added and 0 taken out so far.")


def test_a_dry_run_says_what_lists_would_need():
    summary = {"state": "dry_run", "would": "1 list to bring up to date, 2 to add and 0 to take out"}
    told = line_of("sync_lists", summary)
    assert told == AccountLine("sync", "lists: dry run, 1 list to bring up to date, 2 to add and 0 to take out.")


# Associations


def associated(**summary: object) -> list[AccountLine]:
    return account_of({"sync_associations": vars(AssociationSummary(**summary))}, None)


def test_associations_that_hubspot_made_and_those_it_refused_are_counted():
    (line,) = associated(associated=1, calls=2, refused={"OBJECT_NOT_FOUND": 1_200}, waiting=3)
    assert line == AccountLine(
        "sync",
        "associations: 1 contact associated with their company in 2 calls.",
        ("1,200 refused by HubSpot: OBJECT_NOT_FOUND", "3 refused before; tried again later"),
    )


@pytest.mark.parametrize(
    ("contacts", "would"), [(1, "1 contact would be associated"), (1_200, "1,200 contacts would be associated")]
)
def test_a_dry_run_says_how_many_contacts_would_be_associated(contacts: int, would: str):
    line = line_of("sync_associations", {"state": "dry_run", "contacts": contacts})
    assert line == AccountLine("sync", f"associations: dry run, {would} with their company.")


def test_of_associations_nothing_is_said_where_none_was_missing():
    assert associated(left_out={"contact_absent": 7}) == []
    assert account_of({"sync_associations": {"state": "dry_run", "contacts": 0}}, None) == []


# Ingest


@pytest.mark.parametrize(
    ("events", "files", "sentence"),
    [
        (1, 1, "1 event, 0 users, 1 company from 1 new file."),
        (4477, 6, "4,477 events, 0 users, 1 company from 6 new files."),
    ],
)
def test_what_was_loaded_is_counted_by_kind(events: int, files: int, sentence: str):
    steps = {
        "ingest_events": loaded(files=files - 1, loaded=events),
        "ingest_users": loaded(),
        "ingest_companies": loaded(files=1, loaded=1),
    }
    assert account_of(steps, None) == [AccountLine("ingest", sentence)]


def test_a_kind_that_was_not_run_is_not_counted():
    steps = {"ingest_users": loaded(files=1, loaded=2)}
    assert account_of(steps, None) == [AccountLine("ingest", "2 users from 1 new file.")]


def test_other_sources_are_counted_where_they_had_files():
    steps = {
        "ingest_events": loaded(files=1, loaded=3),
        "ingest_companies": loaded(),
        "ingest_segment_calls": loaded(files=2, loaded=1),
        "ingest_mixpanel_events": loaded(files=1, loaded=27453, quarantined=2, reasons={"time_missing": 2}),
        "ingest_mixpanel_groups": loaded(),
        "ingest_amplitude_events": loaded(refused={"amplitude/events.csv": "it is empty"}),
    }
    assert account_of(steps, None) == [
        AccountLine(
            "ingest",
            "3 events, 0 companies, 1 Segment call, 27,453 Mixpanel events, 0 Amplitude events from 4 new files.",
            (
                "2 lines in quarantine (raw.quarantine): time_missing 2",
                "refused amplitude/events.csv: it is empty",
            ),
        )
    ]


def test_of_the_products_own_log_nothing_is_said_where_only_other_sources_had_files():
    steps = {"ingest_events": loaded(), "ingest_users": loaded(), "ingest_mixpanel_users": loaded(files=1, loaded=220)}
    assert account_of(steps, None) == [AccountLine("ingest", "220 Mixpanel users from 1 new file.")]


def test_no_new_file_is_said_to_be_loaded_already():
    assert line_of("ingest_events", loaded()) == AccountLine("ingest", "no new file; every file is loaded already.")


def test_when_every_file_was_refused_nothing_is_said_to_be_loaded():
    line = line_of("ingest_events", loaded(refused={"product/events.csv": "the column timestamp is missing"}))
    assert line == AccountLine(
        "ingest", "nothing new could be loaded.", ("refused product/events.csv: the column timestamp is missing",)
    )


def test_refused_files_of_all_kinds_stand_below_what_was_loaded():
    steps = {
        "ingest_events": loaded(files=1, loaded=1, refused={"product/events_2.csv": "it is empty"}),
        "ingest_users": loaded(refused={"product/users.parquet": "it is no Parquet file"}),
    }
    (line,) = account_of(steps, None)
    assert line.sentence == "1 event, 0 users from 1 new file."
    assert line.notes == (
        "refused product/events_2.csv: it is empty",
        "refused product/users.parquet: it is no Parquet file",
    )


@pytest.mark.parametrize(
    ("of_events", "of_users", "note"),
    [
        ({"json_broken": 1}, {}, "1 line in quarantine (raw.quarantine): json_broken 1"),
        (
            {"user_id_missing": 1199, "json_broken": 1},
            {"user_id_missing": 1},
            "1,201 lines in quarantine (raw.quarantine): json_broken 1, user_id_missing 1200",
        ),
    ],
)
def test_lines_in_quarantine_are_counted_by_reason_over_all_kinds(of_events: dict, of_users: dict, note: str):
    steps = {
        "ingest_events": loaded(files=1, quarantined=sum(of_events.values()), reasons=of_events),
        "ingest_users": loaded(quarantined=sum(of_users.values()), reasons=of_users),
    }
    (line,) = account_of(steps, None)
    assert line.notes == (note,)


# The copy of HubSpot


@pytest.mark.parametrize(
    ("contacts", "companies", "owners", "sentence"),
    [
        (1, 1, 1, "1 contact, 1 company, 1 owner read."),
        (31412, 45, 0, "31,412 contacts, 45 companies, 0 owners read."),
    ],
)
def test_what_hubspot_holds_is_counted(contacts: int, companies: int, owners: int, sentence: str):
    summary = {"state": "copied", "contacts": contacts, "companies": companies, "owners": owners}
    assert line_of("copy_hubspot", summary) == AccountLine("hubspot", sentence)


def test_deals_and_engagements_are_counted_where_there_are_any():
    summary = {"state": "copied", "contacts": 2, "companies": 1, "owners": 1}
    assert line_of("copy_hubspot", summary | {"deals": 0, "engagements": 0}).sentence == (
        "2 contacts, 1 company, 1 owner read."
    )
    assert line_of("copy_hubspot", summary | {"deals": 1, "engagements": 3100}).sentence == (
        "2 contacts, 1 company, 1 owner, 1 deal, 3,100 engagements read."
    )


def test_what_the_token_may_not_see_is_named_with_the_reason():
    summary = {"state": "copied", "contacts": 2, "companies": 1, "owners": 1}
    line = line_of("copy_hubspot", summary | {"not_seen": {"deals": "403", "calls_contacts": "403"}})
    assert line.notes == ("deals not read: 403", "calls with contacts not read: 403")


def test_a_dry_run_says_that_hubspot_was_not_asked_and_why():
    line = line_of("copy_hubspot", {"state": "dry_run"})
    assert line.sentence == "not asked, this is a dry run (HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is)."


def test_a_copy_that_was_kept_says_what_was_wrong_with_hubspot():
    line = line_of("copy_hubspot", {"state": "kept", "problem": "HubSpot answered 502, 6 times in a row."})
    assert line == AccountLine(
        "hubspot", "could not be read; the last copy was used.", ("HubSpot answered 502, 6 times in a row.",)
    )


# Score and decide


def test_people_are_counted_by_band_from_the_best_one_down(tmp_path: Path):
    activated = {"activation_status": "activated", "activated_at": datetime(2026, 11, 1)}
    people = [
        person("u1", combined_score=12),
        person("u2", combined_score=40, band="mql", **activated),
        person("u3", combined_score=70, band="pql", **activated),
        person("u4", combined_score=0),
    ]
    companies = [company("c1", active_users_30d=2), company("c2")]
    score = told_of(tmp_path, score__contact_scores=people, score__company_scores=companies)["score"]
    assert score == AccountLine(
        "score",
        "4 people as of 2026-11-20 09:00 UTC: 1 pql, 1 mql, 2 nurture; 2 activated.",
        ("2 companies, 1 of them with active users in the last 30 days",),
    )


def test_one_person_and_one_company_are_not_many(tmp_path: Path):
    score = told_of(tmp_path, score__contact_scores=[person("u1")], score__company_scores=[company("c1")])["score"]
    assert score.sentence == "1 person as of 2026-11-20 09:00 UTC: 1 nurture; 0 activated."
    assert score.notes == ("1 company, 0 of them with active users in the last 30 days",)


def test_without_anybody_there_is_nobody_to_score(tmp_path: Path):
    told = told_of(tmp_path)
    assert told["score"].sentence == "nobody to score yet."
    assert told["decide"] == AccountLine("decide", "0 new handoffs to sales; 0 made before.")


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (["clicked"], "1 event name not in event_taxonomy.csv (report.unmapped_events)"),
        (["clicked", "hovered"], "2 event names not in event_taxonomy.csv (report.unmapped_events)"),
    ],
)
def test_an_event_name_that_no_rule_knows_is_counted_once_whoever_sends_it(tmp_path: Path, names: list[str], note: str):
    rows = [{"source": source, "source_event": name} for source in ("product", "partner") for name in names]
    assert told_of(tmp_path, report__unmapped_events=rows)["score"].notes[-1] == note


@pytest.mark.parametrize(
    ("states", "line"),
    [
        (["proposed"], AccountLine("decide", "1 new handoff to sales; 0 made before.")),
        (
            ["proposed", "claimed", "acknowledged"],
            AccountLine("decide", "2 new handoffs to sales; 1 made before."),
        ),
        (
            ["waiting"],
            AccountLine(
                "decide",
                "0 new handoffs to sales; 0 made before.",
                ("1 handoff waiting: no route takes the contact, or nobody of its pool is there",),
            ),
        ),
        (
            ["in_review", "acknowledged"],
            AccountLine(
                "decide",
                "0 new handoffs to sales; 1 made before.",
                ("1 handoff in review: the contact waits for an owner in HubSpot",),
            ),
        ),
        (
            ["waiting", "waiting", "acknowledged"],
            AccountLine(
                "decide",
                "0 new handoffs to sales; 1 made before.",
                ("2 handoffs waiting: no route takes the contact, or nobody of its pool is there",),
            ),
        ),
    ],
)
def test_handoffs_are_new_made_before_or_waiting(tmp_path: Path, states: list[str], line: AccountLine):
    handoffs = [{"handoff_id": f"h{number}", "handoff_state": state} for number, state in enumerate(states)]
    assert told_of(tmp_path, decide__handoffs=handoffs)["decide"] == line


def test_a_run_that_published_nothing_does_not_tell_the_numbers_of_an_earlier_one(tmp_path: Path):
    snapshot = publish_small(tmp_path / "published", score__contact_scores=[person("u1")])
    assert [line.step for line in account_of({"ingest_events": loaded()}, snapshot)] == ["ingest"]


def test_a_data_folder_with_a_quote_in_its_name_is_read_all_the_same(tmp_path: Path):
    told = told_of(tmp_path / "Nora's data", score__contact_scores=[person("u1")])
    assert told["score"].sentence.startswith("1 person")


# Sync


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [
        (
            {"changed_records": 1, "acknowledged_records": 1, "acknowledged_values": 1, "calls": 1},
            "contacts: HubSpot took 1 value on 1 record in 1 call.",
        ),
        (
            {"changed_records": 209, "acknowledged_records": 209, "acknowledged_values": 1094, "calls": 6},
            "contacts: HubSpot took 1,094 values on 209 records in 6 calls.",
        ),
        ({}, "contacts: nothing to send; HubSpot already holds every desired value."),
        ({"changed_records": 1}, "contacts: HubSpot took nothing; 1 record still differs."),
        ({"changed_records": 2}, "contacts: HubSpot took nothing; 2 records still differ."),
    ],
)
def test_what_hubspot_took(summary: dict, sentence: str):
    assert synced(**summary) == AccountLine("sync", sentence)


@pytest.mark.parametrize(
    ("records", "values", "would"),
    [
        (1, 1, "1 value of 1 record would be sent."),
        (1200, 3600, "3,600 values of 1,200 records would be sent."),
        (0, 0, "nothing would be sent; HubSpot already holds every desired value."),
    ],
)
def test_a_dry_run_says_what_would_be_sent(records: int, values: int, would: str):
    line = line_of("sync_companies", {"state": "dry_run", "records": records, "values": values})
    assert line == AccountLine("sync", f"companies: dry run, {would}")


@pytest.mark.parametrize(("count", "noun"), [(1, "1 handoff"), (12, "12 handoffs")])
def test_handoffs_that_were_made_stand_first_among_the_notes(count: int, noun: str):
    notes = synced(handoffs=count, left_out={"absent": 3}).notes
    assert notes[0] == f"{noun} made: stage, owner, time and reason written together"
    assert len(notes) == 2


def test_what_was_left_out_is_counted_with_the_reason_in_words():
    notes = synced(left_out={"absent": 1200, "no_email": 1, "not_looked_up": 2}).notes
    assert notes == (
        f"1,200 left out: {LEFT_OUT['absent']}",
        f"1 left out: {LEFT_OUT['no_email']}",
        "2 left out: not_looked_up",
    )


def test_refused_values_are_counted_by_category_with_three_examples():
    examples = [f"u{number}: INVALID_OPTION: no such option" for number in range(5)]
    notes = synced(changed_records=6, rejected={"INVALID_OPTION": 5, "NOT_FOUND": 1}, rejection_examples=examples).notes
    assert notes == (
        "5 refused by HubSpot: INVALID_OPTION",
        "1 refused by HubSpot: NOT_FOUND",
        *(f"  {example}" for example in examples[:3]),
    )


def test_what_was_refused_before_is_said_to_wait():
    assert synced(changed_records=4, waiting_records=4).notes == (
        "4 refused before; tried again later or when the value changes",
    )


def test_each_handoff_that_was_overtaken_is_named_with_what_overtook_it():
    overtaken = {"u1": "the contact is at stage customer by now", "u2": "HubSpot does not hold the contact any more"}
    assert synced(handoffs_overtaken=overtaken).notes == (
        "handoff of u1 not made: the contact is at stage customer by now",
        "handoff of u2 not made: HubSpot does not hold the contact any more",
    )


# Act


@pytest.mark.parametrize(
    ("by_kind", "sentence"),
    [
        ({"slack_message": 1}, "1 Slack message posted."),
        ({"slack_message": 1021}, "1,021 Slack messages posted."),
        (
            {"webhook": 2, "hubspot_task": 3, "sequence": 1, "slack_digest": 4},
            "4 lines in digests posted, 3 tasks made, 1 contact enrolled in a sequence, 2 webhooks taken.",
        ),
        ({}, "nothing to send."),
    ],
)
def test_what_was_sent_is_counted_by_kind(by_kind: dict, sentence: str):
    assert acted(by_kind=Counter(by_kind)) == AccountLine("act", sentence)


@pytest.mark.parametrize(
    ("owed", "sentence"),
    [(1, "dry run, 1 action owed and none sent."), (24, "dry run, 24 actions owed and none sent.")],
)
def test_a_dry_run_says_how_many_actions_are_owed(owed: int, sentence: str):
    assert acted("dry_run", owed=owed) == AccountLine("act", sentence)


@pytest.mark.parametrize(
    ("outcome", "note"),
    [
        ("put_back", "1,002 put back for a later run"),
        ("failed", "1,002 cannot be sent (make retry, once that is mended)"),
        ("expired", "1,002 too late to be of use, not sent"),
        ("cancelled", "1,002 called off: their contacts are suppressed"),
        ("unknown", "1,002 may have been sent: the answer was lost; read back by the next run"),
    ],
)
def test_what_was_not_sent_is_counted_by_what_became_of_it(outcome: str, note: str):
    assert acted(owed=1002, **{outcome: 1002}) == AccountLine("act", "nothing was sent.", (note,))


def test_what_waits_stands_with_its_reason_the_most_frequent_first():
    waits = Counter({"its not-before has not come": 3, "switched off in channels.csv (slack)": 12})
    assert acted(waits=waits).notes == (
        "12 wait: switched off in channels.csv (slack)",
        "3 wait: its not-before has not come",
    )


def test_a_channel_through_which_nothing_gets_is_named():
    line = acted(by_kind=Counter(hubspot_task=1), shut={"slack": "Slack says invalid_auth: check SLACK_BOT_TOKEN"})
    assert line == AccountLine(
        "act", "1 task made.", ("nothing gets through slack: Slack says invalid_auth: check SLACK_BOT_TOKEN",)
    )


def test_problems_stand_below_the_counts_and_no_more_than_five_of_them():
    problems = [f"sql_handoff for u{number}: Slack says channel_not_found" for number in range(7)]
    line = acted(by_kind=Counter(slack_message=1), put_back=7, problems=problems)
    assert line == AccountLine("act", "1 Slack message posted.", ("7 put back for a later run", *problems[:5]))


# Custom events


def sent_events(**summary: object) -> list[AccountLine]:
    return account_of({"sync_events": vars(EventSummary(**summary))}, None)


def test_events_that_hubspot_took_are_counted_by_kind():
    (line,) = sent_events(
        sent={"paywall_hit": 1_200, "teammate_invited": 1},
        calls=5,
        left_out={"absent": 7},
        changed_values={"paywall_hit.feature_name: cut to 256 characters": 2},
        rejected={"VALIDATION_ERROR": 1},
        over_budget=1_000,
        waiting=3,
    )
    assert line.sentence == "events: HubSpot took 1,200 paywall_hit, 1 teammate_invited in 5 calls."
    assert line.notes == (
        "1 refused by HubSpot: VALIDATION_ERROR",
        "1,000 wait for next month (max_occurrences_month)",
        "3 refused before; tried again later",
        "7 left out: HubSpot does not hold it (crm_objects.csv: unknown_records = update)",
        "2 values of paywall_hit.feature_name: cut to 256 characters",
    )


def test_of_events_nothing_is_said_where_there_was_nothing_to_send():
    assert sent_events(left_out={"absent": 7}) == []
    assert account_of({"sync_events": {"state": "dry_run", "events": 0, "by_event": {}}}, None) == []


def test_what_keeps_events_back_is_said_also_when_none_was_sent():
    assert sent_events(not_allowed="No hub.", problems={"paywall_hit": "it is archived"}) == [
        AccountLine("sync", "events: HubSpot took none.", ("No hub.", "paywall_hit: it is archived"))
    ]


def test_a_dry_run_says_how_many_events_would_be_sent():
    summary = {"state": "dry_run", "events": 1, "by_event": {"paywall_hit": 1}}
    assert line_of("sync_events", summary) == AccountLine("sync", "events: dry run, 1 event would be sent.")


# The whole


def test_a_run_of_which_nothing_is_known_has_no_lines():
    assert account_of({}, None) == []


def test_the_steps_stand_in_the_order_of_the_job_as_the_run_log_keeps_them(engine: Engine, tmp_path: Path):
    steps = {
        "act": {"state": "done"} | vars(DeliverySummary(by_kind=Counter(slack_message=2))),
        "sync_contacts": vars(SyncSummary("contacts", left_out={"absent": 1}, handoffs_overtaken={"u1": "gone"})),
        "sync_companies": vars(SyncSummary("companies")),
        "publish": {"tables": 9},
        "copy_hubspot": {"state": "dry_run"},
        "ingest_events": loaded(files=1, loaded=3, quarantined=1, reasons={"json_broken": 1}),
    }
    for step, summary in steps.items():
        log_step(engine, "run-1", step, AS_OF, AS_OF, datetime.now(UTC), summary)
    snapshot = publish_small(tmp_path / "published", score__contact_scores=[person("u1")])
    lines = account_of(steps_of_run(engine, "run-1"), snapshot)
    assert [line.step for line in lines] == ["ingest", "hubspot", "score", "decide", "sync", "sync", "act"]
    assert [line.sentence.split(":")[0] for line in lines if line.step == "sync"] == ["companies", "contacts"]
    assert lines == account_of(steps, snapshot)


def test_a_terminal_gets_columns_and_dagster_gets_a_list():
    lines = [AccountLine("ingest", "1 event from 1 new file.", ("1 line in quarantine",)), AccountLine("act", "none.")]
    assert as_text(lines) == ("  ingest   1 event from 1 new file.\n           1 line in quarantine\n  act      none.")
    assert as_markdown(lines) == ("- **ingest**: 1 event from 1 new file.\n  - 1 line in quarantine\n- **act**: none.")
