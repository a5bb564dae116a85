"""The dashboard says what the marts say, and plainly so where they say little."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.dashboard.anchors import SECTION_IDS
from dagster_project.reports.dashboard.described import described_columns
from dagster_project.reports.dashboard.page import charts_as_json
from dagster_project.reports.dashboard.palette import PALETTE
from dagster_project.reports.dashboard.parts import Chart, Section, Table, Term
from dagster_project.reports.dashboard.syncs import SyncRun, Syncs
from dagster_project.reports.dashboard.telling import MINUS, NOTHING
from tests.reports.calibration_world import World
from tests.reports.dashboard_world import (
    MONTHS,
    STAGES,
    definition_rows,
    full_world,
    html_of,
    metric_row,
    page_of,
    published,
    without_column,
)
from tests.reports.page_reader import Page
from tests.small_snapshot import AS_OF, contracts

HOSTILE = "<script>alert('ä & \u2028')</script>"
NOT_SHOWN = ("report.identity_conflicts", "report.unknown_countries")
ADDRESS = re.compile(r"[\w.]+@[\w.]+\.\w+")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(published(full_world(), tmp_path_factory.mktemp("full")))


def metric_world(metric_id: str, *months: dict) -> World:
    """Definitions, and one metric month by month."""
    world = World()
    for row in definition_rows():
        world.add("report__metric_definitions", **row)
    for (start, end), columns in zip(MONTHS, months, strict=True):
        world.add("report__metrics", **metric_row(metric_id, start, end, **columns))
    return world


def card(folder: Path, metric_id: str, *months: dict, section: str = "overview") -> str:
    (found,) = [
        text
        for name, text in page_of(published(metric_world(metric_id, *months), folder)).cards(section).items()
        if name == next(row["label"] for row in definition_rows() if row["metric_id"] == metric_id)
    ]
    return found


# What stands where


def test_every_section_has_its_anchor_in_the_order_that_is_promised(full: Page):
    assert [section.attributes["id"] for section in full.root.all("section")] == list(SECTION_IDS)
    linked = [link.attributes["href"] for link in full.root.one("nav").all("a")]
    assert linked == [f"#{section_id}" for section_id in SECTION_IDS]


def test_a_headline_stands_beside_its_goal_and_the_months_before(full: Page):
    signups = full.cards("overview")["Signups"]
    assert signups.startswith("50 November so far Goal 60: 83 %")
    assert signups.endswith("Oct 26: 40, the month before 30 +33 %")


def test_a_share_is_compared_in_points_and_its_goal_is_met_or_not(full: Page):
    rate = full.cards("overview")["Win rate"]
    assert rate.startswith("50 % November so far Goal 40 %: met")
    assert rate.endswith("+10 points")


def test_what_is_better_when_it_falls_is_good_when_it_falls(tmp_path: Path):
    world = metric_world("response_minutes_median", *[{"value": value} for value in (60.0, 60.0, 30.0, 30.0)])
    (change,) = page_of(published(world, tmp_path)).section("overview").all("span", "change")
    assert (change.text, change.attributes["class"]) == (f"{MINUS}50 %", "change good")


def test_a_change_that_rounds_to_nothing_is_neither_good_nor_bad(tmp_path: Path):
    world = metric_world("win_share", *[{"value": value} for value in (0.2, 0.5, 0.499, 0.5)])
    (change,) = page_of(published(world, tmp_path)).section("overview").all("span", "change")
    assert (change.text, change.attributes["class"].strip()) == ("unchanged", "change")


def test_a_share_of_too_few_is_not_told(tmp_path: Path):
    few = {"value": 0.5, "denominator": 3.0, "is_small": True}
    told = card(tmp_path, "win_share", {"value": 0.9}, {"value": 0.9}, {"value": 0.9}, few)
    assert told.startswith("Too few to say 3 of 10 needed, November so far")
    assert "50 %" not in told


def test_a_whole_month_is_not_compared_with_one_of_too_few(tmp_path: Path):
    few = {"value": 1.0, "denominator": 3.0, "is_small": True}
    told = card(tmp_path, "win_share", {"value": 0.9}, few, {"value": 0.6}, {"value": 0.5})
    assert told.endswith("Oct 26: 60 %")
    assert "100 %" not in told


def test_what_is_not_known_is_no_zero(tmp_path: Path):
    unknown = {"value": None, "denominator": None}
    told = card(tmp_path, "deals_won", unknown, unknown, unknown, unknown)
    assert told == "Not known HubSpot holds no deal yet"


def test_a_month_without_a_case_is_no_share_and_not_unknown(tmp_path: Path):
    none = {"value": None, "denominator": 0.0, "is_small": True}
    assert card(tmp_path, "win_share", none, none, none, none) == "No case yet November so far"


def test_a_goal_that_the_last_whole_month_missed_needs_attention(full: Page):
    assert "Oct 26 missed 1 of 2 goals: Signups 40 (goal 60)." in full.section("attention").text


def test_the_funnel_tells_each_step_and_all_steps(full: Page):
    journey = full.table("funnel", "Journey, stage by stage")
    assert journey["PQL"] == ["32", "50 %", "25 %", "3.0 h", "3 days"]
    assert journey["Won"] == ["4", "too few (8 of 10)", "3 %", "too few (4 of 10)", "too few (4 of 10)"]


def test_the_funnel_of_a_handful_has_counts_and_no_shares(tmp_path: Path):
    world = World()
    for number, stage in enumerate(STAGES, 1):
        world.add(
            "report__funnel",
            order_mode="journey",
            stage_filter="all_stages",
            segment_type="all",
            segment="all",
            stage_number=number,
            stage=stage,
            contact_count=2,
            cumulative_share=1.0,
            previous_count=2 if number > 1 else None,
            next_step_share=1.0 if number > 1 else None,
            is_small=True,
        )
    page = page_of(published(world, tmp_path))
    assert "100 %" not in page.section("funnel").text
    rows = page.table("funnel", "Journey, stage by stage")
    assert rows["PQL"] == ["2", "too few (2 of 10)", "too few (2 of 10)", NOTHING, NOTHING]


def test_segments_stand_side_by_side(full: Page):
    by_source = full.table("funnel", "By source: any order, any stage")
    assert by_source["Paid search"][1] == "64 · 50 % · 3.0 h"


def test_a_conversion_below_the_floor_is_flagged(tmp_path: Path):
    months = [{"value": 0.4}, {"value": 0.1, "is_below_floor": True}, {"value": 0.4}, {"value": 0.4}]
    table = page_of(published(metric_world("pql_to_sql_share", *months), tmp_path)).table("funnel", "PQL to SQL")
    assert table["Sep 26"] == ["40", "4", "10 %", "below 20 %: adjust"]
    assert [row[3] for row in table.values()] == [NOTHING, "below 20 %: adjust", NOTHING, NOTHING]


def test_breaches_name_contact_and_executive_without_an_address(full: Page):
    rows = full.table("handoffs", "Breaches of the last 14 days")
    assert rows["u001"] == [NOTHING, "Dana Reyes", "2026-11-19 01:00", "5.0 h"]
    assert "10 handoffs of the last 14 days had no answer in time." in full.section("attention").text


def test_weeks_before_the_first_handoff_had_none(tmp_path: Path):
    world = World()
    world.add(
        "report__handoff_responses",
        handoff_id="h1",
        record_key="u1",
        handed_off_at=datetime(2026, 11, 18),
        handed_off_week=date(2026, 11, 16),
        response_state="in_time",
    )
    weeks = page_of(published(world, tmp_path)).table("handoffs", "Handoffs by week")
    assert len(weeks) == 8
    assert weeks["16 Nov"] == ["1", "0", "0", "0"]
    assert weeks["09 Nov"] == ["0", "0", "0", "0"]


def test_the_executives_are_told_apart(full: Page):
    assert full.table("handoffs", "By account executive, ever since known")["Dana Reyes"][0] == "100"


def test_open_deals_are_told_by_stage_with_their_age(full: Page):
    stage = full.table("revenue", "Open deals by stage")["Contract sent"]
    assert stage == ["12", "14,400", "50 %", "7,200", "9 days", "31 days"]


def test_deals_past_their_date_need_attention(full: Page):
    assert "3 open deals are past the close date, worth 3,600 a year." in full.section("attention").text


def test_events_that_nobody_mapped_need_attention(tmp_path: Path):
    world = World()
    world.add("report__unmapped_events", source="product", source_event="Gizmo spun", event_count=7, user_count=2)
    page = page_of(published(world, tmp_path))
    told = "1 event name not in event_taxonomy.csv, without any points: Gizmo spun."
    assert told in page.section("attention").text
    assert page.table("behaviour", "Events that count for nothing, by their names") == {"Gizmo spun": ["7", "2"]}


def test_what_triggers_came_to_is_told_ever_and_for_their_first_and_last_days(full: Page):
    for caption in ("Ever", "The last 30 days", "The first 30 days of each"):
        assert full.table("triggers", caption)["New SQL"] == ["30", "28", "2", "14", "3", "50 %", "25 %"]


def test_the_threshold_in_use_is_marked_among_the_others(full: Page):
    found = full.table("calibration", "What each threshold of the PQL score would have found")
    assert found["50, in use"] == ["24", "24", "100 %", "100 %", "3.50"]
    assert found["0"] == ["84", "24", "29 %", "100 %", "1.00"]


def test_scores_at_handoff_are_told_by_quarter(full: Page):
    by_quarter = full.table("calibration", "Median score at handoff by quarter")
    assert by_quarter == {
        "2026-Q3": ["Combined score", "70 of 15 handoffs"],
        "2026-Q4": ["Combined score", "70 of 30 handoffs"],
    }


def test_the_verdict_of_the_audit_is_that_of_the_page(full: Page):
    assert "The rules should be looked at." in full.notes("calibration")
    assert "Combined score: change 70 to 36" in full.section("attention").text


def test_the_last_sync_is_told_as_the_run_told_it(tmp_path: Path):
    steps = {
        "sync_contacts": {
            "object_type": "contacts",
            "changed_records": 3,
            "changed_properties": {"zo_pql_score": 3},
            "acknowledged_records": 2,
            "acknowledged_values": 5,
            "rejected": {"VALIDATION_ERROR": 1},
            "rejection_examples": ["dana.reyes@orbit.example: no such owner"],
            "waiting_records": 0,
            "left_out": {},
            "handoffs": 0,
            "handoffs_overtaken": {},
            "calls": 1,
        },
    }
    run = SyncRun("0123456789", datetime(2026, 11, 20, 9, 30, tzinfo=UTC), steps)
    syncs = Syncs((run,), {("contacts", "VALIDATION_ERROR"): 1}, {"delivered": 4})
    page = page_of(published(World(), tmp_path), syncs)
    assert "contacts: HubSpot took 5 values on 2 records in 1 call." in page.section("sync").text
    assert page.table("sync", "The last syncs")["2026-11-20 09:30"] == ["01234567", "2", "5", "0", "1", NOTHING]
    assert page.table("sync", "Properties that differed when it began") == {"zo_pql_score": ["contacts", "3"]}
    assert "HubSpot refuses 1 record; each is tried again." in page.section("attention").text
    assert not ADDRESS.search(page.text)


# Little and nothing


def test_an_empty_build_says_so_everywhere_and_shows_no_number(tmp_path: Path):
    page = page_of(published(World(), tmp_path))
    assert [section.attributes["id"] for section in page.root.all("section")] == list(SECTION_IDS)
    assert page.root.all("div", "plot") == []
    assert "Nobody has signed up yet." in page.notes("funnel")
    assert "Nobody has a score yet." in page.notes("scores")
    assert "No trigger has sent anything before this build." in page.notes("triggers")
    assert "No sync has run yet." in page.notes("sync")
    assert "nan" not in page.text.lower()


@pytest.mark.parametrize("table", sorted(name for name in contracts() if name.startswith("report.")))
def test_a_build_without_a_mart_is_shown_without_it_and_says_so(tmp_path: Path, table: str):
    snapshot = published(full_world(), tmp_path)
    snapshot.path(table).unlink()
    page = page_of(snapshot)
    assert [section.attributes["id"] for section in page.root.all("section")] == list(SECTION_IDS)
    is_told = f"holds no {table}" in page.section("attention").text
    assert is_told == (table not in NOT_SHOWN)


def test_what_does_not_need_the_missing_mart_is_still_there(tmp_path: Path):
    snapshot = published(full_world(), tmp_path)
    snapshot.path("report.funnel").unlink()
    page = page_of(snapshot)
    assert page.notes("funnel")[0].startswith("Not shown: the published build holds no report.funnel")
    assert "Signups" in page.cards("overview")
    assert page.table("revenue", "Open deals by stage")


def test_a_column_of_a_later_version_is_missed_and_named(tmp_path: Path):
    snapshot = published(full_world(), tmp_path)
    without_column(snapshot, "report.trigger_outcomes", "answer_known_count")
    (note,) = page_of(snapshot).notes("triggers")
    assert note.startswith(
        "Not shown: the published build holds no report.trigger_outcomes.answer_known_count, being older"
    )


def test_a_build_from_before_the_settings_is_shown_with_the_usual_floor(tmp_path: Path):
    snapshot = published(full_world(), tmp_path)
    snapshot.path("rules.report_settings").unlink()
    page = page_of(snapshot)
    assert page.table("funnel", "Journey, stage by stage")["Won"][1] == "too few (8 of 10)"
    assert any(note.startswith("Not shown:") for note in page.notes("calibration"))


# Words


def test_every_figure_of_the_marts_has_the_definition_of_the_marts(full: Page):
    assert full.definition("Win rate").startswith("How Win rate is counted, within quick_response_minutes (15).")
    told = described_columns()["report.trigger_outcomes.sent_count"]
    assert full.definition("Sent").startswith(told)


def test_every_definition_names_the_clock_it_is_true_for(full: Page):
    tips = full.root.all("span", "tip")
    assert len(tips) > 50
    assert all("True for 2026-11-20 09:00 UTC" in tip.one("span", "tip-clock").text for tip in tips)


def test_a_definition_names_no_column_that_a_reader_cannot_see(full: Page):
    columns = {name.rpartition(".")[2] for name in described_columns() if name.endswith(("_count", "_share"))}
    told = [tip.children[0] for tip in full.root.all("span", "tip")]
    assert [text for text in told if columns & set(re.findall(r"\w+", text))] == []


def test_every_figure_on_a_card_has_a_definition(full: Page):
    for item in full.root.all("li", "card"):
        assert item.one("h3").all("button", "term"), item.text


def test_the_rules_in_force_are_on_the_page(tmp_path: Path):
    page = page_of(published(World(), tmp_path), rules=("A contact is sales qualified when it is.",))
    assert "A contact is sales qualified when it is." in page.section("definitions").text


# Safety


def hostile_world() -> World:
    world = full_world()
    world.rows["score__contact_scores"][1]["company_id"] = "c1"
    world.rows["score__company_scores"][0]["company_name"] = HOSTILE
    for row in world.rows["report__metrics"]:
        if row["segment"] == "PAID_SEARCH":
            row["segment"] = HOSTILE
    for row in world.rows["report__segment_changes"]:
        if row["segment"] == "PAID_SEARCH":
            row["segment"] = HOSTILE
    return world


def test_a_company_that_is_called_like_a_script_is_none(tmp_path: Path):
    html = html_of(published(hostile_world(), tmp_path))
    assert "<script>alert" not in html.lower()
    page = Page(html)
    assert page.table("handoffs", "Breaches of the last 14 days")["u001"][0].startswith("<script>alert('ä &")
    # The charts, what draws, and our own: a fourth would be somebody else's.
    assert len(page.root.all("script")) == 3


def test_charts_cannot_end_their_script(tmp_path: Path):
    chart = Chart("c", Term("c"), "told", {"name": f"</script>{HOSTILE}<!--"}, Table("t", (), ()))
    text = charts_as_json([Section("s", "s", "s", (chart,))])
    assert not re.search("[<>&\u2028\u2029]", text)


def test_no_address_of_anybody_is_on_the_page(tmp_path: Path):
    world = full_world()
    for row in world.rows["report__handoff_responses"]:
        row["record_key"] = f"{row['record_key']}@brightloom.io"
    html = html_of(published(world, tmp_path))
    assert ADDRESS.search("u001@brightloom.io")
    assert ADDRESS.findall(html.replace("***@", "")) == []
    assert "u***@brightloom.io" in html


def test_the_page_loads_nothing_and_lets_nothing_be_loaded(full: Page):
    loading = {"src", "srcset", "data", "action", "poster", "background"}
    assert [one.tag for one in full.elements if loading & set(one.attributes)] == []
    assert {one.attributes["href"][0] for one in full.elements if "href" in one.attributes} == {"#"}
    assert full.root.all("link") == []
    assert "url(" not in full.root.one("style").children[0]
    assert "@import" not in full.root.one("style").children[0]
    policies = [one.attributes["content"] for one in full.root.all("meta") if "http-equiv" in one.attributes]
    assert [policy.split(";")[0] for policy in policies] == ["default-src 'none'"]


# For everybody


def test_the_page_has_a_language_landmarks_and_a_way_past_the_navigation(full: Page):
    assert full.root.one("html").attributes["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer"):
        full.root.one(landmark)
    assert full.root.one("a", "skip").attributes["href"] == f"#{full.root.one('main').attributes['id']}"


def test_headings_leave_no_level_out(full: Page):
    levels = [int(one.tag[1]) for one in full.elements if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_given_once_and_what_refers_to_one_finds_it(full: Page):
    ids = [one.attributes["id"] for one in full.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    referring = ("aria-describedby", "aria-labelledby")
    named = {one.attributes[name] for one in full.elements for name in referring if name in one.attributes}
    named |= {one.attributes["href"][1:] for one in full.elements if "href" in one.attributes}
    assert named <= set(ids)


def test_every_chart_has_words_and_a_table_of_its_numbers(full: Page):
    figures = full.root.all("figure")
    assert len(figures) > 20
    for figure in figures:
        assert figure.one("span", "figure-told").text
        assert figure.one("details").one("tbody").all("tr")
        assert figure.one("p", "figure-clock").text == "True for 2026-11-20 09:00 UTC"


def test_every_table_has_a_caption_and_headers_with_a_scope(full: Page):
    for table in full.root.all("table"):
        assert table.one("caption").text
        assert {one.attributes.get("scope") for one in table.all("th")} <= {"col", "row"}
        assert all("scope" in one.attributes for one in table.all("th"))


def test_what_switches_the_theme_is_a_button_that_says_its_state(full: Page):
    (button,) = [one for one in full.root.all("button") if one.attributes.get("id") == "theme"]
    assert button.attributes["aria-pressed"] == "false"


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 has it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("surface", ["page", "surface", "accent-wash", "warn-wash"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "good", "bad"])
def test_text_can_be_read_on_every_surface(text: str, surface: str, is_dark: bool):
    assert contrast(PALETTE[text][is_dark], PALETTE[surface][is_dark]) >= 4.5


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("mark", ["accent", "signal"])
def test_marks_can_be_seen_on_what_they_are_drawn_on(mark: str, is_dark: bool):
    assert contrast(PALETTE[mark][is_dark], PALETTE["surface"][is_dark]) >= 3


def test_black_on_white_has_the_contrast_that_it_is_known_for():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


# Size


def test_a_page_holds_no_row_of_a_contact(tmp_path: Path):
    """Ten times as many people make no larger page."""
    sizes = []
    for count in (100, 1000):
        world = World()
        for number in range(count):
            world.add("score__contact_scores", user_id=f"u{number}", combined_score=number % 100, band="mql")
        snapshot: Snapshot = published(world, tmp_path / str(count))
        sizes.append(len(html_of(replace(snapshot, as_of=AS_OF))))
    assert sizes[1] - sizes[0] < 1000
