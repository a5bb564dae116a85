"""A part of the marts is synced for those alone who are in it, and a build of everybody that knows less leaves them."""

from dataclasses import replace

import pytest
from crm_world import CONTACT_COLUMNS, CONTACTS, HANDOFF_COLUMNS, World, contact, write_rows
from sqlalchemy import select

from dagster_project.crm.syncing import SyncRun, SyncSummary, find_unsynced, sync_object
from dagster_project.state.tables import rejections


@pytest.fixture
def synced(world: World) -> tuple[World, list[dict]]:
    """Three contacts that HubSpot holds as they were decided."""
    rows = world.add_contacts(3)
    world.publish_contacts(*rows)
    assert world.sync().acknowledged_records == 3
    return world, rows


def part_of(world: World, *rows: dict) -> SyncRun:
    folder = world.state_dir.parent / "part"
    folder.mkdir(exist_ok=True)
    write_rows(folder / "decide.crm_contacts_desired.parquet", rows, CONTACT_COLUMNS)
    write_rows(folder / "decide.handoffs.parquet", [], HANDOFF_COLUMNS)
    return replace(world.run("part"), snapshot_dir=folder, is_part=True)


def sync_part(world: World, run: SyncRun) -> SyncSummary:
    return sync_object(run, world.api, CONTACTS, lambda line: None)


def test_whoever_is_not_in_a_part_is_not_gone(synced):
    world, rows = synced
    run = part_of(world, rows[0] | {"pql_score": 77})
    changes = find_unsynced(run, CONTACTS)
    assert changes.property_counts == {"zo_pql_score": 1}
    assert changes.emptied_record_count == 0
    assert sync_part(world, run).acknowledged_records == 1


def test_a_build_of_everybody_that_was_published_before_writes_nothing_over_what_a_part_knew(synced):
    world, rows = synced
    run = part_of(world, rows[0] | {"pql_score": 77})
    sync_part(world, run)
    assert find_unsynced(world.run(), CONTACTS).record_count == 1
    later = replace(world.run(), later_parts=[run.snapshot_dir])
    assert find_unsynced(later, CONTACTS).record_count == 0
    # Of all others it speaks as ever.
    world.publish_contacts(rows[0], rows[1] | {"pql_score": 50}, rows[2])
    assert set(find_unsynced(later, CONTACTS).rows["record_key"]) == {rows[1]["record_key"]}


def test_a_record_that_a_part_gave_to_another_user_is_left_alone_too(synced):
    world, rows = synced
    run = part_of(world, contact("somebody else", rows[0]["hubspot_id"], pql_score=90))
    sync_part(world, run)
    later = replace(world.run(), later_parts=[run.snapshot_dir])
    assert find_unsynced(later, CONTACTS).record_count == 0


def test_what_was_refused_of_others_is_not_forgotten_by_a_part(synced):
    world, rows = synced
    world.publish_contacts(*rows[:2], contact("u9", "999999", pql_score=9))
    world.sync()
    with world.engine.connect() as connection:
        refused = connection.execute(select(rejections.c.record_key)).scalars().all()
    assert refused == ["u9"]
    sync_part(world, part_of(world, rows[0] | {"pql_score": 77}))
    with world.engine.connect() as connection:
        assert connection.execute(select(rejections.c.record_key)).scalars().all() == refused
