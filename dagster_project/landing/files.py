"""Which files lie in the landing folder, and what their names say they hold."""

import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from dagster_project.landing.sources import SOURCES, kinds_of

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
}
# Writers put a file here under such a name first and rename it when it is whole.
UNFINISHED_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload")


@dataclass(frozen=True)
class LandingFile:
    """A file whose name can be read: `events_2026-11.jsonl.gz` holds events as JSON lines."""

    source: str
    kind: str
    format: Format
    path: Path

    @property
    def name(self) -> str:
        return f"{self.source}/{self.path.name}"


@dataclass(frozen=True)
class Listing:
    """The files of one source in name order, and what else lies there with the reason why it is of no use."""

    files: list[LandingFile]
    unusable: list[tuple[str, str]]


def list_landing(landing_dir: Path, source: str) -> Listing:
    """What lies in `<landing_dir>/<source>/`; a folder that is missing holds nothing."""
    return listing_of(source, [(path, _what_else(path)) for path in _entries(landing_dir / source)])


def _what_else(path: Path) -> str | None:
    if path.is_file():
        return None
    return "a folder" if path.is_dir() else "a link to nothing" if path.is_symlink() else "no regular file"


def listing_of(source: str, entries: Iterable[tuple[Path, str | None]]) -> Listing:
    """The listing of a folder of a source; `entries` are in name order, each with what it is if it is no file."""
    kinds = kinds_of(source)
    files: list[LandingFile] = []
    unusable: list[tuple[str, str]] = []
    for path, what_else in entries:
        kind = next((kind for kind in kinds if path.name.startswith(kind)), None)
        file_format = format_of(path.name)
        if what_else is not None:
            unusable.append((f"{source}/{path.name}", f"it is {what_else}; only files are loaded"))
        elif kind is None or file_format is None:
            allowed = f"{'|'.join(kinds)}*.{'|'.join(suffix.removeprefix('.') for suffix in FORMATS)}"
            unusable.append((f"{source}/{path.name}", f"its name does not say what it holds; allowed: {allowed}"))
        else:
            files.append(LandingFile(source, kind, file_format, path))
    return Listing(files, unusable)


def format_of(name: str) -> Format | None:
    """What the end of a file's name says; None where it says nothing."""
    return next((FORMATS[suffix] for suffix in FORMATS if name.endswith(suffix)), None)


def open_bytes(path: Path) -> BinaryIO:
    """What the file holds, unpacked if its name says that it is packed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def list_strays(landing_dir: Path) -> list[tuple[str, str]]:
    """What lies in the landing folder itself and in no source's folder, with the reason why nobody loads it."""
    folders = ", ".join(f"{source}/" for source in SOURCES)
    strays = []
    for path in _entries(landing_dir):
        if path.name not in SOURCES:
            what = "is the folder of no source" if path.is_dir() else "lies in no source's folder"
            strays.append((path.name, f"it {what}; allowed: {folders}"))
        elif not path.is_dir():
            strays.append((path.name, "it is a file; a source is a folder with files in it"))
    return strays


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, in name order, but for what is hidden or not whole yet."""
    return sorted(path for path in folder.iterdir() if is_for_us(path.name)) if folder.is_dir() else []


def is_for_us(name: str) -> bool:
    """Neither hidden nor not whole yet."""
    return not name.startswith(".") and not name.endswith(UNFINISHED_SUFFIXES)


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sighting_of(file: LandingFile) -> tuple[str, str, int, int]:
    """What a file looks like from outside: source, name, bytes, and nanoseconds of its last change."""
    status = file.path.stat()
    return file.source, file.path.name, status.st_size, status.st_mtime_ns


def lying_in(landing_dir: Path, sources: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Each file with its bytes and the nanoseconds of its last change; never reads contents."""
    lying = {}
    for source in sources:
        for file in list_landing(landing_dir, source).files:
            # One may be taken away since it was listed.
            with suppress(FileNotFoundError):
                lying[file.name] = sighting_of(file)[2:]
    return lying


def fingerprint(files: Mapping[str, Sequence[int]]) -> str:
    """Changes when one of the files of `lying_in` is added, replaced, renamed or taken away."""
    digest = hashlib.sha256()
    for name, (size_bytes, modified_ns) in files.items():
        digest.update(f"{name}\0{size_bytes}\0{modified_ns}\n".encode())
    return digest.hexdigest()
