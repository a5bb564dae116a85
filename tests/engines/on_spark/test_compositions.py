"""Which letters and marks Spark joins: those that Unicode's form NFC joins."""

import re
import unicodedata

from dagster_project.settings import DBT_PROJECT_DIR

FILE = DBT_PROJECT_DIR / "macros" / "engines" / "compositions.sql"


def test_every_letter_with_its_mark_is_joined_as_unicode_does():
    listed = re.findall(r"([0-9A-F]+)\+([0-9A-F]+)=([0-9A-F]+)", FILE.read_text(encoding="utf-8"))
    told = {chr(int(letter, 16)) + chr(int(mark, 16)): chr(int(both, 16)) for letter, mark, both in listed}
    assert len(told) == len(listed)
    assert told == {apart: both for both in map(chr, range(0x10000)) if (apart := joined_from(both))}


def joined_from(both: str) -> str | None:
    """The two characters that NFC joins to this one; None for Hangul and for whatever is not joined of two."""
    if unicodedata.name(both, "").startswith("HANGUL"):
        return None
    said = unicodedata.decomposition(both).split()
    apart = "".join(chr(int(point, 16)) for point in said) if len(said) == 2 and "<" not in said[0] else None
    return apart if apart and unicodedata.normalize("NFC", apart) == both else None
