"""An unusual change in the size of a segment is told against the middle of the days before."""

from dataclasses import replace
from datetime import timedelta

import pytest
from crm_lists import publish
from crm_world import AS_OF

from dagster_project.crm.segment_sizes import read_sizes, remember_sizes, unusual_sizes
from dagster_project.rules.schema.segments import Segment
from dagster_project.state.tables import segment_sizes

HOT = Segment.model_validate(
    {
        "segment_id": "hot",
        "label": "Hot",
        "object_type": "contacts",
        "kept_as": "property",
        "max_change_pct": "50",
        "max_change_members": "10",
        "compared_days": "7",
        "is_enabled": "true",
        "owner": "team:x",
        "why": "why",
    }
)


def remember(world, *sizes, hours=24):
    """Sizes of builds before, the last one `hours` before now."""
    for place, size in enumerate(sizes):
        as_of = AS_OF - timedelta(hours=hours * (len(sizes) - place))
        remember_sizes(replace(world.run(), as_of=as_of), {"hot": size})


def unusual(world, size, segment=HOT):
    return [(item.segment_id, item.size, item.usual) for item in unusual_sizes(world.run(), [segment], {"hot": size})]


def test_sizes_are_those_of_everybody_in_a_segment_that_is_on(world):
    absent = {"segment_id": "hot", "object_type": "contacts", "record_key": "u9", "matched_by": "absent"}
    publish(world, {"hot": ["1", "2"], "off": ["1"]}, left_out=[absent])
    segments = [HOT, HOT.model_copy(update={"segment_id": "empty"})]
    segments.append(HOT.model_copy(update={"segment_id": "off", "is_enabled": False}))
    assert read_sizes(world.run(), segments) == {"hot": 3, "empty": 0}


@pytest.mark.parametrize(
    ("size", "is_unusual"),
    [(100, False), (150, False), (151, True), (50, False), (49, True), (0, True)],
)
def test_more_than_its_share_more_or_less_is_unusual(world, size, is_unusual):
    remember(world, 90, 100, 500)
    assert unusual(world, size) == ([("hot", size, 100.0)] if is_unusual else [])


@pytest.mark.parametrize(("size", "is_unusual"), [(14, False), (15, True), (0, False)])
def test_a_small_segment_may_move_by_some_members(world, size, is_unusual):
    remember(world, 4, 4)
    assert bool(unusual(world, size)) == is_unusual


def test_a_segment_without_a_past_is_never_unusual(world):
    assert unusual(world, 1_000_000) == []
    remember(world, 10, hours=7 * 24 + 1)
    assert unusual(world, 1_000_000) == []


def test_a_new_size_is_usual_once_it_has_lasted(world):
    remember(world, 100, 100, 1000, 1000, 1000)
    assert unusual(world, 1000) == []
    assert unusual(world, 100) == [("hot", 100, 1000.0)]


def test_of_one_build_there_is_one_size_however_often_it_is_synced(world):
    for size in (5, 6):
        remember_sizes(world.run(), {"hot": size})
    (row,) = world.rows(segment_sizes)
    assert (row["size"], row["as_of"]) == (6, AS_OF)
    # Its own size is no past.
    assert unusual(world, 1000) == []
