"""The house as it was cut: who may know whom, and how large a room may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "dagster_project"
LOGIC = ("crm", "outreach", "reports", "landing", "publish", "state", "rules", "documents")
MOST_LINES = 400


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (PACKAGE / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{above(path, node.level)}.{node.module or ''}".strip(".") if node.level else node.module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def above(path: Path, level: int) -> str:
    return ".".join(path.relative_to(PROJECT).parts[:-level])


def is_in(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def breaches(paths: list[Path], is_breach) -> list[str]:
    assert paths
    return [
        f"{path.relative_to(PROJECT)} imports {name}" for path in paths for name in imported(path) if is_breach(name)
    ]


def is_dagster(name: str) -> bool:
    return name.split(".")[0] in {"dagster", "dagster_dbt", "dagster_webserver", "dagster_shared"}


@pytest.mark.parametrize("folder", LOGIC)
def test_logic_does_not_know_dagster_nor_its_wiring(folder):
    above = ("dagster_project.defs", "dagster_project.definitions", "dagster_project.commands")
    assert breaches(modules(folder), lambda name: is_dagster(name) or is_in(name, *above)) == []


def test_resources_do_not_know_the_wiring():
    above = ("dagster_project.defs", "dagster_project.definitions", "dagster_project.commands")
    assert breaches(modules("resources"), lambda name: is_in(name, *above)) == []


def test_the_sandbox_knows_nothing_of_the_rest():
    def is_of_the_rest(name: str) -> bool:
        return is_in(name, "dagster_project") and not is_in(name, "dagster_project.sandbox")

    assert breaches(modules("sandbox"), is_of_the_rest) == []


def test_only_commands_and_tests_know_the_sandbox():
    others = [
        path for path in PACKAGE.rglob("*.py") if not {"sandbox", "commands"} & set(path.relative_to(PACKAGE).parts)
    ]
    assert breaches(others, lambda name: is_in(name, "dagster_project.sandbox")) == []


def test_the_environment_is_read_by_settings_alone():
    # Where Dagster has its home, what dbt was told about tests, what dbt's profile names and where Java is, are theirs
    # and no settings of ours.
    of_engines = {"engines/profile.py", "engines/spark_session.py", "engines/standalone.py"}
    theirs = {"commands/home.py", "resources/dbt.py"} | of_engines
    readers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "sandbox" not in path.parts and re.search(r"getenv|environ\.get\(", path.read_text(encoding="utf-8"))
    }
    assert readers <= theirs


def test_no_module_is_too_long_to_be_read_at_one_sitting():
    lengths = {
        str(path.relative_to(PROJECT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in (PACKAGE, PROJECT / "seeds")
        for path in folder.rglob("*.py")
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_the_dbt_project_holds_no_python():
    ours = [path for path in (PROJECT / "dbt_project").rglob("*.py") if "target" not in path.parts]
    assert ours == []


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("import dagster as dg", ["dagster"]),
        ("from dagster import asset, job", ["dagster.asset", "dagster.job"]),
        ("def f():\n    import dagster_dbt", ["dagster_dbt"]),
        ("from ..defs import sync", ["dagster_project.defs.sync"]),
        ("from . import page", ["dagster_project.sandbox.page"]),
        ("from .page import show", ["dagster_project.sandbox.page.show"]),
    ],
)
def test_an_import_is_seen_wherever_it_stands_and_however_it_is_written(monkeypatch, line, names):
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: line)
    assert list(imported(PACKAGE / "sandbox" / "module.py")) == names


def test_our_own_package_is_not_taken_for_dagster():
    assert is_dagster("dagster.asset")
    assert not is_dagster("dagster_project.settings")
