"""The report marts of the sample, and the dashboard, say what somebody counts who only has its files."""

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from recount import read_csv
from recount_report import Handoff, ReportRecount

from dagster_project.publish.snapshot import current_snapshot
from dagster_project.reports.calibration.audit import audit_of
from dagster_project.reports.calibration.earlier import adding_to_history, earlier_snapshots
from dagster_project.reports.dashboard.telling import DASH, NOTHING, duration
from dagster_project.rules.schema.reporting import METRICS
from dagster_project.sandbox.running import running_sandbox
from dagster_project.settings import SAMPLE_DIR, SHIPPED_RULES_DIR, read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import handoffs as handoffs_table
from tests.conftest import TOKEN, name_nobody
from tests.reports.dashboard_world import page_of
from tests.reports.page_reader import Page
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons

FIRST_BUILD = "2026-11-17T09:00:00Z"
AS_OF = datetime.fromisoformat(SAMPLE_AS_OF)
A_PQL = next(row["email"] for row in read_csv(SAMPLE_DIR / "stories.csv") if row["band"] == "pql")
SOMEBODY_ELSE = "ruth.adeyemi@orbit.example"
# How long before the clock each was handed over, and how many minutes later the owner did something.
HANDED_OFF = [
    (timedelta(days=9), 4),
    (timedelta(days=8), 15),
    (timedelta(days=7), 16),
    (timedelta(days=6), 120),
    (timedelta(days=5), 121),
    (timedelta(days=4), None),
    (timedelta(days=3), 3000),
    (timedelta(minutes=90), None),
    (timedelta(minutes=121), None),
]


def handed_off() -> list[Handoff]:
    """The contacts of the first deals that a member of the team has."""
    deals = read_csv(SAMPLE_DIR / "crm" / "deals.csv")
    users = {row["email"] for row in read_csv(SAMPLE_DIR / "landing" / "product" / "users.csv")}
    people = [deal for deal in deals if deal["contact_email"] in users]
    return [
        Handoff(
            deal["contact_email"],
            deal["owner_email"],
            AS_OF - ago,
            None if minutes is None else AS_OF - ago + timedelta(minutes=minutes),
        )
        for deal, (ago, minutes) in zip(people, HANDED_OFF, strict=False)
    ]


def crm_with_answers(folder: Path, handoffs: list[Handoff]) -> Path:
    """The sample's HubSpot with a call for each answer, and one by somebody else at once, which answers nothing.

    A PQL was sales qualified before: in any order that counts, on a journey it does not.
    """
    shutil.copytree(SAMPLE_DIR / "crm", folder)
    contacts = read_csv(folder / "contacts.csv")
    for row in contacts:
        if row["email"] == A_PQL:
            row["hs_lifecyclestage_salesqualifiedlead_date"] = "2026-11-01T00:00:00Z"
    with (folder / "contacts.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(contacts[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(contacts)
    with (folder / "calls.csv").open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for made in handoffs:
            writer.writerow([(made.at + timedelta(minutes=1)).isoformat(), "COMPLETED", SOMEBODY_ELSE, made.email])
            if made.answered_at:
                writer.writerow([made.answered_at.isoformat(), "COMPLETED", made.owner_email, made.email])
    return folder


def remember(pipeline: Pipeline, handoffs: list[Handoff]) -> None:
    """Put acknowledged handoffs into the memory of the pipeline."""
    owners = dict(pipeline.query("select email, owner_id from raw.hubspot_owners"))
    users = {row["email"]: row["user_id"] for row in read_csv(SAMPLE_DIR / "landing" / "product" / "users.csv")}
    rows = [
        {
            "handoff_id": f"handoff-{number}",
            "record_key": users[made.email],
            "episode": 1,
            "owner_id": owners[made.owner_email],
            "owner_reason": "existing_owner",
            "handed_off_at": made.at,
            "run_id": "earlier",
            "claimed_at": made.at,
            "acknowledged_as_of": made.at,
            "acknowledged_at": made.at,
        }
        for number, made in enumerate(handoffs)
    ]
    with open_state(read_settings().state_database_url).begin() as connection:
        connection.execute(handoffs_table.insert(), rows)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pipeline, ReportRecount]]:
    """Two builds, a few days apart, so that there is a history; the handoffs are remembered between them."""
    folder = tmp_path_factory.mktemp("reports")
    handoffs = handed_off()
    crm = crm_with_answers(folder / "crm", handoffs)
    with running_sandbox(seed=crm) as sandbox, pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(folder / "data", environment)
        pipeline.use_sandbox(sandbox, TOKEN)
        pipeline.land_sample()
        assert reasons(pipeline.run("score", as_of=FIRST_BUILD)) == {}
        remember(pipeline, handoffs)
        assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
        yield pipeline, ReportRecount(SAMPLE_DIR, SHIPPED_RULES_DIR, crm, [FIRST_BUILD, SAMPLE_AS_OF], handoffs)


