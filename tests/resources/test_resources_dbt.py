"""What a person is told when dbt could not build everything."""

import os
import re
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dbt.artifacts.schemas.results import NodeStatus

from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.dbt import _reasons, forget_older_parse
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import name_nobody
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons

HEADING = "dbt could not build everything; what depends on it was left as it was."


def result(
    name: str, message: str, *, status: NodeStatus = NodeStatus.Error, kind: str = "model", schema: str = "score"
) -> SimpleNamespace:
    """What dbt says of one node."""
    node = SimpleNamespace(name=name, schema=schema, resource_type=kind)
    return SimpleNamespace(node=node, status=status, message=message)


def told(*results: SimpleNamespace) -> str:
    return _reasons(SimpleNamespace(exception=None, result=SimpleNamespace(results=results)))


@pytest.fixture(scope="module")
def failed_build(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A real build, with rules of somebody's own: of a mart alone, and of a view on two rows that should be one."""
    # Imported before the environment names other rules: what Dagster shows is made of the shipped ones.
    import dagster_project.definitions  # noqa: F401

    folder = tmp_path_factory.mktemp("failed")
    rules = folder / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    (rules / "customers.csv").write_text("email\nnora@brightloom.example\n")
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(folder / "data", environment)
        environment.setenv("PQL_RULES_DIR", str(rules))
        with open_warehouse(pipeline.data_dir / "warehouse.duckdb") as connection:
            create_raw_tables(connection)
            for _ in range(2):
                connection.execute("insert into raw.pipeline_deliveries (action_id, state) values ('a-1', 'delivered')")
        run = pipeline.materialize(
            "score/contact_scores", "staging/stg_pipeline__deliveries", "rules/score_bands", as_of=SAMPLE_AS_OF
        )
    return SimpleNamespace(run=run, rules=rules, message=reasons(run)["scored_and_decided"])


def test_a_model_whose_tables_are_missing_names_them_and_says_what_to_build_first(failed_build: SimpleNamespace):
    assert failed_build.message.startswith(f"{HEADING}\n")
    assert 'Table with name "intermediate.int_' in failed_build.message
    assert "What contact_scores is made from must be built first: run `make run`, or" in failed_build.message


def test_the_command_in_the_message_builds_everything_from_the_events_on(failed_build: SimpleNamespace):
    from dagster_project.definitions import defs

    (command,) = re.findall("`(dagster asset materialize .+)`", failed_build.message)
    *words, selection, module_option, module = shlex.split(command)
    assert (words, module_option, module) == (
        ["dagster", "asset", "materialize", "--select"],
        "-m",
        "dagster_project.definitions",
    )
    selected = dg.AssetSelection.from_string(selection).resolve(defs.resolve_asset_graph())
    names = {key.to_user_string() for key in selected}
    assert {"raw/product_events", "staging/stg_product__events", "intermediate/int_people"} <= names
    assert {"rules/score_bands", "score/contact_scores"} <= names
    assert "decide/actions" not in names


def test_a_test_that_failed_is_told_with_what_it_found_and_without_advice_to_build(failed_build: SimpleNamespace):
    (line,) = [line for line in failed_build.message.splitlines() if "stg_pipeline__deliveries" in line]
    assert line.startswith("is_key_stg_pipeline__deliveries_action_id: Got 1 result, configured to fail if")
    assert failed_build.message.count("must be built first") == 1


def test_what_could_be_built_was_built(failed_build: SimpleNamespace):
    built = {event.asset_key.to_user_string() for event in failed_build.run.get_asset_materialization_events()}
    assert built == {"staging/stg_pipeline__deliveries", "rules/score_bands"}


def test_dbt_leaves_the_rules_of_somebody_as_they_are(failed_build: SimpleNamespace):
    for file in SHIPPED_RULES_DIR.glob("*.csv"):
        assert (failed_build.rules / file.name).read_bytes() == file.read_bytes()
    assert not list(Path(failed_build.rules).glob("*.sql"))


def test_each_failed_node_has_its_own_line_and_those_that_went_well_have_none():
    message = told(
        result("contact_scores", "OK", status=NodeStatus.Success),
        result("company_scores", " Binder Error: no such column \n"),
        result("not_null_band", "Got 3 results, configured to fail if != 0", status=NodeStatus.Fail, kind="test"),
        result("between_score", "Got 1 result, configured to warn if != 0", status=NodeStatus.Warn, kind="test"),
        result("actions", "Skipped", status=NodeStatus.Skipped),
        result("handoffs", "Out of Memory Error", status=NodeStatus.RuntimeErr),
    )
    assert message.splitlines() == [
        HEADING,
        "company_scores: Binder Error: no such column",
        "not_null_band: Got 3 results, configured to fail if != 0",
        "handoffs: Out of Memory Error",
    ]


@pytest.mark.parametrize(
    "said",
    [
        'Table with name "intermediate.int_people" does not exist because schema "intermediate" does not exist.',
        'Table with name int_people does not exist!\nDid you mean "int_users"?',
    ],
)
def test_a_missing_table_is_known_with_and_without_its_schema(said: str):
    message = told(result("contact_scores", f"Runtime Error\n  Catalog Error: {said}"))
    assert message.endswith(
        "\n  What contact_scores is made from must be built first: run `make run`, or select it with its upstream: "
        """`dagster asset materialize --select '+key:"score/contact_scores"' -m dagster_project.definitions`."""
    )


def test_a_test_on_a_missing_table_cannot_be_selected_as_an_asset():
    message = told(
        result("between_score", "Catalog Error: Table with name contact_scores does not exist!", kind="test")
    )
    assert message.endswith("\n  What between_score is made from must be built first: run `make run`.")


@pytest.mark.parametrize("said", ["Catalog Error: Scalar Function with name decay does not exist!", None])
def test_other_errors_come_without_that_advice(said: str | None):
    assert "must be built first" not in told(result("contact_scores", said))


def test_a_project_that_cannot_be_read_says_so():
    message = _reasons(SimpleNamespace(exception=ValueError("line 3: a colon is missing"), result=None))
    assert message == "dbt could not read the project: line 3: a colon is missing"


def test_what_dbt_remembers_of_an_earlier_version_of_the_project_is_forgotten_and_of_this_one_kept(tmp_path: Path):
    remembered = tmp_path / "partial_parse.msgpack"
    remembered.write_bytes(b"parsed")
    forget_older_parse(tmp_path)
    assert remembered.exists()
    os.utime(remembered, (0, 0))
    forget_older_parse(tmp_path)
    assert not remembered.exists()
    forget_older_parse(tmp_path)
