"""What somebody at a terminal reads after a mistake: one message, an exit code, and no traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dagster_project.__main__ import COMMANDS
from dagster_project.settings import PROJECT_DIR, SHIPPED_RULES_DIR


def run(*arguments: str, stdout: int = subprocess.PIPE, **environment: object) -> subprocess.CompletedProcess[str]:
    """`python -m dagster_project …` in an environment that names nobody but what is given here."""
    given = {name: str(value) for name, value in environment.items()}
    return subprocess.run(
        [sys.executable, "-m", "dagster_project", *arguments],
        cwd=PROJECT_DIR,
        env=os.environ | given,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_unknown_command_is_answered_with_those_there_are():
    done = run("everything")
    assert (done.returncode, done.stdout) == (2, "")
    first, *commands = done.stderr.splitlines()
    assert first == "usage: python -m dagster_project <command>"
    assert [line.split()[0] for line in commands] == list(COMMANDS)


def test_a_plan_before_anything_is_published_says_what_to_run(tmp_path: Path):
    done = run("plan", PQL_DATA_DIR=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Nothing is published in {tmp_path / 'published'} yet; run `make run`, which builds and publishes.\n"
    )


def test_every_mistake_in_the_rules_is_told_with_file_row_and_column(tmp_path: Path):
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    (rules / "triggers.csv").unlink()
    with (rules / "crm_objects.csv").open("a", encoding="utf-8") as file:
        file.write("deals,update,,20,5000,90,30,5,team:revops,why not\n")
    done = run("rules", PQL_RULES_DIR=rules)
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(line.partition("; allowed: ")[0] for line in done.stderr.splitlines()) == [
        "crm_objects.csv, row 4, column object_type: found 'deals'",
        "triggers.csv: found 'no such file'",
    ]


def test_a_variable_that_cannot_be_used_is_one_line_before_anything_is_made(tmp_path: Path):
    done = run("run", PQL_DATA_DIR=tmp_path / "data", PQL_DRY_RUN="perhaps")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The environment variable PQL_DRY_RUN is 'perhaps' and should be true or false.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_who_has_read_enough_ends_the_command_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("rules", stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