def metric(pipeline: Pipeline, metric_id: str, period_start: str, **segment: str) -> dict:
    wanted = {"metric_id": metric_id, "segment_type": "all", "segment": "all"} | segment
    rows = pipeline.table("report.metrics").filter(**wanted).rows(named=True)
    (found,) = [row for row in rows if row["period_type"] != "week" and row["period_start"].isoformat() == period_start]
    return found


@pytest.mark.parametrize("order", ["journey", "any_order"])
@pytest.mark.parametrize("stage_filter", ["all_stages", "any_stage"])
@pytest.mark.parametrize("source", [None, "REFERRALS", "unknown"])
def test_a_funnel_of_the_sample_counts_whom_its_files_name(built, order, stage_filter, source):
    pipeline, recount = built
    segment = {"segment_type": "source", "segment": source} if source else {"segment_type": "all"}
    funnel = pipeline.table("report.funnel").filter(order_mode=order, stage_filter=stage_filter, **segment)
    counts = dict(funnel.select("stage_number", "contact_count").iter_rows())
    assert [counts[number] for number in range(1, 7)] == recount.funnel(order, stage_filter, source)


def test_the_four_funnels_of_the_sample_are_not_all_one(built):
    _, recount = built
    ways = {
        tuple(recount.funnel(order, stage_filter, None))
        for order in ("journey", "any_order")
        for stage_filter in ("all_stages", "any_stage")
    }
    assert len(ways) == 4
    assert all(way[0] > 200 for way in ways)


def test_responses_to_handoffs_are_what_calls_and_clock_say(built):
    pipeline, recount = built
    assert metric(pipeline, "handoffs", "1970-01-01")["value"] == len(HANDED_OFF)
    assert metric(pipeline, "response_minutes_median", "1970-01-01")["value"] == recount.median_minutes() == 68
    assert metric(pipeline, "sla_breaches", "1970-01-01")["value"] == recount.breaches() == 4
    states = pipeline.table("report.handoff_responses")["response_state"].to_list()
    assert sorted(states) == sorted(["in_time"] * 4 + ["breached"] * 4 + ["still_open"])


def test_quick_responses_leave_out_nothing_that_is_over(built):
    pipeline, _ = built
    quick = metric(pipeline, "quick_response_share", "1970-01-01")
    assert (quick["numerator"], quick["denominator"]) == (2, 9)


@pytest.mark.parametrize("month", ["2026-08", "2026-09", "2026-10", "2026-11"])
def test_revenue_of_a_month_is_what_its_deals_add_up_to(built, month):
    pipeline, recount = built
    start = f"{month}-01"
    assert metric(pipeline, "deals_won", start)["value"] == len(recount.won_in(month))
    assert metric(pipeline, "new_arr", start)["value"] == recount.new_arr(month)
    for name, expected in (("average_deal", recount.average_deal(month)), ("win_share", recount.win_share(month))):
        found = metric(pipeline, name, start)["value"]
        assert (found is None) == (expected is None)
        assert found is None or found == pytest.approx(float(expected), rel=1e-12)


def test_revenue_of_the_sample_is_not_nothing(built):
    _, recount = built
    assert recount.new_arr("2026-11") > 0
    assert 0 < recount.win_share("2026-11") < 1


