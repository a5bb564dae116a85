"""What dbt's tests check, in sentences: the names and descriptions of the asset checks that they become."""

import re
from typing import Any

# By kind of test: the name of the check and what it says; the arguments of the test stand in both.
SENTENCES = {
    "is_key": (
        "every_row_has_its_own_{column}",
        "Every row has a `{column}`, and no two rows have the same.",
    ),
    "are_key": (
        "every_row_is_there_once",
        "No two rows have the same {columns}, and no row lacks any of them.",
    ),
    "are_one_row_each": (
        "no_row_is_there_twice",
        "No two rows have the same {columns}.",
    ),
    "not_null": (
        "every_row_has_its_{column}",
        "No row lacks its `{column}`.",
    ),
    "accepted_values": (
        "every_{column}_is_a_known_word",
        "Every `{column}` is {values}, or is empty.",
    ),
    "between": (
        "every_{column}_lies_between_{min_value}_and_{max_value}",
        "Every `{column}` lies between {min_value} and {max_value}, or is empty.",
    ),
    "relationships": (
        "every_{column}_is_known_to_{other}",
        "Every `{column}` stands in `{other}` as well.",
    ),
}
OTHER_TABLE = re.compile(r"ref\(['\"](\w+)['\"]\)")


def say_checks(manifest: dict[str, Any]) -> None:
    """Give every test of a parsed manifest a sentence for its name and one for its description.

    dagster-dbt finds tests by their unique id and selects them by their path, which both stay as they are. A test that
    has a description of its own keeps it.
    """
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        name, said = _sentences(node)
        node["name"] = name
        node["meta"] = node["meta"] | {"description": node["description"] or said}


def _sentences(node: dict[str, Any]) -> tuple[str, str]:
    kind = node.get("test_metadata")
    if kind is None:
        name = node["name"].removeprefix("assert_")
        return name, f"{name.replace('_', ' ').capitalize()}."
    if kind["name"] not in SENTENCES:
        return node["name"], f"{node['name'].replace('_', ' ').capitalize()}."
    words = _words(kind["kwargs"])
    name, said = SENTENCES[kind["name"]]
    return re.sub(r"\W", "_", name.format_map(words)), said.format_map(words)


def _words(arguments: dict[str, Any]) -> dict[str, Any]:
    other = OTHER_TABLE.search(str(arguments.get("to", "")))
    return arguments | {
        "column": arguments.get("column_name"),
        "columns": _listed(arguments.get("columns", []), "and"),
        "values": _listed(arguments.get("values", []), "or"),
        "other": other[1] if other else arguments.get("to"),
    }


def _listed(names: list, last: str) -> str:
    words = [f"`{name}`" for name in names]
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
