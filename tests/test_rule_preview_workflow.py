"""The workflow that posts the preview of a rule change: what it runs is run here, with GitHub stood in for."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[1]
WORKFLOW = yaml.safe_load((PROJECT / ".github" / "workflows" / "rule-preview.yml").read_text(encoding="utf-8"))
STEPS = {step.get("name"): step for step in WORKFLOW["jobs"]["preview"]["steps"]}
# YAML takes the bare word for a boolean.
TRIGGERS = WORKFLOW[True]


def run_preview(folder: Path, make: str, *, is_sample: bool = True) -> tuple[str, bool]:
    """The text of the comment that the step leaves, and whether it is a preview, with this in the place of make."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "make").write_text(f'#!/bin/sh\necho "$@" >> called.txt\n{make}\n')
    (programs / "make").chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "IS_SAMPLE": str(is_sample).lower(),
        "GITHUB_ENV": str(folder / "env"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    subprocess.run(["bash", "-e", "-c", STEPS["Preview"]["run"]], cwd=folder, env=environment, check=True)
    text = (folder / "preview.md").read_text()
    assert (folder / "summary").read_text() == text
    told = folder / "env"
    return text, told.exists() and told.read_text() == "IS_PREVIEWED=true\n"


def test_it_runs_where_rules_are_changed_and_uses_only_what_github_itself_keeps():
    assert TRIGGERS == {"pull_request": {"paths": ["seeds/rules/**"]}}
    used = {step["uses"].partition("@")[0] for step in WORKFLOW["jobs"]["preview"]["steps"] if "uses" in step}
    assert used == {"actions/checkout", "actions/setup-python", "actions/github-script"}
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert WORKFLOW["jobs"]["preview"]["env"]["PQL_DRY_RUN"] == "true"


def test_the_sample_is_built_first_and_own_data_are_taken_as_they_are(tmp_path: Path):
    for name, is_sample in (("sample", True), ("own", False)):
        folder = tmp_path / name
        folder.mkdir()
        text, is_previewed = run_preview(
            folder, 'case "$*" in *OUT=*) echo "**Two move.**" > preview.md;; esac', is_sample=is_sample
        )
        assert (text, is_previewed) == ("**Two move.**\n", True)
        preview = "--no-print-directory preview RULES=seeds/rules OUT=preview.md"
        assert (folder / "called.txt").read_text().splitlines() == (["demo"] if is_sample else []) + [preview]


@pytest.mark.parametrize("failing", ["demo", "preview"])
def test_a_mistake_in_the_rules_becomes_the_comment(tmp_path: Path, failing: str):
    mistake = "score_bands.csv, row 3, column min_score: found 'x'; allowed: a whole number"
    text, is_previewed = run_preview(
        tmp_path,
        f'case "$*" in *{failing}*) echo "Scoring the present data" >&2; echo "{mistake}" >&2; '
        'echo "make: *** Error 1" >&2; exit 2;; esac',
    )
    assert text == f"**These rules cannot be previewed.**\n\n```text\n{mistake}\n```\n"
    assert not is_previewed


def test_what_failed_without_a_word_is_a_comment_too(tmp_path: Path):
    text, is_previewed = run_preview(tmp_path, "exit 2")
    assert text == "**These rules cannot be previewed.**\n\n```text\n```\n"
    assert not is_previewed


GITHUB = """
const calls = [];
const github = {
  paginate: async () => JSON.parse(process.env.COMMENTS),
  rest: { issues: {
    listComments: null,
    updateComment: async (said) => calls.push(["update", said]),
    createComment: async (said) => calls.push(["create", said]),
  } },
};
const context = { repo: { owner: "o", repo: "r" }, issue: { number: 7 } };
(async () => { SCRIPT })().then(() => console.log(JSON.stringify(calls)));
"""


@pytest.mark.parametrize(
    ("comments", "done"),
    [
        ([], ("create", {"issue_number": 7})),
        (
            [{"id": 1, "user": {"type": "User"}, "body": "<!-- rule-preview --> quoted"}],
            ("create", {"issue_number": 7}),
        ),
        ([{"id": 2, "user": {"type": "Bot"}, "body": "<!-- rule-preview -->\nold"}], ("update", {"comment_id": 2})),
    ],
)
def test_there_is_one_comment_and_it_is_renewed(tmp_path: Path, comments: list[dict], done: tuple[str, dict]):
    node = shutil.which("node")
    if node is None:
        pytest.skip("the script of the comment is JavaScript, and node is not on this machine")
    (tmp_path / "preview.md").write_text("**Two move.**\n")
    script = GITHUB.replace("SCRIPT", STEPS["Comment"]["with"]["script"])
    environment = {"COMMENTS": json.dumps(comments), "SCORED": "the sample company"}
    ran = subprocess.run(
        [node, "-e", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    (call,) = json.loads(ran.stdout)
    what, names = done
    body = "<!-- rule-preview -->\n### What this rule change would do to the sample company\n\n**Two move.**\n"
    assert call == [what, {"owner": "o", "repo": "r", **names, "body": body}]
