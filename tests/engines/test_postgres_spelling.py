"""Macros that Postgres spells in its own way, beside DuckDB: the same texts come to the same values."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from dagster_project.resources.dbt import hand_settings_to_dbt
from dagster_project.settings import DBT_PROJECT_DIR

# Of a relation with one column, `given`, and what each macro makes of it.
MACROS = {
    "number": "{{ number_or_null('given') }}",
    "measure": "{{ measure_or_null('given') }}",
    "whole": "{{ whole_or_null('given') }}",
    "instant": "{{ instant_or_null('given') }}",
    "address": "{{ normalised_email('given') }}",
    "country": "{{ json_path_text('given', 'address.country') }}",
    "first id": "{{ json_path_text('given', 'ids[0]') }}",
    "name": "{{ json_text('given', \"'name'\") }}",
    "in address": "{{ json_text(json_object_at('given', \"'address'\"), \"'country'\") }}",
    "as json": "{{ json_string('given') }}",
    "words": "{{ words('given') }}",
    "phrases": "{{ phrases('given') }}",
    "composed": "{{ composed('given') }}",
    "letter": "{{ matches('given', \"'^a[\\\\p{L}\\\\p{M}_-]b[^\\\\s]*\\\\p{L}$'\") }}",
    "microseconds": "{{ microseconds_of('cast(given as timestamp)') }}",
    "and back": "{{ instant_of(microseconds_of('cast(given as timestamp)')) }}",
    "elapsed": "{{ elapsed_microseconds(\"cast('2026-03-29 02:30:00' as timestamp)\", 'cast(given as timestamp)') }}",
    "thirds": "{{ whole_times('cast(given as decimal(30, 4))', 'cast(0.0003 as decimal(30, 4))') }}",
    "plain": "{{ plain_number('cast(given as decimal(20, 4))') }}",
    "pieces": "{{ sorted_texts('given', '; ') }}",
}  # fmt: skip
BETWEEN = "~~~"


class Spelled:
    """What DuckDB and Postgres make of texts."""

    def __init__(self, written: dict[str, dict[str, str]], postgres) -> None:
        self.written, self.postgres = written, postgres

    def both(self, name: str, texts: list[str]) -> tuple[list, list]:
        with duckdb.connect() as connection, self.postgres.cursor() as cursor:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                "create table texts as select unnest($1) as given, unnest(range($2)) as place", [texts, len(texts)]
            )
            expected = connection.execute(self._query("duckdb", name)).fetchall()
            cursor.execute("create temp table texts (given text, place bigint) on commit drop")
            cursor.execute("insert into texts select * from unnest(%s, %s)", [texts, list(range(len(texts)))])
            cursor.execute(self._query("postgres", name))
            found = cursor.fetchall()
            self.postgres.rollback()
        return expected, found

    def differences(self, name: str, texts: list[str]) -> list[tuple]:
        """Text, what DuckDB makes of it, and what Postgres does."""
        expected, found = self.both(name, texts)
        assert len(expected) == len(found)
        return [(*one, *other[1:]) for one, other in zip(expected, found, strict=True) if one != other]

    def _query(self, engine: str, name: str) -> str:
        value = self.written[engine][name]
        return f"select {value} from texts" if name == "pieces" else f"select given, {value} from texts order by place"


@pytest.fixture(scope="module")
def spelled(databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spelled]:
    import psycopg2

    folder = tmp_path_factory.mktemp("spelled")
    database = databases.new()
    written = {}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**database, "PQL_DATA_DIR": str(folder)}.items():
            environment.setenv(name, value)
        for target in ("duckdb", "postgres"):
            environment.setenv("PQL_TARGET", target)
            written[target] = dict(
                zip(MACROS, _compiled(BETWEEN.join(MACROS.values()), folder).split(BETWEEN), strict=True)
            )
    named = {name.removeprefix("PQL_POSTGRES_").lower(): value for name, value in database.items()}
    with closing(psycopg2.connect(**named)) as connection:
        yield Spelled(written, connection)


def _compiled(text: str, folder: Path) -> str:
    from dbt.cli.main import dbtRunner

    hand_settings_to_dbt()
    places = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
    places += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    done = dbtRunner().invoke(
        ["--quiet", "compile", "--inline", text, "--no-introspect", "--no-populate-cache", *places]
    )
    assert done.success, done.exception
    return done.result.results[0].node.compiled_code


NUMBERS = [
    "1", "+1", "-1", "1.", ".5", "1e3", "1E-2", "1_000", "1__0", "_1", "1_", "1.23456", "1.00005", "-1.00005", "1e34",
    "1e33", "nan", "inf", "1e400", "1e-400", "1,000", "--1", "\u0661", "1.5e", "1e+2", "0.5", "1.5", "2.5", "-0.5",
    "true", "{}", ".", "e5", "+", "-", "1-1", "", " ", " 7\t", "9" * 34, "9" * 34 + ".99995", "9" * 18 + ".9999",
    "1" + "0" * 18, "9223372036854775807", "9223372036854775808", "9223372036854775807.4",
    "-9223372036854775808", "-9223372036854775809",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["number", "measure", "whole"])
def test_texts_become_the_same_numbers(kind: str, spelled: Spelled):
    assert spelled.differences(kind, NUMBERS) == []


DAYS = [
    "2026-01-02", "2026-02-28", "2026-02-29", "2024-02-29", "2000-02-29", "1900-02-29", "2026-04-31", "2026-12-31",
    "2026-13-02", "2026-1-2", "20260102", "yesterday", "", "1767323045", "1767323045000", "999999999", "99999999",
    "176732304500", "17673230450000",
]  # fmt: skip
TIMES = [
    "T", "T03", "T03:04", "T3:4", " 03:04:05", " 03:04:05.1234567", " 03:04:05.9999999", "T24:00:00", "T24:00:01",
    "T23:59:60", "T25:00", "T030405", "T03:04:05,5", "T03:04:05.",
]  # fmt: skip
ZONES = ["Z", "z", "+02", "+02:30", "+0230", " +02:30", " UTC", " GMT", " Z", "-02:30:15", "+2", "-00:01", "+15:59"]


def test_texts_become_the_same_instants(spelled: Spelled):
    texts = [*DAYS, *(DAYS[0] + time for time in TIMES), *(f"2026-01-02T03:04:05.5{zone}" for zone in ZONES)]
    assert spelled.differences("instant", texts) == []


def test_addresses_are_told_from_other_texts_alike(spelled: Spelled):
    addresses = [
        "ana@a.example", "Ana@A.Example", "ana@b\u00fccher.example", "ana@b%C3", "ana@a", "ana@a.b", "ana@-a.co",
        "ana@a-.co-", "a b@c.example", "a\u2003b@c.example", "a@b@c.example", "e\u0301@a.example", "(ana)@a.example",
        "ana@a..example", "ana@a.ex\u0663mple", "ana@[a].example", "ana@a.example]", "\u0130@a.example",
        "\u00a0ana@a.example\u2003", " ana@a.example ", "",
    ]  # fmt: skip
    assert spelled.differences("address", addresses) == []


@pytest.mark.parametrize("place", ["country", "first id", "name", "in address"])
def test_values_of_json_are_found_alike(place: str, spelled: Spelled):
    objects = [
        {"name": "a", "address": {"country": "DE"}, "ids": [1, "b"]},
        {"name": None, "address": "none", "ids": []},
        {"name": {"a": [1, 2.5]}, "ids": [None], "address": {}},
        {"name": 'q"uo\\te\u00e9\n', "ids": {"0": "x"}},
        [{"name": "a"}],
        "name",
        {},
    ]
    texts = [json.dumps(value, separators=(",", ":"), ensure_ascii=False) for value in objects]
    assert spelled.differences(place, texts) == []


def test_texts_are_written_as_json_alike(spelled: Spelled):
    texts = ['a"b\\c/d', "\u00e9\U0001f600", "line\nend\r\ttab", "\x01\x11\x7f", ""]
    assert spelled.differences("as json", texts) == []
    # One writes \u001F for it and the other \u001f.
    expected, found = spelled.both("as json", ["\x1f"])
    assert json.loads(found[0][1]) == json.loads(expected[0][1]) == "\x1f"


# Every letter, mark and number that there is, and whatever else lies between them.
CHARACTERS = [chr(point) for point in [*range(1, 0xD800), *range(0xE000, 0x323B0), *range(0xE0000, 0xE01F0)]]


@pytest.mark.parametrize("made", ["words", "phrases", "composed", "letter"])
def test_characters_of_every_language_are_taken_alike(made: str, spelled: Spelled):
    assert spelled.differences(made, [f"a{character}b{character}" for character in CHARACTERS]) == []


@pytest.mark.parametrize("made", ["microseconds", "and back", "elapsed"])
def test_instants_are_exact_to_the_microsecond(made: str, spelled: Spelled):
    moments = [
        "0001-01-01 00:00:00",
        "1969-12-31 23:59:59.999999",
        "2026-03-29 02:30:00.000001",
        "2250-12-31 23:59:59.999999",
    ]
    assert spelled.differences(made, moments) == []


@pytest.mark.parametrize("made", ["thirds", "plain"])
def test_exact_numbers_are_cut_and_written_alike(made: str, spelled: Spelled):
    assert spelled.differences(made, ["7", "-7", "0.0003", "0.0001", "-0.5", "0", "12345678901234.5678", "100"]) == []


def test_texts_are_sorted_by_their_bytes_in_both(spelled: Spelled):
    expected, found = spelled.both("pieces", ["b", "B", "a b", "aa", "\u00e9", "z", "_", "\U0001f600", "\uff5e"])
    assert found == expected
