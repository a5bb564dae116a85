"""Publish a build in a process of its own that kills itself at a moment of its work, with kill -9.

python publish_and_die.py <published folder> <number of the build> <moment>

Moments: `copy` (some tables are written), `manifest` (half of it is), `unfinished` (all is written, nothing visible),
`visible` (the snapshot is, and is not current), `link` (the new link lies beside the old one), `prune` (a snapshot that
is too old is being taken apart).
"""

import os
import pathlib
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from publish_numbered import warehouse_of_build

from dagster_project.publish import snapshot


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DiesCopying:
    """A connection to the warehouse, until its third copy."""

    def __init__(self, connection) -> None:
        self.connection, self.copies = connection, 0

    def sql(self, query: str):
        return self.connection.sql(query)

    def execute(self, query: str):
        self.copies += query.startswith("copy")
        return die() if self.copies == 3 else self.connection.execute(query)


def before(method: str) -> None:
    setattr(pathlib.Path, method, die)


def after(act: Callable) -> Callable:
    def act_and_die(*arguments: object, **options: object) -> None:
        act(*arguments, **options)
        die()

    return act_and_die


def write_half_and_die(file: Path, text: str, **_: object) -> None:
    with file.open("w") as opened:
        opened.write(text[: len(text) // 2])
    die()


def remove_half_and_die(folder: Path, **_: object) -> None:
    for file in sorted(folder.iterdir())[:3]:
        file.unlink()
    die()


def main(published: str, number: str, moment: str) -> None:
    match moment:
        case "manifest":
            pathlib.Path.write_text = write_half_and_die
        case "unfinished":
            before("rename")
        case "visible":
            before("symlink_to")
        case "link":
            pathlib.Path.symlink_to = after(pathlib.Path.symlink_to)
        case "prune":
            shutil.rmtree = remove_half_and_die
    with warehouse_of_build(int(number)) as connection:
        snapshot.publish(DiesCopying(connection) if moment == "copy" else connection, Path(published))


if __name__ == "__main__":
    main(*sys.argv[1:])
