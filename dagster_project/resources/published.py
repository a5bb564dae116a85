"""The published marts, which everything after `decide` reads."""

from pathlib import Path

import dagster as dg

from dagster_project.publish.snapshot import Snapshot, current_snapshot
from dagster_project.settings import read_settings


class PublishedMarts(dg.ConfigurableResource):
    """The snapshot that is current; resolve it once and read one build."""

    def folder(self) -> Path:
        return read_settings().published_dir

    def current(self) -> Snapshot:
        return current_snapshot(self.folder())
