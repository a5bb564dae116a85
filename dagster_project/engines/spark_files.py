"""Files where Spark has its own: a folder of this machine, or whatever else Hadoop can read and write."""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Files(Protocol):
    """Files where Spark has its own. Paths are texts such as `file:/data/x` or `s3a://bucket/x`."""

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, in name order; nothing in one that is not there."""

    def matching(self, pattern: str) -> list[str]:
        """The paths of what is there under a pattern such as `folder/*/name*`."""

    def put(self, file: Path, path: str) -> None:
        """Copy a file of this machine there; in the place of what was there under the name."""

    def get(self, path: str, file: Path) -> None:
        """Copy a file from there to this machine."""

    def remove(self, path: str) -> None:
        """A file or a folder with all that is in it; nothing happens where there is none."""


class BesideWarehouse:
    """Where carried tables and what is on its way lie.

    Attributes:
        folder: Its path, beside the warehouse folder of Spark.
    """

    files: Files
    folder: str

    def folder_of(self, table: str) -> str:
        return f"{self.folder}/{table.replace('.', '/')}"

    def fetched(self, path: str, folder: Path, name: str) -> list[Path]:
        """Copy the Parquet files of a folder there into one of this machine; `name` is what they begin with."""
        found = [there for there in self.files.names(path) if there.endswith(".parquet")]
        for there in found:
            self.files.get(f"{path}/{there}", folder / f"{name}{there}")
        return [folder / f"{name}{there}" for there in found]


class SparkFiles:
    """Files as Hadoop reads and writes them; what it can do beyond `Files` is for those who read landing files."""

    def __init__(self, session: "SparkSession"):
        self._hadoop = session._jvm.org.apache.hadoop.fs
        self._configuration = session._jsc.hadoopConfiguration()

    def names(self, folder: str) -> list[str]:
        return [status.getPath().getName() for status in self.statuses(folder)]

    def matching(self, pattern: str) -> list[str]:
        path, system = self._at(pattern)
        return [status.getPath().toString() for status in system.globStatus(path) or ()]

    def put(self, file: Path, path: str) -> None:
        there, system = self._at(path)
        system.copyFromLocalFile(False, True, self._hadoop.Path(file.as_uri()), there)

    def get(self, path: str, file: Path) -> None:
        there, system = self._at(path)
        system.copyToLocalFile(False, there, self._hadoop.Path(file.as_uri()), True)

    def statuses(self, folder: str) -> list[Any]:
        """What Hadoop says of each thing that lies in a folder, in name order; nothing of one that is not there."""
        path, system = self._at(folder)
        found = system.listStatus(path) if system.exists(path) else ()
        return sorted(found, key=lambda status: status.getPath().getName())

    def status(self, path: str) -> Any:
        """What Hadoop says of a file. Raises FileNotFoundError."""
        there, system = self._at(path)
        if not system.exists(there):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return system.getFileStatus(there)

    def move(self, path: str, target: str) -> None:
        """Give a folder another name; what had that name is gone."""
        self.remove(target)
        there, system = self._at(path)
        wanted, _ = self._at(target)
        system.mkdirs(wanted.getParent())
        if not system.rename(there, wanted):
            raise OSError(f"{path} cannot be moved to {target}")

    def remove(self, path: str) -> None:
        there, system = self._at(path)
        system.delete(there, True)

    def _at(self, path: str) -> tuple[Any, Any]:
        there = self._hadoop.Path(path)
        return there, there.getFileSystem(self._configuration)
