"""The published marts, which everything after `decide` reads: of everybody, or of those whom new files concern."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from dagster_project.publish.parts import parts_since
from dagster_project.publish.snapshot import Snapshot, current_snapshot
from dagster_project.settings import read_settings


class PublishedMarts(dg.ConfigurableResource):
    """The snapshot that is current; resolve it once and read one build."""

    is_part: bool = Field(
        default=False, description="Read the last part of the marts, of those alone whom new files concern."
    )

    def folder(self) -> Path:
        return read_settings().parts_dir if self.is_part else read_settings().published_dir

    def later_parts(self, snapshot: Snapshot) -> list[Snapshot]:
        """The parts that know more than this build of everybody; of a part, none."""
        return [] if self.is_part else parts_since(read_settings().parts_dir, snapshot)

    def current(self) -> Snapshot:
        return current_snapshot(self.folder())
