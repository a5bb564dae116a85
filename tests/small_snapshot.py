"""Published marts of a handful of rows, with the columns that the models' contracts name."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb
import yaml

from dagster_project.publish.snapshot import Snapshot, publish
from dagster_project.settings import DBT_PROJECT_DIR

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


@cache
def contracts() -> dict[str, dict[str, str]]:
    """Table → column → type, as the models promise it."""
    found = {}
    for folder in ("score", "decide", "report"):
        for file in sorted((DBT_PROJECT_DIR / "models" / "marts" / folder).glob("_*.yml")):
            for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", []):
                found[f"{folder}.{model['name']}"] = {item["name"]: item["data_type"] for item in model["columns"]}
    return found


@cache
def rule_tables() -> dict[str, dict[str, str]]:
    """Rule file → column → type, as dbt reads them."""
    text = (DBT_PROJECT_DIR / "models" / "rules" / "_rules__seeds.yml").read_text(encoding="utf-8")
    return {seed["name"]: seed["config"]["column_types"] for seed in yaml.safe_load(text)["seeds"]}


def publish_small(
    published_dir: Path, as_of: datetime = AS_OF, rules_dir: Path | None = None, **rows: list[dict]
) -> Snapshot:
    """Publish marts with these rows and make them current; what a row does not name is null.

    Args:
        rules_dir: The rule files that are published with the marts; none by default.
        rows: By table, with two underscores for the point: `score__contact_scores=[{...}]`.
    """
    given = {name.replace("__", ".", 1): table_rows for name, table_rows in rows.items()}
    given["decide.build_info"] = [{"as_of": as_of.replace(tzinfo=None)}]
    assert set(given) <= set(contracts()), f"no such mart: {sorted(set(given) - set(contracts()))}"
    with duckdb.connect() as connection:
        for table in contracts():
            _create(connection, table, given.get(table, []))
        for name, columns in rule_tables().items() if rules_dir else ():
            connection.execute("create schema if not exists rules")
            connection.execute(
                f"create table rules.{name} as select * from read_csv($file, header = true, columns = $columns)",
                {"file": str(rules_dir / f"{name}.csv"), "columns": columns},
            )
        return publish(connection, published_dir)


def write_mart(folder: Path, table: str, *rows: dict) -> Path:
    """Write one mart alone, as a snapshot would hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}.parquet"
    with duckdb.connect() as connection:
        _create(connection, table, list(rows))
        connection.sql(f"from {table}").write_parquet(str(path))
    return path


def _create(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict]) -> None:
    columns = ", ".join(f"{name} {data_type}" for name, data_type in contracts()[table].items())
    connection.execute(f"create schema if not exists {table.partition('.')[0]}")
    connection.execute(f"create table {table} ({columns})")
    for row in rows:
        places = ", ".join("?" for _ in row)
        connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values()))


def person(user_id: str, **columns: object) -> dict:
    """A row of score.contact_scores: somebody of whom little is known, unless `columns` say more."""
    scores = {"pql_score": 0, "fit_score": 0, "combined_score": 0, "band": "nurture"}
    counts = {"company_active_users_30d": 0}
    return {"user_id": user_id, "activation_status": "not_activated", **scores, **counts, **columns}


def company(company_id: str, **columns: object) -> dict:
    """A row of score.company_scores."""
    return {"company_id": company_id, "matched_by": "absent", "active_users_30d": 0, "user_count": 0, **columns}


def desired_contact(user_id: str, hubspot_id: str | None, **columns: object) -> dict:
    """A row of decide.crm_contacts_desired that a sync may write."""
    return {
        "record_key": user_id,
        "hubspot_id": hubspot_id,
        "matched_by": "email" if hubspot_id else "absent",
        "contact_email": f"{user_id}@brightloom.io",
        **columns,
    }


def occurrence(number: int, **columns: object) -> dict:
    """A row of decide.crm_occurrences: somebody hit a paywall an hour before the clock."""
    return {
        "occurrence_id": f"00000000-0000-3000-8000-{number:012d}",
        "event_name": "paywall_hit",
        "occurred_at": datetime(2026, 11, 20, 8),
        "record_key": f"u{number}",
        "hubspot_id": f"10{number}",
        "matched_by": "email",
        "properties": "{}",
        **columns,
    }
