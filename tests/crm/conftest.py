"""A portal with our properties in it, and the syncs of these tests."""

from pathlib import Path

import pytest
from crm_event_world import EventWorld
from crm_world import World
from sqlalchemy import Engine

from dagster_project.sandbox.running import Sandbox


@pytest.fixture
def world(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> World:
    return World(sandbox, engine, tmp_path)


@pytest.fixture
def events(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> EventWorld:
    return EventWorld(sandbox, engine, tmp_path)
