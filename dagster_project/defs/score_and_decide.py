"""dbt as Dagster shows it: every rule file, model and test, and the snapshot that a build ends in."""

import json
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.asset_utils import default_description_fn

from dagster_project.counting import counted
from dagster_project.defs.check_words import say_checks
from dagster_project.defs.columns import SCHEMA, asset_of, columns_of_rules
from dagster_project.defs.erased_rows import tell_returned
from dagster_project.defs.mart_tables import MartTables
from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.defs.rules_behind import told_by_rules, triggers_told
from dagster_project.defs.step import running_step
from dagster_project.engines.building import built_by, forget_own_models
from dagster_project.engines.carrying import require_all_here, types_in
from dagster_project.engines.opening import opened_engine
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.returning import drop_returned
from dagster_project.privacy.suppression import read_suppressed
from dagster_project.publish.history import keep_history, restore_history
from dagster_project.publish.parts import forget_parts_before
from dagster_project.publish.snapshot import PUBLISHED_SCHEMAS, publish
from dagster_project.resources.clock import Clock
from dagster_project.resources.column_lineage import is_known, remember_lineage
from dagster_project.resources.dbt import Dbt, dbt_project, prepared_manifest
from dagster_project.resources.state import State
from dagster_project.resources.warehouse import Warehouse
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings
from dagster_project.state.rule_versions import record_rules

ACTIONS_KEY = ["decide", "actions"]
# What the meta of a model answers, and how it is asked.
ASKED = {"good_for": "Good for", "when_wrong": "When it looks wrong"}
EVERY_COLUMN = "select table_schema, table_name, column_name from information_schema.columns"
MADE_AS = {"seed": "csv", "view": "view"}


class Translator(DagsterDbtTranslator):
    """Keys are schema and table, as in a query; sources are the assets of the ingest step.

    What rule files come to stands in plain English before what dbt says of them; with the actions, what triggers them.
    Of a mart it says what it is good for, and what to do when it looks wrong.
    """

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        said = [default_description_fn(dbt_resource_props, display_raw_sql=False)]
        words = dbt_resource_props["config"].get("meta", {})
        said += [f"**{title}**: {words[name]}" for name, title in ASKED.items() if name in words]
        if dbt_resource_props["resource_type"] == "seed":
            name = dbt_resource_props["name"]
            said.append(
                f"**To change it**: edit {name}.csv in the folder of rules; `make rules` checks it and says it."
            )
        return "\n\n".join(said)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        if properties["resource_type"] == "source":
            return spec.replace_attributes(key=asset_of("raw", properties["name"]))
        key = dg.AssetKey([properties["schema"], properties["name"]])
        told = told_by_rules(read_settings().rules_dir).get(key.to_user_string())
        description = spec.description if told is None else f"{told}\n\n{spec.description}"
        made_as = MADE_AS.get(properties["config"]["materialized"], "table")
        spec = spec.replace_attributes(key=key, description=description, kinds={*spec.kinds, made_as})
        if types := properties["config"].get("column_types"):
            spec = spec.merge_attributes(metadata={SCHEMA: columns_of_rules(types)})
        if code := properties.get("raw_code"):
            spec = spec.merge_attributes(metadata={"sql": dg.MetadataValue.md(f"```sql\n{code}\n```")})
        if key.path == ACTIONS_KEY:
            told_whole = dg.MetadataValue.md(triggers_told(read_settings().rules_dir))
            return spec.merge_attributes(metadata={"what_triggers_what": told_whole})
        return spec


MANIFEST = json.loads(prepared_manifest().read_text(encoding="utf-8"))
say_checks(MANIFEST)
TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
TYPES = types_in(MANIFEST)
TABLES = MartTables({name: f"{node['schema']}.{node['name']}" for name, node in MANIFEST["nodes"].items()})


@dbt_assets(manifest=MANIFEST, project=dbt_project, dagster_dbt_translator=TRANSLATOR, pool=WAREHOUSE_POOL)
def scored_and_decided(
    context: dg.AssetExecutionContext, dbt: Dbt, warehouse: Warehouse, state: State, clock: Clock
) -> Iterator[Any]:
    """Every rule file, model and test of the dbt project, for the clock of the run."""
    with running_step(context, "score_and_decide", state, clock) as step:
        settings = read_settings()
        rules_dir = settings.rules_dir
        read_rules(rules_dir)
        record_rules(state.engine(), rules_dir, step.as_of, datetime.now(UTC))
        with warehouse.writing() as connection:
            create_raw_tables(connection)
            if settings.target == "duckdb":
                require_all_here(connection)
            else:
                forget_own_models(connection)
            restored = restore_history(connection, state.folder())
            returned = drop_returned(connection, read_suppressed(state.engine()))
        tell_returned(context, returned)
        if restored and settings.target == "duckdb":
            context.log.info(f"The warehouse is new: {counted(restored, 'change')} of scores taken from the state.")
        variables = {"as_of": step.as_of.isoformat()}
        with opened_engine(settings) as engine:
            building = (
                nullcontext(TABLES.look)
                if engine is None
                else built_by(engine, warehouse.writing, TABLES.look, TABLES.names, TYPES)
            )
            with building as look:
                yield from dbt.build(context, MANIFEST, TRANSLATOR, variables, look, engine)
        if engine is None and not (context.is_subset or is_known()):
            with warehouse.reading() as connection:
                columns = connection.execute(EVERY_COLUMN).fetchall()
            remember_lineage(MANIFEST, read_settings().data_dir / "dbt_target", columns)


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
