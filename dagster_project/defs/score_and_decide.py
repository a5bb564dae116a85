"""dbt as Dagster shows it: every rule file, model and test, and the snapshot that a build ends in."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.counting import counted
from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.defs.step import running_step
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.returning import drop_returned
from dagster_project.privacy.suppression import read_suppressed
from dagster_project.privacy.warehouse_rows import write_anew
from dagster_project.publish.history import keep_history, restore_history
from dagster_project.publish.parts import forget_parts_before
from dagster_project.publish.snapshot import PUBLISHED_SCHEMAS, publish
from dagster_project.resources.clock import Clock
from dagster_project.resources.dbt import Dbt, dbt_project, prepared_manifest
from dagster_project.resources.state import State
from dagster_project.resources.warehouse import Warehouse
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import chapter_of, sql_definition_in_english
from dagster_project.rules.reading import RulesInvalid
from dagster_project.rules.schema import RULE_FILES
from dagster_project.rules.trigger_document import trigger_document
from dagster_project.settings import read_settings
from dagster_project.state.rule_versions import record_rules

# What a dbt source table is called here, by the beginning of its name: several tables that one step fills together are
# one asset, and every landing asset writes into landing_files what it took.
SOURCE_ASSETS = {"hubspot": "hubspot", "pipeline": "pipeline_memory", "landing": "product_events"}


ACTIONS_KEY = ["decide", "actions"]
RULES_UNSOUND = "The rules have mistakes; `make rules` names them."


@cache
def told_by_rules(rules_dir: Path) -> Mapping[str, str]:
    """What the rules of this folder say of the assets that are made of them, as Markdown; read once."""
    try:
        book = read_rules(rules_dir)
    except RulesInvalid:
        return {f"rules/{name}": RULES_UNSOUND for name in RULE_FILES} | {"decide/sales_qualifications": RULES_UNSOUND}
    files = {
        f"rules/{name}": "\n".join(f"- {sentence}" for sentence in chapter_of(name).sentences(book))
        for name in RULE_FILES
    }
    return files | {"decide/sales_qualifications": sql_definition_in_english(book)}


@cache
def triggers_told(rules_dir: Path) -> str:
    """What triggers what by the rules of this folder, as Markdown; read once."""
    try:
        return trigger_document(read_rules(rules_dir))
    except RulesInvalid:
        return RULES_UNSOUND


class Translator(DagsterDbtTranslator):
    """Keys are schema and table, as in a query; sources are the assets of the ingest step.

    What rule files come to stands in plain English before what dbt says of them; with the actions, what triggers them.
    """

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        if properties["resource_type"] == "source":
            name = SOURCE_ASSETS.get(properties["name"].split("_")[0], properties["name"])
            return spec.replace_attributes(key=dg.AssetKey(["raw", name]))
        key = dg.AssetKey([properties["schema"], properties["name"]])
        told = told_by_rules(read_settings().rules_dir).get(key.to_user_string())
        description = spec.description if told is None else f"{told}\n\n{spec.description}"
        spec = spec.replace_attributes(key=key, description=description)
        if key.path == ACTIONS_KEY:
            told_whole = dg.MetadataValue.md(triggers_told(read_settings().rules_dir))
            return spec.merge_attributes(metadata={"what_triggers_what": told_whole})
        return spec


MANIFEST = json.loads(prepared_manifest().read_text(encoding="utf-8"))
TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


@dbt_assets(manifest=MANIFEST, project=dbt_project, dagster_dbt_translator=TRANSLATOR, pool=WAREHOUSE_POOL)
def scored_and_decided(
    context: dg.AssetExecutionContext, dbt: Dbt, warehouse: Warehouse, state: State, clock: Clock
) -> Iterator[Any]:
    """Every rule file, model and test of the dbt project, for the clock of the run."""
    with running_step(context, "score_and_decide", state, clock) as step:
        rules_dir = read_settings().rules_dir
        read_rules(rules_dir)
        record_rules(state.engine(), rules_dir, step.as_of, datetime.now(UTC))
        with warehouse.writing() as connection:
            create_raw_tables(connection)
            restored = restore_history(connection, state.folder())
            returned = drop_returned(connection, read_suppressed(state.engine()))
        if returned:
            # Else what was deleted would stay in the free blocks of the file.
            write_anew(read_settings().warehouse_path)
            context.log.warning(f"Files brought rows of erased people, which are not used; delete them: {returned}")
        if restored:
            context.log.info(f"The warehouse is new: {counted(restored, 'change')} of scores taken from the state.")
        yield from dbt.build(context, MANIFEST, TRANSLATOR, {"as_of": step.as_of.isoformat()})


@dg.asset(
    key=["decide", "published_marts"],
    group_name="decide",
    deps=[key for key in scored_and_decided.keys if key.path[0] in PUBLISHED_SCHEMAS],
    kinds={"parquet"},
    owners=["team:data"],
    pool=WAREHOUSE_POOL,
)
def published_marts(
    context: dg.AssetExecutionContext, warehouse: Warehouse, state: State, clock: Clock
) -> dg.MaterializeResult:
    """The marts of one build as Parquet files in data/published/current; every later step reads them there."""
    with running_step(context, "publish", state, clock) as step:
        with warehouse.reading() as connection:
            snapshot = publish(connection, read_settings().published_dir)
        keep_history(snapshot, state.folder())
        forget_parts_before(read_settings().parts_dir, snapshot)
        step.summary = {"snapshot": snapshot.snapshot_id, "tables": len(snapshot.row_counts)}
    return dg.MaterializeResult(
        metadata={
            "as_of": dg.MetadataValue.timestamp(snapshot.as_of),
            "snapshot": dg.MetadataValue.path(str(snapshot.directory)),
            "rows_by_table": dg.MetadataValue.json(snapshot.row_counts),
        }
    )
