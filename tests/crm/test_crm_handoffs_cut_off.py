"""Whatever moment a run is cut off at, the next one makes exactly one handoff, with the same owner and time."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from crm_handing_off import (
    DECIDED_AT,
    OWNER,
    SQL_STAGE,
    STAGE,
    TIME,
    Lead,
    add_lead,
    claim,
    handed_off,
    held,
    publish,
    rebuilt,
    written,
)
from crm_moments import CutOff, Moments, watched_door
from crm_process import killed_at
from crm_world import CONTACTS, hubspot_text, upserting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.crm.syncing import SyncSummary
from dagster_project.state.tables import metadata

MAKING = upserting(CONTACTS)


@pytest.fixture
def owners(world):
    return [world.sandbox.add_owner(f"{name}@o.example") for name in ("ann", "bob", "cid")]


@pytest.fixture
def numbers():
    """No name is used twice in one portal."""
    return count()


def sync_until(world, cut_at):
    """One run that is cut off at a moment, if it has that many; the moments it saw."""
    moments = Moments(cut_at)
    try:
        with moments.of(world.engine):
            world.sync(MAKING, api=watched_door(world.sandbox.url, moments), run_id="cut off")
    except CutOff:
        assert moments.is_cut
    return moments


def forget_everybody(world):
    """An empty state and nobody to look at, in the same portal."""
    with world.engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.delete())


def check_one_handoff(world, lead):
    """HubSpot holds what the claim says, and nobody ever owned the contact but the owner it has."""
    owner_id, _, handed_off_at, is_acknowledged = claim(world, lead)
    assert is_acknowledged
    assert held(world, lead) == {STAGE: SQL_STAGE, OWNER: owner_id, TIME: hubspot_text(handed_off_at)}
    assert written(world, lead, OWNER) == [owner_id]
    assert written(world, lead, TIME) == [hubspot_text(handed_off_at)]
    assert written(world, lead, STAGE).count(SQL_STAGE) == 1


# A process that is killed


@pytest.mark.parametrize(
    ("moment", "is_claimed", "is_written"),
    [
        ("before batch/read", False, False),
        ("after {version}/contacts", False, False),
        ("before batch/update", True, False),
        ("after batch/update", True, True),
    ],
)
def test_a_process_that_is_killed_leaves_a_handoff_that_the_next_run_finishes(
    world, owners, tmp_path, moment, is_claimed, is_written
):
    """Ended by kill -9: before the claim, between claim and write, between HubSpot's write and our acknowledgement."""
    lead = add_lead(world, "u1", owners[0])
    publish(world, lead)
    killed_at(moment, "contacts", world, tmp_path)
    claimed = (owners[0], "round_robin", DECIDED_AT, False)
    assert claim(world, lead) == (claimed if is_claimed else None)
    assert held(world, lead) == (handed_off(lead) if is_written else {STAGE: "lead"})
    assert world.ledger() == {}

    # The build after it: what was not begun is decided anew.
    later = rebuilt(world, lead, owner_id=owners[1], decided_at=DECIDED_AT + timedelta(hours=1))
    publish(world, later)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead if is_claimed else later)
    check_one_handoff(world, lead)
    assert world.sync() == SyncSummary("contacts")


# Every moment


def leads_of_each_kind(world, owners, name):
    """One to be assigned, one that has an owner, one that got an owner meanwhile, one that is to be made."""
    return [
        add_lead(world, f"{name}a", owners[0]),
        replace(add_lead(world, f"{name}b", owners[1], hubspot_owner_id=owners[1]), owner_reason="existing_owner"),
        add_lead(world, f"{name}c", owners[0], hubspot_owner_id=owners[2]),
        Lead(f"{name}d", None, owners[0]),
    ]


def test_cut_off_at_every_moment_there_is_the_next_run_finishes(world, owners):
    seen = []
    for cut_at in count():
        leads = leads_of_each_kind(world, owners, f"n{cut_at}")
        publish(world, *leads)
        moments = sync_until(world, cut_at)
        seen.append(moments.names[-1])
        claims = [claim(world, lead) for lead in leads]
        if not moments.is_cut:
            assert all(is_acknowledged for *_, is_acknowledged in claims)
            break
        # Claimed all together, or none yet.
        assert all(claims) or not any(claims)
        publish(world, *(rebuilt(world, lead) for lead in leads))
        world.sync(MAKING)
        for lead, before in zip(leads, claims, strict=True):
            check_one_handoff(world, lead)
            assert before is None or before[:3] == claim(world, lead)[:3]
        publish(world, *(rebuilt(world, lead) for lead in leads))
        assert world.sync(MAKING) == SyncSummary("contacts")
        forget_everybody(world)
    assert {"before batch/read", "after batch/update", "before batch/upsert", "after batch/upsert"} <= set(seen)
    # Looking, claiming, and one more for each of the two batches that were acknowledged.
    assert seen.count("before commit") >= 3


# One accident after another

cuts = st.lists(st.integers(0, 25), max_size=3)
people = st.sampled_from(["nobody", "assigns", "assigns and leaves"])


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=cuts, person=people, is_known=st.booleans(), comes_after=st.integers(0, 3))
def test_cut_off_again_and_again_there_is_one_handoff_and_what_people_did_stays(
    world, owners, numbers, cuts, person, is_known, comes_after
):
    """Each build after a cut would choose the next owner; at some time a person assigns the contact to somebody."""
    forget_everybody(world)
    name = f"u{next(numbers)}"
    lead = add_lead(world, name, owners[0]) if is_known else Lead(name, None, owners[0])
    publish(world, lead)
    somebody, was_made = None, False
    for round_number, cut_at in enumerate([*cuts, None]):
        record = world.sandbox.contact(lead.email)
        if round_number == comes_after and person != "nobody" and record is not None:
            was_made = claim(world, lead) is not None and claim(world, lead)[-1]
            somebody = world.sandbox.add_owner(f"somebody{next(numbers)}@o.example")
            world.sandbox.edit("contacts", record["id"], hubspot_owner_id=somebody)
            if person == "assigns and leaves":
                world.sandbox.archive_owner(somebody)
        sync_until(world, cut_at)
        owner_id = owners[(round_number + 1) % 3]
        decided_at = DECIDED_AT + timedelta(minutes=round_number + 1)
        publish(world, rebuilt(world, lead, owner_id=owner_id, decided_at=decided_at))

    owner_id, _, handed_off_at, is_acknowledged = claim(world, lead)
    assert is_acknowledged
    # Whom a person chose stays on the record; who left before the handoff was made gives way to whom was claimed.
    is_theirs = somebody is not None and (was_made or person == "assigns")
    assert (owner_id == somebody) == (is_theirs and not was_made)
    owner_held = somebody if is_theirs else owner_id
    assert held(world, lead) == {STAGE: SQL_STAGE, OWNER: owner_held, TIME: hubspot_text(handed_off_at)}
    assert written(world, lead, TIME) == [hubspot_text(handed_off_at)]
    assert len({*written(world, lead, OWNER)} & {*owners}) <= 1
    world.calls()
    world.sync(MAKING)
    assert world.calls("/batch/") == []
