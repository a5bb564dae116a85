"""Whatever moment a sync of lists is cut off at, the next one makes each list once and puts the same people in it."""

from itertools import count

import pytest
from crm_lists import HOT, changes, publish, segment_list, sync
from crm_moments import CutOff, Moments, watched_door
from crm_process import killed_at

from dagster_project.crm import list_syncing


@pytest.fixture
def people(world):
    return world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(6)])


@pytest.mark.parametrize(
    ("moment", "is_made", "is_filled"),
    [
        ("before lists/{version}", False, False),
        ("after lists/{version}", True, False),
        ("before memberships/add-and-remove", True, False),
        ("after memberships/add-and-remove", True, True),
    ],
)
def test_a_process_that_is_killed_leaves_a_list_that_the_next_run_finishes(
    world, people, tmp_path, moment, is_made, is_filled
):
    """Ended by kill -9: before the list, between list and memory of it, before its members, and before their ledger."""
    publish(world, {"hot": people[:3]})
    killed_at(moment, "lists", world, tmp_path)
    assert world.sandbox.lists() == ({"zo_hot": people[:3] if is_filled else []} if is_made else {})

    # Meanwhile one left the segment.
    publish(world, {"hot": people[1:3]})
    sync(world, HOT)
    assert world.sandbox.lists() == {"zo_hot": people[1:3]}


@pytest.mark.parametrize("comes_back", [False, True], ids=["as it was decided", "as it was before"])
def test_cut_off_at_every_moment_there_is_the_next_run_finishes(world, people, monkeypatch, comes_back):
    """Also where the build in between decides that everybody goes back to where they were."""
    monkeypatch.setattr(list_syncing, "IDS_PER_CALL", 2)
    seen = []
    for cut_at in count():
        old, new = segment_list(f"old{cut_at}"), segment_list(f"new{cut_at}")
        publish(world, {old.segment_id: people[:3]})
        sync(world, old)
        publish(world, {old.segment_id: people[2:5], new.segment_id: people[:4]})
        moments = Moments(cut_at)
        try:
            with moments.of(world.engine):
                sync(world, old, new, api=watched_door(world.sandbox.url, moments))
        except CutOff:
            assert moments.is_cut
        seen.append(moments.names[-1])
        decided = {old.segment_id: people[2:5], new.segment_id: people[:4]}
        if comes_back:
            decided = {old.segment_id: people[:3], new.segment_id: people[5:]}
            publish(world, decided)
        sync(world, old, new)
        held = world.sandbox.lists()
        assert {name.removeprefix("zo_"): ids for name, ids in held.items() if ids} == decided
        world.calls()
        sync(world, old, new)
        assert world.calls() == []
        assert not any(change.differs for change in changes(world, old, new).values())
        # The next round is about other lists.
        publish(world, {})
        sync(world)
        if not moments.is_cut:
            break
    names = set(seen)
    assert {"before memberships/add-and-remove", "after memberships/add-and-remove"} <= names
    # The claim of the new list, its id, and each answer's ledger entry.
    assert seen.count("before commit") >= 5
