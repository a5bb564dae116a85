"""Files that are written anew beside the old ones, and take their places by one rename."""

from pathlib import Path

UNFINISHED = ".erasing.tmp"


def new_file(path: Path) -> Path:
    """Where the new file is written; no load and no build takes it for one of theirs."""
    return path.with_name(f".{path.name}{UNFINISHED}")


def put(path: Path) -> None:
    """Put the new file in the place of the old one."""
    new_file(path).replace(path)
