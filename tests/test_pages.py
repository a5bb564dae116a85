"""What README and docs/ point at is there: pages, headings, commands, variables, folders."""

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dagster_project.crm.list_changes import read_segment_lists
from dagster_project.crm.property_map import read_property_map
from dagster_project.rules.book import read_rules
from dagster_project.rules.lint import lint
from dagster_project.settings import Settings
from tests.pages import DOCS, LINK, PAGES, PROJECT, anchors, code_blocks, first_cells, folder_of, section

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
# Where nothing is set; the settings keep it elsewhere.
PUBLIC_ADDRESSES = {"HUBSPOT_BASE_URL": "HubSpot's public API", "SLACK_BASE_URL": "Slack's public API"}
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def as_told(default: object) -> str:
    """A default as a person would write it into the environment."""
    if default is None:
        return "none"
    if isinstance(default, Path):
        return default.relative_to(PROJECT).as_posix()
    return str(default).lower() if isinstance(default, bool) else str(default)


PROFILES = (PROJECT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8")
VARIABLES = {
    field.validation_alias or f"PQL_{name.upper()}": as_told(field.default)
    for name, field in Settings.model_fields.items()
}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    lost = []
    for target in LINK.findall(PAGES[page]):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (folder_of(page) / path).resolve() if path else folder_of(page) / page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            lost.append(target)
    assert lost == []


def test_every_page_is_reached_from_the_readme():
    reached = {Path(target.partition("#")[0]).name for target in LINK.findall(PAGES["README.md"])}
    assert set(PAGES) - {"README.md"} <= reached


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_a_target(page):
    named = set(re.findall(r"(?:`|^ {4,}(?:\w+=\S+ )*)make ([a-z-]+)", PAGES[page], re.MULTILINE))
    assert named - TARGETS == set()


def test_every_variable_stands_with_its_default():
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\S.*?) \|", section(PAGES["operating.md"], "## Environment"), re.MULTILINE)
    assert {name: default.strip("`") for name, default in rows} == VARIABLES | PUBLIC_ADDRESSES


@pytest.mark.parametrize("page", PAGES)
def test_no_other_variable_is_named(page):
    named = set(re.findall(r"\b(?:PQL|HUBSPOT|SLACK|ENRICHMENT)_[A-Z_]+\b", PAGES[page]))
    # Of the tests, and of a workflow.
    elsewhere = {"PQL_REAL_DATA", "PQL_DPDK_FROM", "PQL_PREVIEW_DATA_DIR", "PQL_PREVIEW_RUNNER"}
    # What dbt's profile says an engine by.
    elsewhere |= set(re.findall(r"env_var\('(\w+)'", PROFILES))
    assert named - set(VARIABLES) - elsewhere == set()


def test_every_folder_of_the_package_is_in_the_layout():
    layout = next(block for block in code_blocks(PAGES["README.md"]) if block.startswith("dagster_project/"))
    told = set(re.findall(r"^  ([a-z_]+)/", layout, re.MULTILINE))
    assert told == {path.parent.name for path in (PROJECT / "dagster_project").glob("*/__init__.py")}


def test_the_picture_says_in_words_what_it_shows():
    namespace = "{http://www.w3.org/2000/svg}"
    picture = ElementTree.parse(DOCS / "pipeline.svg").getroot()
    labels = picture.attrib["aria-labelledby"].split()
    told = {element.attrib.get("id"): "".join(element.itertext()).strip() for element in picture.iter()}
    assert all(told[label] for label in labels)
    shown = [element.text for element in picture.iter(f"{namespace}text") if element.attrib["class"] == "name"]
    assert shown[0] == "Product events"
    assert {"PQL scores", "Diff", "HubSpot", "Slack"} <= set(shown)
    assert "prefers-color-scheme: dark" in picture.find(f"{namespace}style").text


def test_the_first_rules_of_going_live_write_one_list_and_one_property(tmp_path):
    """The commands as they stand on the page; they copy and cut the shipped files."""
    step = section(PAGES["going-live.md"], "## 3. One segment")
    commands = code_blocks(step)[0].split("export ")[0].replace("data/rehearsal", str(tmp_path))
    subprocess.run(["sh", "-eu", "-c", commands], cwd=PROJECT, check=True)
    book = read_rules(tmp_path / "first-rules")
    assert lint(book, None) == []
    objects = read_property_map(book, "zo_")
    assert [item.name for item in objects["contacts"].properties] == ["zo_segments"]
    assert objects["companies"].properties == ()
    assert objects["contacts"].associated_with is None
    assert [item.name for item in read_segment_lists(book, "zo_")] == ["zo_hit_the_paywall"]
    assert [book.rules(name) for name in ("triggers", "trigger_actions", "crm_events")] == [[], [], []]
    assert {rule.setting_id: rule.value for rule in book.rules("handoff_settings")}["handoff_by"] == "hubspot"


def test_cells_are_read_as_they_are_written():
    assert first_cells("| a | b |\n| --- | --- |\n| `one` | two |\n| three | `four` |\n") == ["one"]
    assert code_blocks("text\n\n    a\n\n    b\n\nmore\n\n    c\n") == ["a\n\nb\n", "c\n"]
    assert anchors("## 2. Read only: what\n### `x_y`: “z”\n") == {"2-read-only-what", "x_y-z"}
    assert section("## a\n1\n### b\n2\n## c\n3\n", "## a") == "1\n### b\n2\n"
