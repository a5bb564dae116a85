"""One person, by every name that the pipeline knows them by, and where these names stand in text."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dagster_project.privacy.names import EMAIL, HUBSPOT, USER, Name

ERASED_TEXT = "[erased]"
# An id that is shorter, or a short number, is a word of its own in any text: it is looked for in columns of ids only.
SHORTEST_WORD, SHORTEST_NUMBER = 4, 8
# What stands before a name where it begins a word; in JSON a line break is a backslash and a letter.
BEFORE, AFTER = r"(?:(?<![\w.+@-])|(?<=\\[nrt]))", r"(?![\w@-]|\.\w)"


@dataclass(frozen=True)
class Person:
    """Args:
    emails: As people compare them and, where it differs, as they were written; all in small letters.
    actor_keys: The warehouse's own numbers for who did what as whom.
    full_names: First and last name, as messages say them.
    """

    user_ids: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    hubspot_ids: frozenset[str] = frozenset()
    actor_keys: frozenset[int] = frozenset()
    full_names: frozenset[str] = frozenset()

    @property
    def names(self) -> set[Name]:
        """By what a later copy of the person would be known again."""
        return (
            {(USER, value) for value in self.user_ids}
            | {(EMAIL, value) for value in self.emails}
            | {(HUBSPOT, value) for value in self.hubspot_ids}
        )

    def __or__(self, other: "Person") -> "Person":
        return Person(*(getattr(self, name) | getattr(other, name) for name in _FIELDS))

    def as_json(self) -> dict[str, list]:
        return {name: sorted(getattr(self, name)) for name in _FIELDS}

    @classmethod
    def from_json(cls, held: Mapping[str, Iterable]) -> "Person":
        return cls(**{name: frozenset(held.get(name, ())) for name in _FIELDS})

    @cached_property
    def words(self) -> list[str]:
        """What is looked for in text, longest first: addresses, full names, ids that are no ordinary words."""
        ids = {value for value in self.user_ids if _is_no_ordinary_word(value)}
        return sorted(self.emails | self.full_names | ids, key=lambda word: (-len(word), word))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        words = "|".join(re.escape(form) for form in _forms(self.words))
        return re.compile(f"{BEFORE}(?:{words}){AFTER}" if words else "(?!)", re.IGNORECASE)

    @cached_property
    def sql_pattern(self) -> str | None:
        """The same for DuckDB, which cannot look around: what stands before and after belongs to what is found."""
        words = "|".join(re.escape(form) for form in _forms(self.words))
        return rf"(?i)(^|[^\w.+@-]|\\[nrt])({words})($|[^\w@-])" if words else None

    def is_in(self, text: str) -> bool:
        return self.pattern.search(text) is not None

    def taken_out_of(self, text: str) -> str:
        return self.pattern.sub(ERASED_TEXT, text)

    def is_named(self, value: object) -> bool:
        """Whether a value is one of the words, or one of them is a value in what it holds."""
        if isinstance(value, Mapping):
            return any(self.is_named(part) for part in value.values())
        if isinstance(value, list):
            return any(self.is_named(part) for part in value)
        return isinstance(value, str | int) and not {str(value), str(value).strip().lower()}.isdisjoint(self.words)


_FIELDS = ("user_ids", "emails", "hubspot_ids", "actor_keys", "full_names")


def _forms(words: Iterable[str]) -> list[str]:
    """Each word, and as it stands in JSON."""
    return list(dict.fromkeys(form for word in words for form in (word, json.dumps(word)[1:-1])))


def _is_no_ordinary_word(value: str) -> bool:
    return len(value) >= (SHORTEST_NUMBER if value.isdigit() else SHORTEST_WORD)


@dataclass
class Erased:
    """How many rows, lines or mentions went from which place, and what could not be reached."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def add(self, store: str, place: str, count: int) -> None:
        if count:
            self.counts[store, place] = self.counts.get((store, place), 0) + count
