"""Each occurrence is sent once and none is lost: late ones, rebuilt warehouses, refusals, budgets."""

from collections import Counter
from datetime import timedelta

import pytest
from crm_event_world import AS_OF, EVENTS, PAYWALL, WINDOW, full_name, ids, occurrence
from crm_moments import at, watched_door
from crm_world import door, naive
from scripted_server import Scripted, answering

from dagster_project.crm.errors import CrmUnauthorised, CrmUnavailable
from dagster_project.crm.event_map import EventMap
from dagster_project.crm.occurrence_sending import MOST_REFUSED_IN_A_ROW, read_occurrence, send_occurrences
from dagster_project.crm.occurrence_syncing import EventSummary
from dagster_project.crm.owed_occurrences import describe_owed
from dagster_project.crm.sent_occurrences import count_sent_in_month
from dagster_project.sandbox import events as sandbox_events
from dagster_project.sandbox.errors import validation
from dagster_project.state.run_log import steps_of_run


def test_an_occurrence_arrives_as_it_was_decided(events):
    events.published("a", properties='{"feature": "Export"}')
    summary = events.sync()
    assert (summary.owed, summary.sent, summary.made) == (1, {"paywall_hit": 1}, ["paywall_hit", "teammate_invited"])
    assert events.sandbox.events() == [
        {
            "uuid": ids(occurrence("a", None))[0],
            "eventName": full_name(PAYWALL),
            "objectId": events.contact,
            "occurredAt": "2026-06-30T11:00:00.000Z",
            "properties": {"feature": "Export"},
        }
    ]


def test_what_was_sent_is_not_sent_again(events):
    events.published("a", "b")
    events.sync()
    events.sends()
    again = events.sync()
    assert (again.owed, again.sent, events.sends()) == (0, {}, [])
    assert events.owed().rows.is_empty()


def test_a_late_event_and_one_before_all_others_are_sent(events):
    """A rebuilt warehouse gives every row another time of loading and another order: only the ids count."""
    first = events.published("b", "c")
    events.sync()
    late = occurrence("a", events.contact, minutes_ago=60 * 24 * 20)
    events.publish(late, *reversed(first))
    assert events.sync().sent == {"paywall_hit": 1}
    assert events.arrived() == ids(*sorted(first, key=lambda row: row["occurrence_id"]), late)


def test_whoever_hubspot_does_not_hold_is_left_out_until_it_does(events):
    row = occurrence("a", None)
    stranger = occurrence("b", None, matched_by="not_identified", record_key=None)
    events.publish(row, stranger)
    summary = events.sync()
    assert (summary.sent, summary.left_out) == ({}, {"absent": 1, "not_identified": 1})
    events.publish(row | {"hubspot_id": events.contact, "matched_by": "email"}, stranger)
    summary = events.sync()
    assert (summary.sent, summary.left_out) == ({"paywall_hit": 1}, {"not_identified": 1})


def test_batches_hold_five_hundred_the_oldest_first_and_each_event_its_own(events):
    walls = [occurrence(f"w{n}", events.contact, minutes_ago=n) for n in range(501)]
    invites = [occurrence("i", events.contact, event_name="teammate_invited")]
    events.publish(*walls, *invites)
    assert events.sync().sent == {"paywall_hit": 501, "teammate_invited": 1}
    assert events.sends() == [500, 1, 1]
    assert events.arrived() == ids(*reversed(walls), *invites)


def test_an_event_that_was_switched_off_since_the_build_is_not_sent(events):
    events.published("a")
    events.map = EventMap({}, WINDOW, 10)
    assert events.sync() == EventSummary(max_occurrences_month=10)
    assert events.sends() == []
    events.map = EventMap({"teammate_invited": EVENTS.events["teammate_invited"]}, WINDOW, 10)
    assert events.sync().left_out == {"switched_off": 1}


def test_a_snapshot_of_before_there_were_events_owes_nothing(events):
    (events.snapshot_dir / "decide.crm_occurrences.parquet").unlink()
    assert events.sync().sent == {}


# What was sent is remembered for as long as it could be sent again


def test_what_left_the_window_is_forgotten_and_never_sent_again_whatever_the_clock(events):
    rows = events.published("a", minutes_ago=60)
    events.sync()
    assert events.sent_rows()[0]["occurrence_ids"] is not None
    events.publish()
    events.later(days=WINDOW.days + 1)
    events.sync()
    (sent,) = events.sent_rows()
    assert (sent["occurrence_ids"], sent["occurrence_count"]) == (None, 1)
    # A run for a past date, or a wider window, sees it again; what is newer is sent.
    newer = occurrence("b", events.contact, minutes_ago=59)
    events.publish(*rows, newer)
    summary = events.sync()
    assert (summary.sent, summary.left_out) == ({"paywall_hit": 1}, {"forgotten": 1})
    assert events.arrived() == ids(*rows, newer)


def test_a_clock_that_is_ahead_forgets_nothing_early(events):
    rows = events.published("a")
    events.sync()
    events.as_of = AS_OF + timedelta(days=365)
    events.sync()
    events.as_of = AS_OF
    events.publish(*rows)
    assert events.sync().sent == {}
    assert events.sent_rows()[0]["occurrence_ids"] is not None


