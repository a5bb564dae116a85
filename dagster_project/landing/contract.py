"""What a landing file must hold: the columns of each kind, and why a row cannot be used.

A contract is data: the readers bring every format to rows of text, and `loading` applies the rules below to
all of them alike. The contracts themselves are in `sources`, one module a source.
"""

from dataclasses import dataclass, field
from typing import Literal

# A `word` is a text that is no JSON object or array and has no null character: an id, the name of an event.
Type = Literal["text", "word", "instant", "milliseconds", "json", "whole", "number"]


@dataclass(frozen=True)
class Column:
    """A value of a row, and the raw column it goes to.

    Args:
        name: What the value is called in reason codes: `user_id_missing`, `user_id_unreadable`.
        required: It must be filled in every row, and its column must be in a file that has a header.
        raw_name: The raw column, where it is not called `name`.
        names: Where files have it, the first that is filled; `name` by default. With dots: within a JSON object.
        required_when: SQL over raw columns: the rows in which it must be filled.
        one_of: The values allowed, in lower case; the reason code of others is `<name>_unknown`.
        always: The value in every row of files of this kind, whatever stands there.
        otherwise: SQL over `file_name` and columns that stand before this one: the value where a file has none.
        gathers_rest: A JSON object of everything in the file that no other column names.
        is_kept: Whether it goes to the raw table as it is; otherwise other columns are computed of it.
    """

    name: str
    type: Type = "text"
    required: bool = False
    raw_name: str | None = None
    names: tuple[str, ...] = ()
    required_when: str | None = None
    one_of: tuple[str, ...] = ()
    always: str | None = None
    otherwise: str | None = None
    gathers_rest: bool = False
    is_kept: bool = True

    @property
    def table_column(self) -> str:
        return self.raw_name or self.name

    @property
    def text_column(self) -> str:
        """What it is called while it is still text; no raw column ends like that."""
        return f"{self.name}_text"

    @property
    def places(self) -> tuple[str, ...]:
        return () if self.gathers_rest or self.always is not None else self.names or (self.name,)


@dataclass(frozen=True)
class RawTable:
    """A raw table that landing files fill.

    Args:
        noun: What one of its rows is called in the account of a run, and `nouns` two of them.
        step: The name of its step in the run log.
        create: SQL that makes the table where it is missing.
    """

    name: str
    noun: str
    nouns: str
    step: str
    description: str
    create: str

    @property
    def in_schema(self) -> str:
        return f"raw.{self.name}"


@dataclass(frozen=True)
class Contract:
    """One kind of landing file and the raw table it goes to.

    Args:
        computed: Raw columns that are SQL over other columns.
        rest_without: Names with these beginnings are bookkeeping and no part of the gathered rest.
        holds_calls: A JSON line may hold several rows: an array, or an envelope `{"batch": [...]}`.
    """

    source: str
    kind: str
    table: RawTable
    columns: tuple[Column, ...]
    computed: dict[str, str] = field(default_factory=dict)
    rest_without: tuple[str, ...] = ()
    holds_calls: bool = False

    @property
    def required(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.required)

    @property
    def gathers_rest(self) -> bool:
        return any(column.gathers_rest for column in self.columns)

    @property
    def named(self) -> tuple[str, ...]:
        """What its columns are called at the top of a file's rows, once each."""
        return tuple(dict.fromkeys(place.split(".")[0] for column in self.columns for place in column.places))

    @property
    def raw_columns(self) -> dict[str, str]:
        """The columns of the raw table, each with the SQL that it is."""
        return {column.table_column: column.table_column for column in self.columns if column.is_kept} | self.computed


@dataclass(frozen=True)
class Source:
    """A folder in the landing folder: its kinds of files, in the order in which a name is compared with them.

    Args:
        emails_seen: SQL queries of one column: texts in its raw tables that may be e-mail addresses.
        domains_seen: The same for texts that may be domains.
    """

    name: str
    contracts: tuple[Contract, ...]
    emails_seen: tuple[str, ...]
    domains_seen: tuple[str, ...]

    @property
    def tables(self) -> tuple[RawTable, ...]:
        return tuple({contract.table.name: contract.table for contract in self.contracts}.values())


def texts_at(table: RawTable, column: str, *paths: str) -> tuple[str, ...]:
    """SQL queries: the texts at paths of a JSON column, such as `$email` or `company.id`.

    `*` is any key, and `*[*]` any key with a list, each element of it.
    """
    found = (f"json_extract_string({column}, '{json_path(path)}')" for path in paths)
    # A path with any key in it leads to a list.
    texts = (f"unnest({text})" if "*" in path else text for path, text in zip(paths, found, strict=True))
    return tuple(f"select {text} from {table.in_schema}" for text in texts)


def json_path(place: str) -> str:
    """`properties.$user_id` → `$."properties"."$user_id"`."""
    return "$" + "".join(f".{name}" if name.startswith("*") else f'."{name}"' for name in place.split("."))
