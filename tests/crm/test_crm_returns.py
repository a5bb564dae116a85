"""A contact goes back to marketing once, unless people were faster; whatever moment a run is cut off at."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from crm_handing_off import Lead as Handed
from crm_handing_off import publish as publish_handoffs
from crm_moments import CutOff, Moments, at, watched_door
from crm_returning import (
    BACK,
    DECIDED_AT,
    LIMITS,
    OWNER,
    SQL_STAGE,
    STAGE,
    add_lead,
    claim,
    held,
    publish,
    rebuilt,
    stages,
    take_back,
)
from crm_world import AS_OF, hubspot_text

from dagster_project.crm.return_breaker import ReturnLimits, ReturnsNotAsApproved, find_owed_returns
from dagster_project.crm.returning import LAST_CONTACTED, MARKETING_STAGE, ReturnSummary
from dagster_project.privacy.opt_outs import OptOut
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.tables import metadata, returns

HERE = Path(__file__).parent


@pytest.fixture
def owner(world):
    return world.sandbox.add_owner("ann@o.example", "Ann", "Ash")


@pytest.fixture
def other_owner(world, owner):
    return world.sandbox.add_owner("bob@o.example", "Bob", "Birch")


# As it was decided


def test_owner_and_stage_are_emptied_and_the_stage_is_set_anew_and_read_back(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.calls()
    summary = take_back(world, run_id="first")
    assert (summary.returned, summary.overtaken, summary.not_taken) == (1, {}, {})
    assert held(world, lead) == BACK
    assert stages(world, lead)[-3:] == [SQL_STAGE, "", MARKETING_STAGE]
    assert [call["path"].rsplit("/", 1)[1] for call in world.calls("/batch/")] == ["read", "update", "update", "read"]
    (row,) = world.rows(returns)
    assert row == {
        "return_id": "return of u1",
        "handoff_id": "handoff of u1",
        "record_key": "u1",
        "episode": 1,
        "rule_id": "idle",
        "reason": "The owner did nothing",
        "owner_id": owner,
        "returned_at": DECIDED_AT,
        "run_id": "first",
        "claimed_at": world.now,
        "acknowledged_as_of": AS_OF,
        "acknowledged_at": world.now,
    }


def test_what_was_done_is_not_done_again(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    take_back(world)
    world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage=SQL_STAGE, hubspot_owner_id=owner)
    assert take_back(world) == ReturnSummary()
    assert held(world, lead) == {STAGE: SQL_STAGE, OWNER: owner}


def test_the_next_handoff_of_a_contact_that_went_back_is_written_whole(world, owner, other_owner):
    lead = add_lead(world, "u1", None, lifecyclestage="lead")
    publish_handoffs(world, Handed("u1", lead.hubspot_id, owner))
    world.sync()
    assert held(world, lead) == {STAGE: SQL_STAGE, OWNER: owner}
    publish(world, rebuilt(world, add_owner(lead, owner)))
    assert take_back(world).returned == 1
    assert world.ledger()[lead.hubspot_id].get(OWNER) is None
    assert world.ledger()[lead.hubspot_id][STAGE] == MARKETING_STAGE
    again = Handed("u1", lead.hubspot_id, owner, decided_at=DECIDED_AT + timedelta(days=30))
    world.publish_contacts(again.desired_row())
    world.publish_handoffs(again.handoff_row() | {"handoff_id": "second", "episode": 2})
    assert world.sync().handoffs == 1
    assert held(world, lead) == {STAGE: SQL_STAGE, OWNER: owner}


def add_owner(lead, owner_id):
    return type(lead)(lead.record_key, lead.hubspot_id, owner_id)


def test_a_hundred_go_back_in_four_calls(world, owner):
    leads = [add_lead(world, f"u{number}", owner) for number in range(100)]
    publish(world, *leads)
    world.calls()
    assert take_back(world, limits=ReturnLimits(1000, 100)).returned == 100
    assert len(world.calls("/batch/")) == 4
    assert all(held(world, lead) == BACK for lead in leads)


def test_a_contact_that_nobody_has_goes_back_too(world):
    lead = add_lead(world, "u1", None)
    publish(world, lead)
    assert take_back(world).returned == 1
    assert held(world, lead) == BACK


# People were faster


@pytest.mark.parametrize("stage", ["opportunity", "customer", "lead", "marketingqualifiedlead"])
def test_a_contact_that_moved_on_stays_where_it_is(world, owner, stage):
    lead = add_lead(world, "u1", owner, lifecyclestage=stage)
    publish(world, lead)
    assert take_back(world).overtaken == {"u1": f"the contact is at stage {stage} by now"}
    assert held(world, lead) == {STAGE: stage, OWNER: owner}
    assert claim(world, lead) is None


def test_a_contact_that_somebody_else_took_over_stays_with_them(world, owner, other_owner):
    lead = add_lead(world, "u1", owner, hubspot_owner_id=other_owner)
    publish(world, lead)
    assert take_back(world).overtaken == {"u1": f"owner {other_owner} has the contact by now"}
    assert held(world, lead) == {STAGE: SQL_STAGE, OWNER: other_owner}


@pytest.mark.parametrize(
    ("copied_minutes", "called_minutes", "is_overtaken"),
    [(None, -1, False), (None, 1, True), (5, 1, True), (-60, -61, False), (-60, -59, True)],
)
def test_whoever_was_called_since_hubspot_was_last_read_is_left_to_the_next_build(
    world, owner, copied_minutes, called_minutes, is_overtaken
):
    called_at = hubspot_text(DECIDED_AT + timedelta(minutes=called_minutes))
    lead = add_lead(world, "u1", owner, **{LAST_CONTACTED: called_at})
    if copied_minutes is not None:
        lead = replace(lead, copied_at=DECIDED_AT + timedelta(minutes=copied_minutes))
    publish(world, lead)
    assert ("u1" in take_back(world).overtaken) == is_overtaken
    assert (claim(world, lead) is None) == is_overtaken


def test_a_contact_that_is_gone_holds_back_nobody(world, owner):
    gone, there = add_lead(world, "gone", owner), add_lead(world, "there", owner)
    world.sandbox.archive("contacts", gone.hubspot_id)
    publish(world, gone, there)
    summary = take_back(world)
    assert (summary.returned, list(summary.overtaken)) == (1, ["gone"])
    assert held(world, there) == BACK


def test_whoever_opted_out_is_left_alone(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.opt_outs = [OptOut(None, "u1", None)]
    world.calls()
    assert take_back(world) == ReturnSummary()
    assert world.calls("/batch/") == []


def test_a_stage_that_stays_put_is_found_out_and_tried_again(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    put_back = at(
        "after batch/update",
        lambda: world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage=SQL_STAGE, hubspot_owner_id=owner),
    )
    moments: list[str] = []

    def after_the_second_update(name: str) -> None:
        moments.append(name)
        if moments.count("after batch/update") == 2:
            put_back(name)

    summary = take_back(world, api=watched_door(world.sandbox.url, after_the_second_update))
    assert summary.not_taken == {"u1": f"read back, HubSpot has the stage {SQL_STAGE} and the owner {owner}"}
    assert claim(world, lead) is False
    assert world.ledger() == {}
    publish(world, rebuilt(world, lead))
    assert take_back(world).returned == 1
    assert held(world, lead) == BACK


# So many at once


def test_more_than_the_limits_are_held_until_a_person_lets_them_go(world, owner):
    leads = [add_lead(world, f"u{number}", owner) for number in range(3)]
    publish(world, *leads, in_queue=14)
    tight = ReturnLimits(most=2, most_pct=20)
    summary = take_back(world, limits=tight)
    assert (summary.returned, summary.held) == (0, 3)
    assert all(held(world, lead)[STAGE] == SQL_STAGE for lead in leads)
    owed = find_owed_returns(world.run(), tight)
    assert owed.why_held.startswith("3 of the 14 contacts at sales qualified would go back to marketing at once")
    with pytest.raises(ReturnsNotAsApproved, match=f"others that are held, {owed.plan_id}"):
        find_owed_returns(world.run(), tight, "000000000000")
    assert take_back(world, limits=tight, approved=owed.plan_id).returned == 3


@pytest.mark.parametrize("limits", [ReturnLimits(3, 0), ReturnLimits(0, 20)])
def test_within_either_limit_nothing_is_held(world, owner, limits):
    publish(world, *(add_lead(world, f"u{number}", owner) for number in range(3)), in_queue=15)
    assert take_back(world, limits=limits).returned == 3


def test_what_was_begun_is_finished_though_others_are_held(world, owner):
    begun = add_lead(world, "begun", owner)
    publish(world, begun)
    with pytest.raises(CutOff):
        take_back(world, api=watched_door(world.sandbox.url, cut_off_at("before batch/update")))
    others = [add_lead(world, f"u{number}", owner) for number in range(3)]
    publish(world, rebuilt(world, begun), *others, in_queue=4)
    summary = take_back(world, limits=ReturnLimits(2, 20))
    assert (summary.returned, summary.held) == (1, 3)
    assert held(world, begun) == BACK


def cut_off_at(moment: str):
    def end() -> None:
        raise CutOff(moment)

    return at(moment, end)


def test_a_snapshot_of_an_earlier_version_has_no_returns(world):
    for name in ("returns", "sales_queue"):
        (world.snapshot_dir / f"decide.{name}.parquet").unlink(missing_ok=True)
    assert take_back(world) == ReturnSummary()


# Cut off


@pytest.mark.parametrize(
    ("moment", "is_claimed", "stage"),
    [
        ("before batch/read", None, SQL_STAGE),
        ("before batch/update", False, SQL_STAGE),
        ("after batch/update", False, ""),
        ("after batch/update #2", False, MARKETING_STAGE),
        ("after batch/read #2", False, MARKETING_STAGE),
    ],
)
def test_a_process_that_is_killed_leaves_a_return_that_the_next_run_finishes(
    world, owner, tmp_path, moment, is_claimed, stage
):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    command = [sys.executable, str(HERE / "crm_return_process.py"), world.sandbox.url, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    ended = subprocess.run([*command, str(world.engine.url), moment], env=environment, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert claim(world, lead) is is_claimed
    assert held(world, lead).get(STAGE, "") == stage
    publish(world, rebuilt(world, lead))
    assert take_back(world).returned == 1
    check_one_return(world, lead)


def check_one_return(world, lead):
    assert claim(world, lead) is True
    assert held(world, lead) == BACK
    assert stages(world, lead)[-3:] == [SQL_STAGE, "", MARKETING_STAGE]
    assert stages(world, lead).count(MARKETING_STAGE) == 1
    assert world.ledger()[lead.hubspot_id][STAGE] == MARKETING_STAGE
    assert take_back(world) == ReturnSummary()


def test_cut_off_at_every_moment_there_is_the_next_run_finishes(world, owner):
    seen = []
    for cut_at in count():
        leads = [add_lead(world, f"n{cut_at}{letter}", owner) for letter in "ab"]
        publish(world, *leads)
        moments = Moments(cut_at)
        try:
            with moments.of(world.engine):
                take_back(world, api=watched_door(world.sandbox.url, moments), run_id="cut off")
        except CutOff:
            assert moments.is_cut
        seen.append(moments.names[-1])
        if not moments.is_cut:
            break
        claims = [claim(world, lead) for lead in leads]
        # Claimed together, and acknowledged together.
        assert len(set(claims)) == 1
        # Also without a build in between: the snapshot is older than what was done.
        assert take_back(world).returned == (0 if claims[0] else 2)
        for lead in leads:
            check_one_return(world, lead)
        with world.engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
    assert {"before batch/read", "after batch/update", "after batch/read"} <= set(seen)
    assert seen.count("before commit") >= 2


def test_whoever_a_person_assigns_between_the_two_calls_stays_the_owner(world, owner, other_owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    with pytest.raises(CutOff):
        take_back(world, api=watched_door(world.sandbox.url, cut_off_at("after batch/update")))
    world.sandbox.edit("contacts", lead.hubspot_id, hubspot_owner_id=other_owner)
    publish(world, rebuilt(world, lead))
    assert take_back(world).returned == 1
    assert held(world, lead) == {STAGE: MARKETING_STAGE, OWNER: other_owner}


def test_a_claim_that_something_overtook_is_withdrawn(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    with pytest.raises(CutOff):
        take_back(world, api=watched_door(world.sandbox.url, cut_off_at("before batch/update")))
    world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage="opportunity")
    publish(world, rebuilt(world, lead))
    assert list(take_back(world).overtaken) == ["u1"]
    assert claim(world, lead) is None
    assert held(world, lead) == {STAGE: "opportunity", OWNER: owner}


def test_two_runs_at_once_take_back_a_contact_once(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    meanwhile = at("after batch/read", lambda: take_back(world, run_id="other"))
    summary = take_back(world, api=watched_door(world.sandbox.url, meanwhile))
    assert (summary.returned, claim(world, lead)) == (0, True)
    assert stages(world, lead).count(MARKETING_STAGE) == 1


def test_the_limits_are_those_of_the_rules():
    assert ReturnLimits.of(read_rules(SHIPPED_RULES_DIR)) == LIMITS