def test_other_columns_of_an_occurrence_do_not_make_it_another_one(events):
    (row,) = events.published("a", properties='{"feature": "Export"}')
    events.sync()
    events.publish(row | {"properties": '{"feature": "Import"}', "record_key": "merged"})
    assert events.sync().owed == 0


# Refusals


def bad(name, contact, minutes_ago=60):
    """An occurrence that a picky HubSpot refuses."""
    return occurrence(name, contact, minutes_ago, properties='{"feature": "bad"}')


@pytest.fixture
def picky(events, monkeypatch):
    """HubSpot refuses a batch with a value that is bad, and does not say which."""
    judge = sandbox_events._check_value
    refused = ["bad"]

    def check_value(key, value, types):
        if value in refused:
            raise validation("One of the events is not valid")
        judge(key, value, types)

    monkeypatch.setattr(sandbox_events, "_check_value", check_value)
    events.refused = refused
    return events


def test_one_bad_occurrence_is_found_and_holds_back_no_other(picky):
    rows = [occurrence(f"w{n}", picky.contact, minutes_ago=n + 1) for n in range(7)]
    picky.publish(*rows, bad("bad", picky.contact, minutes_ago=4.5))
    summary = picky.sync()
    assert (summary.sent, summary.rejected) == ({"paywall_hit": 7}, {"VALIDATION_ERROR": 1})
    assert sorted(picky.arrived()) == sorted(ids(*rows))
    (row,) = picky.rejection_rows()
    assert (row["object_type"], row["record_key"]) == ("events", ids(bad("bad", None))[0])
    assert row["message"] == "One of the events is not valid"
    assert row["refused_values"] == {
        "eventName": "paywall_hit",
        "occurredAt": "2026-06-30 11:55:30",
        "feature": "bad",
    }


def test_what_was_refused_waits_and_is_tried_by_itself_less_and_less_often(picky):
    row = bad("bad", picky.contact)
    picky.publish(row)
    picky.sync()
    picky.sends()
    waiting = picky.sync()
    assert (waiting.owed, waiting.waiting, picky.sends()) == (0, 1, [])
    picky.later(hours=1, seconds=1)
    fresh = occurrence("good", picky.contact)
    picky.publish(row, fresh)
    assert picky.sync().sent == {"paywall_hit": 1}
    assert picky.sends() == [1, 1]
    assert [row["tries"] for row in picky.rejection_rows()] == [2]
    picky.refused.clear()
    picky.later(hours=2, seconds=1)
    assert picky.sync().sent == {"paywall_hit": 1}
    assert picky.rejection_rows() == []


def test_what_was_refused_is_forgotten_when_it_has_left_the_window(picky):
    picky.publish(bad("bad", picky.contact))
    picky.sync()
    picky.publish()
    picky.later(days=WINDOW.days, hours=1)
    picky.sync()
    assert picky.rejection_rows() == []


def test_an_event_of_which_hubspot_takes_nothing_is_put_aside_and_the_others_are_sent(picky):
    """Halving every batch would ask HubSpot about each occurrence by itself."""
    walls = [bad(f"w{n}", picky.contact, minutes_ago=n + 1) for n in range(600)]
    invite = occurrence("i", picky.contact, event_name="teammate_invited")
    picky.publish(*walls, invite)
    summary = picky.sync()
    assert summary.sent == {"teammate_invited": 1}
    assert summary.problems == {
        "paywall_hit": f"HubSpot refused {MOST_REFUSED_IN_A_ROW} in a row, the rest waits: "
        "One of the events is not valid"
    }
    assert len(picky.rejection_rows()) == MOST_REFUSED_IN_A_ROW
    assert len(picky.sends()) < 70
    # The portal works again a day later: nothing is lost.
    picky.refused.clear()
    picky.later(days=1)
    assert picky.sync().sent == {"paywall_hit": 600}
    assert sorted(picky.arrived()) == sorted(ids(*walls, invite))


def test_an_id_that_hubspot_knows_already_counts_as_sent(events):
    (row,) = events.published("a")
    read = events.owed().rows.row(0, named=True)
    batch = [read_occurrence(PAYWALL, read, Counter())]
    conflict = Scripted(409, b'{"status":"error","category":"CONFLICT","message":"uuid exists"}')
    with answering(conflict) as server:
        (sent,) = send_occurrences(batch, door(server.url), PAYWALL, "/events/custom/{version}", full_name(PAYWALL))
    assert ids(row) == [item.occurrence_id for item in sent.taken]


# Portals that cannot or will not


def test_without_enterprise_nothing_is_sent_one_sentence_says_so_and_nothing_is_lost(events):
    events.published("a")
    events.sandbox.inject("missing_scopes", path_regex="/events/")
    summary = events.sync()
    assert summary.sent == {}
    assert summary.not_allowed.startswith("HubSpot does not let this token work with custom events, so they wait.")
    assert "Enterprise" in summary.not_allowed
    events.sandbox.clear_faults()
    events.later(days=1)
    assert events.sync().sent == {"paywall_hit": 1}


