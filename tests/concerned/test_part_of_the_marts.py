"""Whom new rows concern get the very rows that a build of everybody gives them, and nobody else changes."""

import json
import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.concerned.building import KEPT, TABLES, built_part
from dagster_project.concerned.reach import SCOPE, reached
from dagster_project.concerned.statements import Statement, statements_for
from dagster_project.landing.domains import add_new_domains, refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.dbt import build_beside
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SAMPLE_DIR, SHIPPED_RULES_DIR
from tests.conftest import name_nobody
from tests.whole_run import SAMPLE_AS_OF

AS_OF = datetime.fromisoformat(SAMPLE_AS_OF)
# Whose turn it is hangs on everybody who waits for somebody: here nothing was ever handed off.
BY_TURN = {"owner_id", "owner_email", "owner_name", "owner_reason", "turn"}
Rows = dict[str, list[tuple]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sample, scored; dbt is where it would be in a run."""
    found = tmp_path_factory.mktemp("everybody")
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        environment.setenv("PQL_DATA_DIR", str(found))
        with open_warehouse(found / "warehouse.duckdb") as connection:
            create_raw_tables(connection)
            load_source(connection, SAMPLE_DIR / "landing", "product")
            refresh_email_domains(connection, {})
        build_beside(found, SHIPPED_RULES_DIR, AS_OF)
        shutil.copyfile(found / "warehouse.duckdb", found / "before.duckdb")
        yield found


@pytest.fixture(scope="module")
def statements(folder: Path) -> list[Statement]:
    return statements_for(TABLES, folder / "dbt_target")


def land_something(folder: Path, seed: int) -> None:
    """Three people do this and that, one of them for another company too; somebody new has a domain that is known."""
    shutil.copyfile(folder / "before.duckdb", folder / "warehouse.duckdb")
    chance = random.Random(seed)
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        people = connection.sql(
            "select user_id, contact_email, company_id from intermediate.int_users order by 1"
        ).fetchall()
        types = connection.sql("select distinct event_type from raw.product_events order by 1").fetchall()
        chosen = chance.sample(people, 3)
        emails = [email for _, email, _ in people if email]
        companies = [company_id for _, _, company_id in people if company_id]
        events = [{"user_id": user_id, "event_type": chance.choice(types)[0]} for user_id, *_ in chosen * 6]
        events.append({"user_id": chosen[0][0], "event_type": types[0][0], "company_id": chance.choice(companies)})
        newcomer = f"newcomer@{chance.choice(emails).partition('@')[2]}"
        events.append({"user_id": "u_newcomer", "event_type": types[0][0], "email": newcomer})
        events.append({"user_id": "u_stranger", "event_type": types[0][0], "email": "who@stranger.example"})
        lines = [
            {
                "event_id": f"new-{seed}-{number}",
                "timestamp": (AS_OF - timedelta(minutes=chance.randint(1, 3 * 24 * 60))).isoformat(),
                "properties": {"feature_name": "api", "page": "/pricing"},
            }
            | event
            for number, event in enumerate(events)
        ]
        landing = folder / f"landing-{seed}"
        (landing / "product").mkdir(parents=True)
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (landing / "product" / "events_new.jsonl").write_text(text, encoding="utf-8")
        load_source(connection, landing, "product")
        assert add_new_domains(connection, {}) == 1


def rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict]:
    found = connection.execute(f"select * from {table} order by all")
    names = [name for name, *_ in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def without_turns(rows: list[dict]) -> list[str]:
    return sorted(str({name: value for name, value in row.items() if name not in BY_TURN}) for row in rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_people_have_the_rows_that_a_build_of_everybody_gives_them(
    folder: Path, statements: list[Statement], seed: int
):
    land_something(folder, seed)
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        with built_part(connection, statements, 0, AS_OF) as part:
            found = {table: rows_of(connection, table) for table in KEPT}
            ids = {
                kind: {row[0] for row in connection.execute(reached(kind)).fetchall()} for kind in ("user", "company")
            }
        # Nothing of it is left, and nothing of the warehouse is another one.
        assert connection.sql("select current_database()").fetchall() == [("warehouse",)]
        with pytest.raises(duckdb.Error):
            connection.sql(f"from {SCOPE}.reached")
    assert 5 <= part.people < 100
    build_beside(folder, SHIPPED_RULES_DIR, AS_OF)
    with (
        duckdb.connect(folder / "warehouse.duckdb", read_only=True) as after,
        duckdb.connect(folder / "before.duckdb", read_only=True) as before,
    ):
        for table, key in KEPT.items():
            if key is None:
                continue
            column, kind = key
            whole = rows_of(after, table)
            assert without_turns(found[table]) == without_turns([row for row in whole if row[column] in ids[kind]])
            known = set(without_turns(rows_of(before, table)))
            changed = {row[column] for row in whole if without_turns([row])[0] not in known}
            assert changed <= ids[kind], table


def test_the_sql_of_the_models_is_kept_until_one_of_them_changes(
    folder: Path, statements: list[Statement], monkeypatch: pytest.MonkeyPatch
):
    def nobody(*_: object) -> None:
        raise AssertionError("dbt was started")

    monkeypatch.setattr("dagster_project.concerned.statements.compiled_for_nothing", nobody)
    assert statements_for(TABLES, folder / "dbt_target") == statements
    monkeypatch.setattr("dagster_project.concerned.statements.newest_source", lambda: 2**40)
    with pytest.raises(AssertionError, match="dbt was started"):
        statements_for(TABLES, folder / "dbt_target")


def test_each_statement_comes_after_what_it_reads(statements: list[Statement]):
    models = {item.table for item in statements}
    known: set[str] = set()
    for item in statements:
        assert set(item.reads) & models <= known
        known.add(item.table)
