"""Every alert has an entry in docs/runbook.md, and no entry is of an alert that there is not."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache

import pytest

import dagster_project
from dagster_project.commands.mistakes import MISTAKES
from dagster_project.definitions import defs
from tests.pages import PAGES, PROJECT, first_cells, headings, section

RUNBOOK = PAGES["runbook.md"]
CHECKS = section(RUNBOOK, "## Checks")
MESSAGES = section(RUNBOOK, "## Messages")
OPERATING = section(PAGES["operating.md"], "## What runs when")
ENTRY = re.compile(r"^`(\w+)`: “(.+)”$")


@cache
def check_names() -> frozenset[str]:
    return frozenset(key.name for key in defs.resolve_asset_graph().asset_check_keys)


def entries() -> list[str]:
    """The names of checks in the headings; a … in one stands for whatever is there."""
    return [name for heading in headings(CHECKS) for name in re.findall(r"`([^`]+)`", heading)]


def is_told_by(entry: str, check: str) -> bool:
    return re.fullmatch(re.escape(entry).replace("…", ".+"), check) is not None


def test_every_check_has_one_entry():
    told = {check: [entry for entry in entries() if is_told_by(entry, check)] for check in check_names()}
    assert {check: found for check, found in told.items() if len(found) != 1} == {}


def test_no_entry_is_of_a_check_that_there_is_not():
    assert [entry for entry in entries() if not any(is_told_by(entry, check) for check in check_names())] == []


def mistakes() -> Iterator[type[Exception]]:
    """Every error that a person sees as a message, with all its kinds, wherever they are written."""
    for module in pkgutil.walk_packages(dagster_project.__path__, "dagster_project."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = list(MISTAKES)
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def test_every_message_has_an_entry_and_no_entry_is_of_another():
    told = [ENTRY.match(heading)[1] for heading in headings(MESSAGES) if ENTRY.match(heading)]
    assert len(told) == len(set(told))
    assert set(told) == {kind.__name__ for kind in mistakes()}


@cache
def source() -> str:
    """All code as one text, in which a message that is written over several lines is whole."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((PROJECT / "dagster_project").rglob("*.py"))]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts))


@pytest.mark.parametrize("heading", [heading for heading in headings(MESSAGES) if ENTRY.match(heading)])
def test_the_words_of_a_message_are_those_that_people_see(heading):
    assert ENTRY.match(heading)[2] in source()


def test_every_schedule_sensor_and_job_is_told():
    repository = defs.get_repository_def()
    told = set(first_cells(OPERATING)) | set(re.findall(r"`(\w+)`", "\n".join(OPERATING.splitlines())))
    by_itself = {item.name for item in [*repository.schedule_defs, *repository.sensor_defs]}
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    assert by_itself <= set(first_cells(OPERATING))
    assert jobs <= told


@pytest.mark.parametrize("page", PAGES)
def test_jobs_and_assets_that_a_page_runs_are_there(page):
    repository = defs.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs()}
    assets = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    assert set(re.findall(r"job execute -j (\w+)", PAGES[page])) <= jobs
    assert set(re.findall(r"--select (\w+/\w+)", PAGES[page])) <= assets
    assert set(re.findall(r"`((?:sync|act|report|decide|score|diff|raw)/\w+)`", PAGES[page])) <= assets
