"""A list holds the members of its segment, and whatever people did to it by hand stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from crm_lists import COLD, HOT, changes, publish, segment_list, sync, totals
from crm_moments import at, watched_door
from crm_world import AS_OF

from dagster_project.crm import list_syncing
from dagster_project.crm.errors import CrmScopeMissing, CrmUnavailable
from dagster_project.crm.list_changes import describe_list_changes, read_segment_lists
from dagster_project.crm.list_ledger import RememberedList, claim_list, remember_list
from dagster_project.crm.list_syncing import ListsUnusable
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.run_log import steps_of_run
from dagster_project.state.tables import list_log, segment_lists


@pytest.fixture
def people(world):
    return world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(6)])


def membership_calls(world):
    return world.calls("/memberships/")


# What a list holds


def test_a_list_is_made_for_each_segment_and_holds_its_members(world, people):
    publish(world, {"hot": people[:3], "cold": people[2:4]})
    summary = sync(world, HOT, COLD)
    assert world.sandbox.lists() == {"zo_hot": people[:3], "zo_cold": people[2:4]}
    assert totals(summary) == {"added": 5}
    assert [(item.name, item.size, item.is_new) for item in summary.lists] == [
        ("zo_hot", 3, True),
        ("zo_cold", 2, True),
    ]


def test_a_contact_that_left_the_segment_is_removed_from_the_list_and_one_that_joined_is_added(world, people):
    publish(world, {"hot": people[:3]})
    sync(world, HOT)
    publish(world, {"hot": people[1:4]})
    assert totals(sync(world, HOT)) == {"added": 1, "removed": 1}
    assert world.sandbox.lists() == {"zo_hot": people[1:4]}


def test_where_nothing_differs_nothing_is_asked_and_nothing_is_sent(world, people):
    publish(world, {"hot": people[:3], "cold": []})
    sync(world, HOT, COLD)
    world.calls()
    summary = sync(world, HOT, COLD)
    assert world.calls() == []
    assert (totals(summary), summary.calls) == ({}, 0)


def test_only_the_lists_that_differ_are_asked_for(world, people):
    publish(world, {"hot": people[:3], "cold": people[:1]})
    sync(world, HOT, COLD)
    publish(world, {"hot": people[:3], "cold": people[:2]})
    world.calls()
    sync(world, HOT, COLD)
    assert [call["method"] for call in world.calls()] == ["GET", "PUT"]


def test_a_list_of_companies_holds_companies(world):
    ids = world.sandbox.add_companies([{"domain": f"c{number}.example"} for number in range(2)])
    expansion = segment_list("expansion", "companies")
    publish(world, {"expansion": ids}, kind="companies")
    sync(world, expansion)
    assert world.sandbox.lists() == {"zo_expansion": ids}


def test_a_segment_of_nobody_is_an_empty_list(world):
    publish(world, {})
    assert totals(sync(world, HOT)) == {}
    assert world.sandbox.lists() == {"zo_hot": []}


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (2, 1), (3, 2), (5, 3)])
def test_no_call_takes_more_records_than_the_limit(world, people, monkeypatch, count, calls):
    monkeypatch.setattr(list_syncing, "IDS_PER_CALL", 2)
    publish(world, {"hot": people[:count]})
    sync(world, HOT)
    assert len(membership_calls(world)) == calls
    assert world.sandbox.lists() == {"zo_hot": people[:count]}


def test_whoever_is_not_in_hubspot_is_left_out_and_counted(world, people):
    absent = {"segment_id": "hot", "object_type": "contacts", "record_key": "u9", "matched_by": "absent"}
    shadow = absent | {"record_key": "u8", "matched_by": "same_record_as_another_user"}
    publish(world, {"hot": people[:1]}, left_out=[absent, shadow])
    (result,) = sync(world, HOT).lists
    assert (result.size, result.left_out) == (1, {"absent": 1, "same_record_as_another_user": 1})


def test_the_shipped_segments_become_lists_under_any_prefix():
    lists = read_segment_lists(read_rules(SHIPPED_RULES_DIR), "acme_")
    names = {item.name: item.object_type for item in lists}
    assert names["acme_pricing_3x_in_a_week"] == "contacts"
    assert names["acme_expansion_accounts"] == "companies"
    # Kept as a value of the property alone.
    assert "acme_nurture" not in names


def test_of_a_snapshot_from_before_there_were_segments_nothing_is_done(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    (world.snapshot_dir / "decide.segment_members.parquet").unlink()
    sync(world, HOT)
    assert world.sandbox.lists() == {"zo_hot": people[:2]}


# Records that HubSpot does not have


def test_records_that_hubspot_does_not_have_are_counted_and_asked_for_again_after_a_day(world, people):
    publish(world, {"hot": [*people[:2], "999999"]})
    assert totals(sync(world, HOT)) == {"added": 2, "missing": 1}
    world.calls()
    (again,) = sync(world, HOT).lists
    assert (world.calls(), again.missing, again.left_out) == ([], 0, {"missing_lately": 1})
    world.now += timedelta(hours=25)
    assert totals(sync(world, HOT)) == {"missing": 1}


def test_a_member_that_was_deleted_since_counts_as_removed(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    world.sandbox.archive("contacts", people[0])
    publish(world, {"hot": people[1:2]})
    assert totals(sync(world, HOT)) == {"removed": 1}
    world.calls()
    sync(world, HOT)
    assert world.calls() == []


# What people do by hand


def test_whom_a_person_added_stays_and_whom_a_person_removed_is_not_put_back(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    world.sandbox.change_members("zo_hot", added=[people[5]], removed=[people[0]])
    publish(world, {"hot": people[:3]})
    assert totals(sync(world, HOT)) == {"added": 1}
    assert world.sandbox.lists() == {"zo_hot": [people[1], people[2], people[5]]}


def test_whom_a_person_added_before_the_segment_did_leaves_with_the_segment(world, people):
    publish(world, {"hot": people[:1]})
    sync(world, HOT)
    world.sandbox.change_members("zo_hot", added=[people[1]])
    publish(world, {"hot": people[:2]})
    # HubSpot says nothing of who was in already: the list is read.
    assert totals(sync(world, HOT)) == {"added": 1}
    publish(world, {"hot": people[:1]})
    sync(world, HOT)
    assert world.sandbox.lists() == {"zo_hot": people[:1]}


def test_whom_a_person_removed_before_we_did_is_settled(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    world.sandbox.change_members("zo_hot", removed=[people[0]])
    publish(world, {"hot": people[1:2]})
    assert totals(sync(world, HOT)) == {"removed": 1}
    world.calls()
    sync(world, HOT)
    assert world.calls() == []


def test_a_list_that_a_person_deleted_is_made_anew_with_all_its_members(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    world.sandbox.delete_list("zo_hot")
    publish(world, {"hot": people[:3]})
    assert totals(sync(world, HOT)) == {"added": 3}
    assert world.sandbox.lists() == {"zo_hot": people[:3]}


def test_a_list_that_a_person_made_in_the_place_of_a_deleted_one_is_theirs(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    world.sandbox.delete_list("zo_hot")
    world.sandbox.add_list("zo_hot")
    publish(world, {"hot": people[:3]})
    with pytest.raises(ListsUnusable, match="a list named zo_hot is there already and was not made by this pipeline"):
        sync(world, HOT)
    assert world.sandbox.lists() == {"zo_hot": []}


def test_a_list_is_known_by_its_id_whatever_it_is_called(world, people):
    list_id = world.sandbox.add_list("Our hot people")
    claim_list(world.engine, RememberedList("hot", "contacts", "zo_hot", None), "earlier", AS_OF)
    remember_list(world.engine, "hot", list_id)
    publish(world, {"hot": people[:1]})
    sync(world, HOT)
    assert world.sandbox.lists() == {"Our hot people": people[:1]}


# Lists that are not ours


def test_lists_that_we_did_not_make_are_named_all_at_once_and_nothing_is_sent(world, people):
    world.sandbox.add_list("zo_hot")
    world.sandbox.add_list("zo_cold", processing_type="DYNAMIC")
    publish(world, {"hot": people[:1], "cold": people[:1], "new": people[:1]})
    world.calls()
    with pytest.raises(ListsUnusable) as raised:
        sync(world, HOT, COLD, segment_list("new"))
    first, *rest = str(raised.value).splitlines()
    assert first == "HubSpot's lists stand in the way of segments.csv:"
    assert [line.partition(";")[0] for line in rest] == [
        "a list named zo_hot is there already and was not made by this pipeline",
        "a list named zo_cold is there already and was not made by this pipeline",
    ]
    assert not [call for call in world.calls() if call["write"]]
    assert world.sandbox.lists() == {"zo_hot": [], "zo_cold": []}


def test_a_list_of_ours_that_is_dynamic_now_is_refused_with_what_to_do(world, people):
    list_id = world.sandbox.add_list("zo_hot", processing_type="DYNAMIC")
    claim_list(world.engine, RememberedList("hot", "contacts", "zo_hot", None), "earlier", AS_OF)
    remember_list(world.engine, "hot", list_id)
    publish(world, {"hot": people[:1]})
    with pytest.raises(ListsUnusable, match=r"the list zo_hot is DYNAMIC.*delete it in HubSpot"):
        sync(world, HOT)
    world.sandbox.delete_list("zo_hot")
    assert totals(sync(world, HOT)) == {"added": 1}


def test_a_segment_that_is_of_other_objects_now_needs_another_name(world, people):
    publish(world, {"hot": people[:1]})
    sync(world, HOT)
    publish(world, {"hot": ["5001"]}, kind="companies")
    with pytest.raises(ListsUnusable, match=r"hot was a segment of contacts .* give the one of companies another"):
        sync(world, replace(HOT, object_type="companies"))
    assert world.sandbox.lists() == {"zo_hot": people[:1]}


# Segments that are switched off


def test_a_segment_that_is_switched_off_leaves_an_empty_list_and_what_people_added(world, people):
    publish(world, {"hot": people[:2], "cold": people[:1]})
    sync(world, HOT, COLD)
    world.sandbox.change_members("zo_hot", added=[people[5]])
    summary = sync(world, COLD)
    assert totals(summary) == {"removed": 2}
    assert [(item.name, item.is_kept) for item in summary.lists] == [("zo_cold", True), ("zo_hot", False)]
    assert world.sandbox.lists() == {"zo_hot": [people[5]], "zo_cold": people[:1]}
    world.calls()
    sync(world, COLD)
    assert world.calls() == []


def test_a_segment_that_is_switched_on_again_finds_its_list(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    sync(world)
    (result,) = sync(world, HOT).lists
    assert (result.added, result.is_new) == (2, False)
    assert world.sandbox.lists() == {"zo_hot": people[:2]}


def test_a_list_that_is_gone_is_not_emptied(world, people):
    publish(world, {"hot": people[:2]})
    sync(world, HOT)
    world.sandbox.delete_list("zo_hot")
    assert totals(sync(world)) == {}
    assert world.rows(segment_lists) == []


# What goes wrong on the way


def test_a_success_that_did_nothing_is_found_out_and_asked_again(world, people):
    publish(world, {"hot": people[:2]})
    world.sandbox.inject("empty_2xx", path_regex="add-and-remove", times=1)
    assert totals(sync(world, HOT)) == {"unaccounted": 2}
    assert {row["outcome"] for row in world.rows(list_log)} == {"asked"}
    assert totals(sync(world, HOT)) == {"added": 2}


@pytest.mark.parametrize("path_regex", ["lists/2026-09$", "add-and-remove"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_followed_by_a_repeat_that_does_nothing_twice(world, people, path_regex, when):
    publish(world, {"hot": people[:2]})
    fault = world.sandbox.inject("502", method=None, path_regex=path_regex, when=when, times=1)
    assert totals(sync(world, HOT)) == {"added": 2}
    assert fault.fired == 1
    assert world.sandbox.lists() == {"zo_hot": people[:2]}


def test_a_portal_that_is_down_half_way_is_finished_by_the_next_run(world, people, monkeypatch):
    monkeypatch.setattr(list_syncing, "IDS_PER_CALL", 2)
    publish(world, {"hot": people})
    goes_down = at("after memberships/add-and-remove", lambda: world.sandbox.inject("503", path_regex="add-and-remove"))
    with pytest.raises(CrmUnavailable):
        sync(world, HOT, api=watched_door(world.sandbox.url, goes_down), run_id="down")
    noted = steps_of_run(world.engine, "down")["sync_lists"]
    assert (noted["state"], noted["lists"][0]["added"]) == ("cut_off", 2)
    world.sandbox.clear_faults()
    assert totals(sync(world, HOT)) == {"added": 4}


def test_a_token_without_the_scope_is_told_which_it_needs(world, people):
    publish(world, {"hot": people})
    world.sandbox.inject("missing_scopes", method="POST", path_regex="/crm/lists/")
    with pytest.raises(CrmScopeMissing, match=r"crm\.lists\.write"):
        sync(world, HOT)


# The plan


def test_a_plan_says_what_each_list_needs_and_asks_nothing(world, people):
    publish(world, {"hot": people[:3], "cold": people[:2]})
    sync(world, HOT, COLD)
    absent = {"segment_id": "hot", "object_type": "contacts", "record_key": "u9", "matched_by": "absent"}
    publish(world, {"hot": people[2:], "new": people[:2]}, left_out=[absent])
    world.calls()
    text = describe_list_changes(changes(world, HOT, segment_list("new")).values())
    assert world.calls() == []
    assert text.splitlines() == [
        "lists: 3 lists to bring up to date, 5 to add and 4 to take out.",
        "",
        "| list | of | to add | to take out | then in it |",
        "| --- | --- | ---: | ---: | ---: |",
        "| zo_hot | contacts | 3 | 2 | 4 |",
        "| zo_new (to be made) | contacts | 2 | 0 | 2 |",
        "| zo_cold (its segment is off: emptied, and stays) | contacts | 0 | 2 | 0 |",
        "",
        "1 place left open: HubSpot does not hold it (crm_objects.csv: unknown_records = update).",
    ]


def test_a_plan_of_nothing_says_so(world, people):
    publish(world, {"hot": people})
    sync(world, HOT)
    assert describe_list_changes(changes(world, HOT).values()) == "lists: HubSpot already holds every member."
