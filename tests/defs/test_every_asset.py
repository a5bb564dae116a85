"""Every asset can be materialized by itself, and says in the UI what it is, whose it is and what it is made with."""

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.defs.steps import GROUPS
from tests.defs.conftest import SampleRuns
from tests.whole_run import SAMPLE_AS_OF, dagster_command, reasons

SPECS = sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key.to_user_string())
OWN_ASSETS = [spec.key.to_user_string() for spec in SPECS if "dbt" not in spec.kinds]
DBT_ASSETS = ["rules/score_bands", "staging/stg_product__events", "score/contact_scores", "decide/actions"]


def test_the_groups_are_the_steps_of_the_job_and_stand_in_its_order():
    assert {spec.group_name for spec in SPECS} == set(GROUPS.values())
    assert sorted(GROUPS.values()) == list(GROUPS.values())
    assert [group.partition("_")[2] for group in GROUPS.values()] == list(GROUPS)


@pytest.mark.parametrize("spec", SPECS, ids=[spec.key.to_user_string() for spec in SPECS])
def test_every_asset_has_a_description_an_owner_and_kinds(spec: dg.AssetSpec):
    assert spec.description
    assert len(spec.description) > 20
    assert spec.owners
    assert spec.kinds


def test_the_asset_graph_runs_from_ingest_to_report_in_the_order_of_the_steps():
    graph = defs.resolve_asset_graph()
    rank = {group: position for position, group in enumerate(GROUPS.values())}
    for spec in SPECS:
        for parent in graph.get(spec.key).parent_keys:
            parent_group = graph.get(parent).group_name
            assert rank[parent_group] <= rank[spec.group_name], (parent, spec.key)


def test_the_account_of_a_run_waits_for_every_step_that_writes():
    graph = defs.resolve_asset_graph()
    before = graph.get_ancestor_asset_keys(dg.AssetKey(["report", "run_account"]))
    assert {spec.key for spec in SPECS if spec.group_name in (GROUPS["sync"], GROUPS["act"])} <= before


@pytest.mark.parametrize("key", [*OWN_ASSETS, *DBT_ASSETS])
def test_every_asset_can_be_materialized_alone(sample: SampleRuns, key: str):
    assert reasons(sample.pipeline.materialize(key, as_of=SAMPLE_AS_OF)) == {}


def test_the_dagster_command_line_materializes_an_asset(sample: SampleRuns, tmp_path: Path):
    told = dagster_command(tmp_path, "asset", "materialize", "--select", "diff/crm_contacts_changed")
    assert "RUN_SUCCESS" in told
