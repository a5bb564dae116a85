"""What the first bytes of a file say it is, against what its name says."""

import os
from pathlib import Path

from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.files import LandingFile, open_bytes

GZIP = b"\x1f\x8b"
# The other one is that of a file that is encrypted, which the database says in good words.
PARQUET = (b"PAR1", b"PARE")
# What is no text, and what to do about it. A table may have a column PAR1, but no text goes on like a Parquet file.
NO_TEXT = {
    GZIP: ("a gzip archive", "its name must end in .gz"),
    b"PAR1\x15": ("a Parquet file", "its name must end in .parquet"),
    b"PK\x03\x04": ("a zip archive or a spreadsheet", "export it as CSV"),
}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
CUT_OFF = "is cut off or damaged: was it uploaded whole?"


def require_beginning(file: LandingFile) -> None:
    """Raises `FileRefused` where the first bytes are not what the name says, or a Parquet file has no end.

    What it costs does not grow with the file. Empty text is text: what it lacks is said where it is read.
    """
    with file.path.open("rb") as stream:
        begins = stream.read(8)
    what = None
    if file.format == "parquet":
        what = _wrong_with_parquet(file.path, begins)
    elif file.path.suffix != ".gz":
        what = _wrong_with_text(begins, is_packed=False)
    elif not begins:
        what = "the file is empty: was it uploaded whole?"
    elif not begins.startswith(GZIP):
        what = "this is no gzip archive, though its name ends in .gz"
    else:
        with open_bytes(file.path) as stream:
            what = _wrong_with_text(stream.read(8), is_packed=True)
    if what is not None:
        raise FileRefused("file_unreadable", what)


def _wrong_with_parquet(path: Path, begins: bytes) -> str | None:
    if not begins:
        return "the file is empty: was it uploaded whole?"
    if not begins.startswith(PARQUET):
        return "this is no Parquet file, though its name ends in .parquet"
    with path.open("rb") as stream:
        stream.seek(-4, os.SEEK_END)
        return None if stream.read() in PARQUET else f"the Parquet file {CUT_OFF}"


def _wrong_with_text(begins: bytes, *, is_packed: bool) -> str | None:
    for sign, (what, remedy) in NO_TEXT.items():
        if begins.startswith(sign):
            return f"in the gzip archive is {what}: unpack it first" if is_packed else f"this is {what}: {remedy}"
    # Where the mark is missing, every other byte of Latin letters is null; bytes that are all null are something else.
    odd, even = begins[0:4:2], begins[1:4:2]
    is_unmarked = (odd == b"\0\0" and 0 not in even) or (even == b"\0\0" and 0 not in odd)
    if begins.startswith(UTF_16_MARKS) or (len(begins) >= 4 and is_unmarked):
        return "this is not UTF-8 text (it looks like UTF-16): save it as UTF-8"
    return None