def test_a_token_that_may_define_and_not_send_is_told_the_same(events):
    events.published("a")
    events.sandbox.inject("missing_scopes", path_regex="send/batch")
    summary = events.sync()
    assert "analytics.behavioral_events.send" in summary.not_allowed
    assert events.owed().sendable == 1


def test_a_token_that_is_not_accepted_is_an_error(events):
    events.published("a")
    events.sandbox.inject("invalid_token")
    with pytest.raises(CrmUnauthorised):
        events.sync()


def test_when_hubspot_goes_away_what_it_took_is_known_and_the_rest_is_sent_later(events):
    events.publish(*(occurrence(f"w{n}", events.contact, minutes_ago=n) for n in range(501)))
    api = watched_door(
        events.sandbox.url, at("after send/batch", lambda: events.sandbox.inject("503", path_regex="send/batch"))
    )
    with pytest.raises(CrmUnavailable):
        events.sync(api)
    assert [row["occurrence_count"] for row in events.sent_rows()] == [500]
    assert steps_of_run(events.engine, "run")["sync_events"]["sent"] == {"paywall_hit": 500}
    events.sandbox.clear_faults()
    assert events.sync().sent == {"paywall_hit": 1}
    assert len(events.arrived()) == len(set(events.arrived())) == 501


def test_a_lost_answer_is_followed_by_the_same_ids_of_which_hubspot_takes_one(events):
    events.published("a", "b")
    lost = events.sandbox.inject("502", when="after", path_regex="send/batch", times=1)
    assert events.sync().sent == {"paywall_hit": 2}
    assert (lost.fired, events.sends()) == (1, [2, 2])
    assert len(events.arrived()) == 2


def test_a_definition_that_cannot_be_used_keeps_its_occurrences_for_later(events):
    events.define(name="paywall_hit", primaryObject="COMPANY")
    events.publish(occurrence("a", events.contact), occurrence("i", events.contact, event_name="teammate_invited"))
    summary = events.sync()
    assert (summary.sent, list(summary.problems)) == ({"teammate_invited": 1}, ["paywall_hit"])
    assert events.owed().by_event == {"paywall_hit": 1}


# The budget of the month


def test_no_more_than_the_month_allows_is_sent_and_the_next_month_goes_on(events):
    events.limit(3)
    events.publish(*(occurrence(f"w{n}", events.contact, minutes_ago=n) for n in range(5)))
    first = events.sync()
    assert (first.sent, first.over_budget, first.sent_this_month) == ({"paywall_hit": 3}, 2, 3)
    second = events.sync()
    assert (second.sent, second.over_budget) == ({}, 2)
    assert events.owed().sendable == 0
    # It was the last day of June.
    events.later(days=1)
    assert events.sync().sent == {"paywall_hit": 2}


def test_what_was_sent_counts_for_its_month_also_when_its_ids_are_forgotten(events):
    events.published("a", minutes_ago=60 * 24 * 29)
    events.sync()
    events.publish()
    events.map = EventMap(EVENTS.events, timedelta(days=1), 10)
    events.sync()
    assert events.sent_rows()[0]["occurrence_ids"] is None
    assert count_sent_in_month(events.engine, events.now) == 1


# What people are told


def test_what_could_not_be_sent_as_stated_is_counted(events):
    events.published("a", "b", properties='{"feature": "' + "x" * 300 + '"}')
    assert events.sync().changed_values == {"paywall_hit.feature: cut to 256 characters": 2}
    assert {len(event["properties"]["feature"]) for event in events.sandbox.events()} == {256}


def test_the_run_log_holds_what_a_sync_came_to(events):
    events.published("a")
    summary = events.sync()
    assert steps_of_run(events.engine, "run")["sync_events"] == vars(summary)


def test_a_person_sees_how_far_it_is(events):
    lines = []
    events.published("a", "b")
    events.sync(lines=lines)
    assert lines == ["events: 2 of 2 taken, 0 refused by HubSpot"]


def test_the_plan_says_what_would_be_sent_and_what_not(picky):
    picky.publish(bad("bad", picky.contact))
    picky.sync()
    picky.publish(
        bad("bad", picky.contact),
        occurrence("a", picky.contact),
        occurrence("b", picky.contact),
        occurrence("c", None),
        occurrence("i", picky.contact, event_name="teammate_invited", occurred_at=naive(AS_OF)),
    )
    picky.limit(2)
    assert describe_owed(picky.owed(), picky.map) == (
        "events: 2 events to send (paywall_hit 2).\n"
        "1 more wait: max_occurrences_month of crm_event_settings.csv is reached.\n"
        "1 refused before; tried again later.\n"
        "1 left out: HubSpot does not hold it (crm_objects.csv: unknown_records = update)."
    )
    assert describe_owed(picky.owed(), EventMap({}, WINDOW, 1)) == "events: crm_events.csv sends none."


def test_a_plan_with_nothing_to_send_says_so(events):
    assert describe_owed(events.owed(), events.map) == "events: nothing to send."
