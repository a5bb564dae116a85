"""What a person who is no engineer reads in Dagster of assets, columns and checks."""

import json
import re
from datetime import timedelta

import dagster as dg
import pytest

from dagster_project.commands.home import INSTANCE_SETTINGS
from dagster_project.definitions import defs
from dagster_project.defs.check_words import SENTENCES, say_checks
from dagster_project.defs.columns import OF_EVERY_RULE, with_lineage
from dagster_project.defs.dashboard_links import SECTION_OF, SECTIONS, with_dashboard_link
from dagster_project.defs.own_words import WORDS
from dagster_project.defs.rules_behind import RULES_BEHIND, with_rules
from dagster_project.defs.score_and_decide import MANIFEST
from dagster_project.settings import SHIPPED_RULES_DIR

# In one order in every process: tests are handed out to several.
SPECS = {spec.key.to_user_string(): spec for spec in sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key)}
MARTS = [
    name for name, spec in SPECS.items() if "dbt" in spec.kinds and spec.key.path[0] in ("score", "decide", "report")
]
OWN = [name for name, spec in SPECS.items() if "dbt" not in spec.kinds]
RULE_FILES = [name for name in SPECS if name.startswith("rules/")]
GRAPH = defs.resolve_asset_graph()
CHECKS = sorted(GRAPH.asset_check_keys, key=lambda key: key.to_user_string())
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@pytest.mark.parametrize("name", MARTS + OWN)
def test_an_asset_says_what_it_is_what_it_is_good_for_and_what_to_do_when_it_looks_wrong(name):
    what, good_for, when_wrong = SPECS[name].description.rsplit("\n\n", 2)
    assert what
    assert good_for.startswith("**Good for**: ")
    assert when_wrong.startswith("**When it looks wrong**: ")


@pytest.mark.parametrize("name", RULE_FILES)
def test_a_rule_file_says_how_to_change_it(name):
    assert f"**To change it**: edit {name.removeprefix('rules/')}.csv" in SPECS[name].description


@pytest.mark.parametrize("name", RULE_FILES)
def test_a_rule_file_shows_the_columns_of_its_csv_with_their_types(name):
    header = (SHIPPED_RULES_DIR / f"{name.removeprefix('rules/')}.csv").read_text(encoding="utf-8").splitlines()[0]
    columns = SPECS[name].metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == header.split(",")
    assert all(column.type for column in columns)
    assert [column.description for column in columns[-2:]] == list(OF_EVERY_RULE.values())


def test_no_words_are_kept_for_an_asset_that_is_not_there():
    named = {*SECTION_OF, *RULES_BEHIND, *(name for name in WORDS if "/" in name)}
    assert named <= set(SPECS)
    assert {name for name in WORDS if "/" not in name} <= {name.split("/")[0] for name in OWN}


@pytest.mark.parametrize("name", MARTS)
def test_every_column_of_a_mart_has_a_type_and_a_meaning(name):
    columns = SPECS[name].metadata["dagster/column_schema"].columns
    assert columns
    assert [column.name for column in columns if not column.description or column.type in ("", "?")] == []


def test_sql_stands_beside_the_words_and_not_among_them():
    spec = SPECS["score/contact_scores"]
    assert "select" not in spec.description
    assert "select" in spec.metadata["sql"].value


@pytest.mark.parametrize("key", CHECKS, ids=[key.to_user_string() for key in CHECKS])
def test_every_check_is_a_sentence_and_says_in_another_what_it_means(key):
    assert key.name.count("_") >= 2
    assert not key.name.startswith(("assert_", *(f"{kind}_" for kind in SENTENCES)))
    description = GRAPH.get(key).description
    assert description.rstrip().endswith(".")
    assert " " in description


def test_a_test_of_dbt_is_said_with_its_columns_and_values():
    said = {
        (key.asset_key.to_user_string(), key.name): GRAPH.get(key).description
        for key in CHECKS
        if key.asset_key.path[0] in ("score", "report")
    }
    assert said["score/contact_scores", "every_row_has_its_own_user_id"] == (
        "Every row has a `user_id`, and no two rows have the same."
    )
    assert said["score/contact_scores", "every_pql_score_lies_between_0_and_100"] == (
        "Every `pql_score` lies between 0 and 100, or is empty."
    )
    assert said["report/funnel", "every_order_mode_is_a_known_word"] == (
        "Every `order_mode` is `journey` or `any_order`, or is empty."
    )
    assert said["score/contact_signals", "every_user_id_is_known_to_int_people"] == (
        "Every `user_id` stands in `int_people` as well."
    )
    assert "no remainder" in said["score/contact_score_reasons", "reasons_add_up_to_the_score"]