@pytest.mark.parametrize("month", ["2026-11", "2026-12"])
def test_a_forecast_weights_open_deals_by_what_became_of_closed_ones(built, month):
    pipeline, recount = built
    found = metric(pipeline, "forecast_arr", f"{month}-01")["value"]
    assert found == pytest.approx(float(recount.forecast(month)), abs=0.01)
    assert found > 0


def test_a_goal_stands_beside_the_month_and_nowhere_else(built):
    pipeline, _ = built
    assert metric(pipeline, "new_arr", "2026-11-01")["goal"] == 45_000
    assert metric(pipeline, "new_arr", "2026-09-01")["goal"] == 40_000
    with_goal = pipeline.table("report.metrics").filter(pl.col("goal").is_not_null())
    assert set(with_goal["period_type"]) == {"month"}
    assert set(with_goal["segment_type"]) == {"all"}


def test_a_conversion_is_asked_only_of_whom_history_saw_coming(built):
    pipeline, recount = built
    assert metric(pipeline, "new_mqls", "1970-01-01")["value"] == len(recount.mqls(0) | recount.mqls(1))
    cohort = metric(pipeline, "mql_to_opportunity_share", "1970-01-01")["denominator"]
    assert cohort == len(recount.mqls(1) - recount.mqls(0)) > 0


def test_what_history_does_not_know_is_null_and_not_zero(built):
    pipeline, _ = built
    assert metric(pipeline, "new_pqls", "2026-10-01")["value"] is None
    assert metric(pipeline, "pqls_present", "2026-10-01")["value"] is None
    assert metric(pipeline, "pqls_present", "2026-11-01")["value"] == 2


def test_every_owner_and_week_of_the_handoffs_adds_up_to_all_of_them(built):
    pipeline, recount = built
    handoffs = pipeline.table("report.metrics").filter(metric_id="handoffs")
    by_owner = handoffs.filter(segment_type="owner", period_type="ever")
    assert dict(by_owner.select("segment", "value").iter_rows()) == Counter(
        made.owner_email for made in recount.handoffs
    )
    by_week = handoffs.filter(segment_type="all", period_type="week").filter(pl.col("value") > 0)
    weeks = Counter(made.at.date() - timedelta(days=made.at.weekday()) for made in recount.handoffs)
    assert dict(by_week.select("period_start", "value").iter_rows()) == weeks


def test_a_goal_can_be_set_for_every_metric_and_for_nothing_else(built):
    pipeline, _ = built
    definitions = pipeline.table("report.metric_definitions").sort("position")
    assert tuple(definitions["metric_id"]) == METRICS
    assert all(len(definition) > 40 for definition in definitions["definition"])


# The dashboard


@pytest.fixture(scope="module")
def page(built: tuple[Pipeline, ReportRecount]) -> Page:
    pipeline, _ = built
    return page_of(current_snapshot(pipeline.data_dir / "published"))


def percent(share: Fraction | float) -> str:
    return f"{float(share) * 100:.0f} %"


@pytest.mark.parametrize(
    ("caption", "order", "stage_filter"),
    [
        ("Journey, stage by stage", "journey", "all_stages"),
        ("Journey that may leave stages out", "journey", "any_stage"),
        ("Any order, all stages before", "any_order", "all_stages"),
        ("Any order, any stage", "any_order", "any_stage"),
    ],
)
def test_the_funnel_on_the_page_is_the_one_that_the_files_have(built, page: Page, caption, order, stage_filter):
    _, recount = built
    rows = page.table("funnel", caption)
    counts = recount.funnel(order, stage_filter, None)
    assert [row[0] for row in rows.values()] == [f"{count:,}" for count in counts]
    assert rows["Activated"][1] == rows["Activated"][2] == percent(Fraction(counts[1], counts[0]))


