"""A world in a warehouse, scored by the models, and what they answer."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.landing.countries import refresh_country_spellings
from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.dbt import hand_settings_to_dbt
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.rules.book import read_rules
from tests.models.dbt_in_process import manifest, run_models
from tests.oracle.oracle_rule_sets import write_rules
from tests.oracle.oracle_world import World, written

MODELS = ("+contact_scores", "+contact_score_reasons")
SCORES = (
    *("engagement_points", "negative_points", "pql_points", "fit_points"),
    *("pql_score", "fit_score", "combined_score", "band", "weight_profile", "is_icp_match"),
)
REASONS = (
    *("score_name", "kind", "rule_id", "points", "is_met", "found", "points_full", "decay_factor", "points_decayed"),
    *("last_met_at", "next_decay_at", "proof_event_id"),
)


def build_on_nothing(folder: Path, environment: pytest.MonkeyPatch) -> None:
    """A warehouse in which everything was built once, and the folder `rules` from which dbt takes the rule files."""
    environment.setenv("PQL_DATA_DIR", str(folder))
    hand_settings_to_dbt()
    # The project is read once. What it read of seeds is where they are, so each world may put its own there; they lie
    # in no project, and dbt writes what it ran beside what it read by the name of the file alone.
    for node in manifest(folder / "target").nodes.values():
        if node.resource_type == "seed":
            node.root_path = str(folder / "rules")
            node.original_file_path = f"{node.name}.csv"
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
        refresh_country_spellings(connection)


def answers(world: World, template: Path, folder: Path, environment: pytest.MonkeyPatch) -> dict[str, tuple]:
    """What the models say: by user id, the scores and the reasons, each as a dict of columns."""
    write_rules(world.rules, template / "rules")
    read_rules(template / "rules")
    shutil.copyfile(template / "warehouse.duckdb", folder / "warehouse.duckdb")
    _land(world, folder)
    run_models(folder, environment, written(world.as_of), MODELS, target=template / "target")
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        scores = _rows(connection, "contact_scores", ("user_id", *SCORES))
        reasons = _rows(connection, "contact_score_reasons", ("user_id", *REASONS))
    by_user: dict[str, tuple] = {row.pop("user_id"): (row, []) for row in scores}
    for row in reasons:
        by_user[row.pop("user_id")][1].append(row)
    return by_user


def _rows(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    rows = connection.sql(f"select {', '.join(columns)} from score.{table}").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _land(world: World, folder: Path) -> None:
    landing = folder / "landing"
    events = [
        {
            "event_id": event.event_id,
            "user_id": event.user_id,
            "event_type": event.event_type,
            "timestamp": written(event.occurred_at),
            "properties": event.properties,
        }
        for event in world.events
    ]
    for kind, rows in (("events", events), ("users", world.users), ("companies", world.companies)):
        path = landing / "product" / f"{kind}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(_line(row) for row in rows), encoding="utf-8")
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        report = load_source(connection, landing, "product")
        refresh_email_domains(connection)
    assert report.quarantined_count == 0, report.reasons


def _line(row: Mapping[str, Any]) -> str:
    known = {name: value for name, value in row.items() if value is not None}
    return json.dumps(known, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    raise TypeError(value)


def exact(value: Any) -> Any:
    """Numbers as fractions, so that 1 and 1.000 are the same and 0.1 and 0.1 are too."""
    if isinstance(value, bool) or value is None or isinstance(value, datetime):
        return value
    try:
        return Fraction(str(value))
    except ValueError:
        return value