def test_no_two_tests_of_one_asset_are_said_with_the_same_name():
    tests = [node for node in MANIFEST["nodes"].values() if node["resource_type"] == "test"]
    names = [(node.get("attached_node") or node["name"], node["name"]) for node in tests]
    assert len(names) == len(set(names)) == len(tests) > 200


def test_a_test_that_nobody_has_words_for_yet_is_said_as_it_is_called_and_a_description_is_kept():
    def test_node(**more) -> dict:
        return {"resource_type": "test", "name": "is_odd_x", "description": "", "meta": {"kept": 1}} | more

    kind = {"name": "is_odd", "kwargs": {"column_name": "x"}}
    manifest = {
        "nodes": {
            "unknown": test_node(test_metadata=kind),
            "described": test_node(test_metadata={**kind, "name": "not_null"}, description="X is always there."),
            "singular": test_node(name="assert_all_is_well"),
        }
    }
    say_checks(manifest)
    unknown, described, singular = manifest["nodes"].values()
    assert (unknown["name"], unknown["meta"]["description"]) == ("is_odd_x", "Is odd x.")
    assert (described["name"], described["meta"]["description"]) == ("every_row_has_its_x", "X is always there.")
    assert (singular["name"], singular["meta"]) == ("all_is_well", {"kept": 1, "description": "All is well."})


def test_marts_are_stale_after_hours_and_what_runs_when_owed_after_days():
    for name in [*MARTS, "decide/published_marts"]:
        assert SPECS[name].freshness_policy.warn_window.to_timedelta() == timedelta(hours=3), name
    for name in OWN:
        step = name.split("/")[0]
        if step in ("diff", "sync", "act"):
            assert SPECS[name].freshness_policy.fail_window.to_timedelta() == timedelta(days=7), name
    assert SPECS["report/audit_of_rules"].freshness_policy.warn_window.to_timedelta() > timedelta(days=92)


def test_the_daemon_looks_whether_assets_are_fresh_without_being_asked_to(tmp_path):
    (tmp_path / "dagster.yaml").write_text(INSTANCE_SETTINGS.read_text(encoding="utf-8"), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert "FRESHNESS_DAEMON" in instance.get_required_daemon_types()


@pytest.mark.parametrize(("section", "names"), SECTIONS.items())
def test_an_asset_names_the_section_of_the_dashboard_that_tells_of_it(section, names):
    for name in names:
        address = SPECS[name].metadata["dashboard"].value
        assert address.startswith("file:///")
        assert address.endswith(f"/reports/dashboard.html#{section}")


def test_invalid_settings_leave_out_the_dashboard_and_the_rules_and_nothing_else(monkeypatch):
    monkeypatch.setenv("PQL_MAX_QUARANTINED_PCT", "many")
    spec = dg.AssetSpec(["report", "funnel"])
    assert with_dashboard_link(spec).metadata == {}
    assert with_rules(spec).metadata == {}


def test_a_column_says_where_it_comes_from():
    documented = dg.TableSchema([dg.TableColumn("score", "integer", "0 to 100.")])
    spec = dg.AssetSpec(["score", "people"], metadata={"dagster/column_schema": documented})
    many = [("intermediate.wide", f"column_{number}") for number in range(6)]
    told = with_lineage(
        spec,
        {"score.people": {"score": [("raw.hubspot_contacts", "properties")], "all": many, "constant": []}},
    )
    described = {
        column.name: (column.type, column.description) for column in told.metadata["dagster/column_schema"].columns
    }
    assert described == {
        "score": ("integer", "0 to 100. From raw.hubspot_contacts: properties."),
        "all": ("", "From intermediate.wide: column_0, column_1, column_2, column_3 and 2 more."),
        "constant": ("", "Made here."),
    }
    deps = told.metadata["dagster/column_lineage"].deps_by_column
    assert deps["score"] == [dg.TableColumnDep(dg.AssetKey(["raw", "hubspot"]), "properties")]
    assert len(deps["all"]) == 6


def test_nothing_that_is_shown_of_an_asset_holds_an_address_but_the_rules_that_name_the_team():
    # The document of triggers is made of the same rules.
    of_the_team = ("dagster_dbt/", "what_triggers_what")
    for name, spec in SPECS.items():
        if name != "rules/sales_team":
            shown = {key: value for key, value in spec.metadata.items() if not key.startswith(of_the_team)}
            kept = json.dumps([spec.description, {key: repr(value) for key, value in shown.items()}])
            assert ADDRESS.findall(kept) == [], name