def test_the_revenue_on_the_page_is_what_the_deals_add_up_to(built, page: Page):
    _, recount = built
    cards = page.cards("overview")
    november, october, september = "2026-11", "2026-10", "2026-09"
    assert cards["Net new ARR"].startswith(f"{int(recount.new_arr(november)):,} November so far Goal 45,000: ")
    assert percent(recount.new_arr(november) / 45_000) in cards["Net new ARR"]
    before = [f"{int(recount.new_arr(month)):,}" for month in (october, september)]
    assert f"Oct 26: {before[0]}, the month before {before[1]}" in cards["Net new ARR"]
    assert cards["Deals won"].startswith(f"{len(recount.won_in(november))} November so far Goal 3: ")
    assert cards["Win rate"].startswith(f"{percent(recount.win_share(november))} November so far Goal 20 %: met")


def test_an_average_of_too_few_deals_is_not_on_the_page(built, page: Page):
    _, recount = built
    won = recount.won_in("2026-11")
    assert len(won) < 10
    told = page.cards("revenue")["Average deal"]
    assert told.startswith(f"Too few to say {len(won)} of 10 needed, November so far")


def test_the_forecast_on_the_page_is_what_open_deals_are_worth(built, page: Page):
    _, recount = built
    rows = page.table("revenue", "Forecast against the goal")
    for name, month in (("November 2026", "2026-11"), ("December 2026", "2026-12")):
        forecast = recount.forecast(month)
        assert rows[name] == [f"{float(forecast):,.0f}", "45,000", percent(forecast / 45_000)]


def test_the_scores_on_the_page_are_those_of_everybody(built, page: Page):
    _, recount = built
    scored = recount.now.scores.values()
    bins = Counter((min(score.combined_score, 99) // 10 * 10, score.band) for score in scored)
    (table,) = [
        one for one in page.section("scores").all("table") if one.one("caption").text == "Combined scores today"
    ]
    found = {
        (int("".join(filter(str.isdigit, row[0].split(DASH)[0]))), row[1]): int(row[2])
        for row in ([cell.text for cell in line.children if not isinstance(cell, str)] for line in table.all("tr")[1:])
    }
    assert found == bins


def test_the_handoffs_on_the_page_are_those_of_the_calls(built, page: Page):
    _, recount = built
    by_owner = page.table("handoffs", "By account executive, ever since known")
    names = {
        made.owner_email: made.owner_email.partition("@")[0].replace(".", " ").title() for made in recount.handoffs
    }
    counts = Counter(names[made.owner_email] for made in recount.handoffs)
    assert {name: int(row[0]) for name, row in by_owner.items() if row[0] not in ("0", NOTHING)} == counts
    breaches = page.table("handoffs", "Breaches of the last 14 days")
    users = {row["email"]: row["user_id"] for row in read_csv(SAMPLE_DIR / "landing" / "product" / "users.csv")}
    answers = {
        users[made.email]: None if made.answered_at is None else (made.answered_at - made.at) / timedelta(hours=1)
        for made in recount.handoffs
        if (made.answered_at or AS_OF) - made.at > timedelta(hours=2)
    }
    late = {user: "none yet" if hours is None else duration(hours) for user, hours in answers.items()}
    assert len(late) == recount.breaches()
    assert {user: row[-1] for user, row in breaches.items()} == late
    assert f"{recount.breaches()} handoffs of the last 14 days had no answer in time" in page.section("attention").text


def test_nobody_of_the_sample_is_on_the_page_by_address(page: Page):
    users = read_csv(SAMPLE_DIR / "landing" / "product" / "users.csv")
    assert len(users) > 200
    assert [row["email"] for row in users if row["email"] in page.text] == []


AUDITED = (
    "behaviours",
    "thresholds",
    "separations",
    "distributions",
    "weekly",
    "score_quarters",
    "conversion_quarters",
)


def test_the_audit_on_the_page_is_the_same_without_the_builds_that_history_knows(built):
    pipeline, _ = built
    published, recomputed = pipeline.data_dir / "published", pipeline.data_dir / "recomputed"
    snapshot = current_snapshot(published)
    kept, needed = earlier_snapshots(published, recomputed), adding_to_history(snapshot, published, recomputed)
    assert len(needed) < len(kept)
    of_all, of_needed = audit_of(snapshot, kept), audit_of(snapshot, needed)
    assert [part for part in AUDITED if not getattr(of_all, part).equals(getattr(of_needed, part))] == []
    assert of_all.recommendations == of_needed.recommendations
