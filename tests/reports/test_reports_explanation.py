"""Why somebody has their score: every rule that counted, to the point, and what sales needed."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.explanation import explain
from dagster_project.reports.person_marts import NobodyFound
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.small_snapshot import person, publish_small

NORA = person(
    "u1",
    contact_email="nora@brightloom.io",
    first_name="Nora",
    last_name="Lindqvist",
    company_id="c1",
    pql_score=30,
    fit_score=25,
    combined_score=28,
    band="mql",
    activation_status="activated",
    activated_at=datetime(2026, 11, 17, 8),
    last_active_at=datetime(2026, 11, 20, 8, 10),
    key_action_7d_count=14,
    company_active_users_30d=3,
)
MET = {"condition_id": "1_activated", "property": "activation_status", "operator": "is", "value": "activated"}
MISSED = {"condition_id": "2_score", "property": "combined_score", "operator": "at_least", "value": "50"}


def reason(points: str, **columns: object) -> dict:
    known = {"user_id": "u1", "score_name": "pql", "kind": "engagement", "rule_id": "rule", "label": "did something"}
    return known | {"points": Decimal(points)} | columns


NORAS_REASONS = [
    reason("25", rule_id="logins", label="5+ logins in 7 days", found="12.0000", last_met_at=datetime(2026, 11, 20, 8)),
    reason(
        "8.123456789", rule_id="invite", label="invited a teammate", found="2", last_met_at=datetime(2026, 11, 18, 9)
    ),
    reason("-3.5", rule_id="quiet", kind="negative", label="opened a ticket", found="1.5000"),
    reason("0.376543211", rule_id="rounding", kind="rounding", label="rounded"),
    reason("15", score_name="fit", rule_id="title", kind="fit", label="title", found="Head of Data 1.10"),
    reason("10", score_name="fit", rule_id="size", kind="fit", label="size", found="85"),
]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return publish_small(
        tmp_path / "published",
        score__contact_scores=[NORA, person("u2", contact_email="else@brightloom.io")],
        score__contact_score_reasons=NORAS_REASONS,
        decide__sales_qualifications=[
            MET | {"user_id": "u1", "found": "activated", "is_met": True},
            MISSED | {"user_id": "u1", "found": "28", "is_met": False},
        ],
    )


def explained(folder: Path, email: str = "nora@brightloom.io", **rows: list[dict]) -> str:
    return explain(publish_small(folder / "published", **rows), email)


def shown_points(text: str, score: str) -> tuple[Decimal, Decimal]:
    """The score that is shown, and the sum of the points shown below it."""
    block = re.search(rf"^  {score} score (\d+)\n((?:    .*\n)*)", text + "\n", re.MULTILINE)
    points = re.findall(r"^ +([+-][\d.]+)  ", block[2], re.MULTILINE)
    return Decimal(block[1]), sum(map(Decimal, points), Decimal(0))


def test_a_person_is_explained_to_the_point(snapshot: Snapshot):
    assert explain(snapshot, "nora@brightloom.io") == (
        "Nora Lindqvist (user u1), as of 2026-11-20 09:00 UTC\n"
        "  combined score 28 (mql)\n"
        "  activated 2026-11-17\n"
        "  last active 2026-11-20, 14 key actions this week, 3 active users at c1\n"
        "  pql score 30\n"
        "         +25  5+ logins in 7 days (12), last held 2026-11-20 08:00\n"
        "    +8.123456789  invited a teammate (2), last held 2026-11-18 09:00\n"
        "    +0.376543211  rounded\n"
        "        -3.5  opened a ticket (1.5)\n"
        "  fit score 25\n"
        "         +15  title (Head of Data 1.10)\n"
        "         +10  size (85)\n"
        "  not sales qualified\n"
        "    met     activation_status is activated: activated\n"
        "    MISSED  combined_score at_least 50: 28"
    )


def test_the_points_that_are_shown_add_up_to_the_score_that_is_shown(snapshot: Snapshot):
    text = explain(snapshot, "nora@brightloom.io")
    assert shown_points(text, "pql") == (30, 30)
    assert shown_points(text, "fit") == (25, 25)


def test_the_address_is_found_however_it_is_written(snapshot: Snapshot):
    assert explain(snapshot, " Nora@BrightLoom.io ") == explain(snapshot, "nora@brightloom.io")


@pytest.mark.parametrize("email", ["ana@bücher.example", "Ana@BU\u0308CHER.example ", "ana@xn--bcher-kva.example"])
def test_an_address_is_found_in_either_spelling_of_its_domain(tmp_path: Path, email: str):
    ana = person("u1", contact_email="ana@xn--bcher-kva.example")
    snapshot = publish_small(tmp_path / "published", score__contact_scores=[ana])
    assert "user u1" in explain(snapshot, email)


@pytest.mark.parametrize("points", ["0", "1000", "0.000000001", "-20.10"])
def test_points_are_written_as_people_write_numbers(tmp_path: Path, points: str):
    text = explained(tmp_path, score__contact_scores=[NORA], score__contact_score_reasons=[reason(points)])
    (shown,) = re.findall(r"([+-]\S+)  did something", text)
    assert Decimal(shown) == Decimal(points)
    assert "E" not in shown
    assert not re.search(r"\.\d*0$", shown)


def test_one_of_anything_is_not_many(tmp_path: Path):
    alone = NORA | {"key_action_7d_count": 1, "company_active_users_30d": 1}
    text = explained(tmp_path, score__contact_scores=[alone])
    assert "1 key action this week, 1 active user at c1" in text


def test_a_score_without_reasons_says_that_no_rule_counted(tmp_path: Path):
    text = explained(tmp_path, score__contact_scores=[NORA])
    assert text.count("no rule gave or took points") == 2


def test_several_users_with_one_address_are_explained_one_after_the_other_the_best_first(tmp_path: Path):
    both = [
        person("old", contact_email="nora@brightloom.io", first_name="Nora", combined_score=5),
        person("new", contact_email="nora@brightloom.io", first_name="Nora", combined_score=40),
    ]
    reasons = [reason("7", user_id="old", label="of the old one"), reason("9", user_id="new", label="of the new one")]
    text = explained(tmp_path, score__contact_scores=both, score__contact_score_reasons=reasons)
    first, second = text.split("\n\n")
    assert first.startswith("Nora (user new)")
    assert second.startswith("Nora (user old)")
    assert "of the new one" in first
    assert "of the old one" not in first
    assert "of the old one" in second


@pytest.mark.parametrize(("others", "among"), [(1, "the 1 person scored"), (2, "the 2 people scored")])
def test_somebody_unknown_is_told_with_where_was_looked(tmp_path: Path, others: int, among: str):
    people = [person(f"u{number}", contact_email=f"u{number}@a.io") for number in range(others)]
    with pytest.raises(NobodyFound) as nobody:
        explained(tmp_path, "who@a.io", score__contact_scores=people)
    assert str(nobody.value) == f"Nobody has the address who@a.io among {among} as of 2026-11-20 09:00 UTC."


@pytest.mark.parametrize("email", ["' or 1=1 --", "%", "", "   ", "nora@brightloom.io'"])
def test_what_is_no_address_finds_nobody(snapshot: Snapshot, email: str):
    with pytest.raises(NobodyFound):
        explain(snapshot, email)


def test_somebody_whom_only_hubspot_knows_has_done_nothing_and_is_explained_all_the_same(tmp_path: Path):
    lead = person("hubspot:77", contact_email="lead@brightloom.io")
    assert explained(tmp_path, "lead@brightloom.io", score__contact_scores=[lead]) == (
        "lead@brightloom.io (user hubspot:77), as of 2026-11-20 09:00 UTC\n"
        "  combined score 0 (nurture)\n"
        "  not activated\n"
        "  last active never, 0 key actions this week, 0 active users at no known company\n"
        "  pql score 0\n"
        "           no rule gave or took points\n"
        "  fit score 0\n"
        "           no rule gave or took points\n"
        "  not sales qualified"
    )


def test_who_meets_every_condition_is_sales_qualified(tmp_path: Path):
    met = [MET | {"user_id": "u1", "found": "activated", "is_met": True}]
    text = explained(tmp_path, score__contact_scores=[NORA], decide__sales_qualifications=met)
    assert "\n  sales qualified\n    met     activation_status is activated: activated" in text


def test_what_is_not_known_is_said_to_be_not_known(tmp_path: Path):
    unknown = [MISSED | {"user_id": "u1", "found": None, "is_met": False}]
    text = explained(tmp_path, score__contact_scores=[NORA], decide__sales_qualifications=unknown)
    assert text.endswith("  not sales qualified\n    MISSED  combined_score at_least 50: not known")


def test_each_handoff_is_told_with_its_owner_in_the_order_they_were_made(tmp_path: Path):
    def handoff(episode: int, state: str, owner: str | None, why: str) -> dict:
        return {
            "handoff_id": f"h{episode}",
            "record_key": "u1",
            "episode": episode,
            "handoff_state": state,
            "handed_off_at": datetime(2026, 10 + episode, 20, tzinfo=UTC).replace(tzinfo=None),
            "owner_email": owner,
            "owner_reason": why,
        }

    handoffs = [
        handoff(2, "waiting", None, "nobody_available"),
        handoff(1, "acknowledged", "dana@orbit.example", "round_robin"),
        handoff(1, "acknowledged", "else@orbit.example", "round_robin") | {"handoff_id": "x", "record_key": "u2"},
    ]
    text = explained(tmp_path, score__contact_scores=[NORA], decide__handoffs=handoffs)
    assert text.endswith(
        "\n  handoff acknowledged on 2026-11-20 to dana@orbit.example (round_robin)"
        "\n  handoff waiting on 2026-12-20 to nobody yet (nobody_available)"
    )
    assert "else@orbit.example" not in text


def test_a_handoff_says_why_and_whose_turn_it_was_and_a_return_says_why(tmp_path: Path):
    at = datetime(2026, 11, 20)
    handoff = {
        "handoff_id": "h1",
        "record_key": "u1",
        "episode": 1,
        "handoff_state": "acknowledged",
        "handed_off_at": at,
        "owner_email": "dana@orbit.example",
        "owner_reason": "round_robin",
        "pool": "account_executives",
        "turn": 3,
        "handoff_reason": "PQL score 80.",
    }
    back = {
        "return_id": "r1",
        "record_key": "u1",
        "episode": 1,
        "return_state": "acknowledged",
        "returned_at": at + timedelta(days=14),
        "return_reason": "The owner did nothing.",
    }
    others = [back | {"return_id": "r2", "record_key": "u2", "return_reason": "Not hers"}]
    text = explained(
        tmp_path, score__contact_scores=[NORA], decide__handoffs=[handoff], decide__returns=[back, *others]
    )
    assert text.endswith(
        "\n  handoff acknowledged on 2026-11-20 to dana@orbit.example (round_robin, turn 3 in account_executives)"
        "\n    PQL score 80."
        "\n  return to marketing acknowledged on 2026-12-04: The owner did nothing."
    )


def test_the_smallest_fit_score_is_a_gate_of_its_own(tmp_path: Path):
    fit = {"condition_id": "min_fit_score", "property": "zo_fit_score", "operator": ">=", "value": "5", "found": "3"}
    rows = [fit | {"user_id": "u1", "is_met": False}]
    text = explained(tmp_path, score__contact_scores=[NORA], decide__sales_qualifications=rows)
    assert text.endswith("  not sales qualified\n    MISSED  zo_fit_score >= 5: 3 (2 away)")


# Where points come from, step by step


def told(folder: Path, *reasons: dict, **columns: object) -> str:
    return explained(folder, score__contact_scores=[NORA | columns], score__contact_score_reasons=list(reasons))


def engagement(points: str, full: str, factor: str, decayed: str, **columns: object) -> dict:
    exact = {"points_full": Decimal(full), "decay_factor": Decimal(factor), "points_decayed": Decimal(decayed)}
    return reason(points, is_met=True, **exact, **columns)


def test_points_are_told_before_and_after_decay_and_caps(tmp_path: Path):
    text = told(
        tmp_path,
        engagement("4", "20", "0.25", "5", label="trial"),
        engagement("25", "25", "1", "25", label="feature"),
        engagement("0", "7", "1", "7", label="page views"),
    )
    assert "     +25  feature\n" in text
    assert "      +4  trial, 20 points * 0.25 by decay = 5, 5 points capped to 4\n" in text
    assert "      +0  page views, 7 points capped to 0\n" in text


def test_a_reason_says_when_it_was_earned_when_it_decays_next_and_by_which_event(tmp_path: Path):
    text = told(
        tmp_path,
        engagement(
            "20",
            "20",
            "1",
            "20",
            label="5+ logins",
            found="6.0000",
            operator=">=",
            threshold=Decimal(5),
            last_met_at=datetime(2026, 11, 20, 8, 15),
            next_decay_at=datetime(2027, 2, 18, 8, 15),
            proof_event_id="evt_77",
        ),
    )
    assert (
        "     +20  5+ logins (6, asked >= 5), last held 2026-11-20 08:15, next decays 2027-02-18 08:15, "
        "proved by event evt_77\n"
    ) in text


def test_a_fit_reason_says_where_the_value_was_found_and_the_score_how_much_was_known(tmp_path: Path):
    text = told(
        tmp_path,
        reason("15", score_name="fit", kind="fit", label="Senior", found="Head of Data", found_in="hubspot"),
        fit_completeness_pct=75,
        is_icp_match=False,
    )
    assert "  fit score 25, 75 % of what it asks for is known; not the ideal customer\n" in text
    assert "     +15  Senior (Head of Data, from hubspot)\n" in text


def test_a_rule_that_is_not_met_is_no_reason_of_the_score(tmp_path: Path):
    text = told(tmp_path, reason("0", is_met=False, label="Invited 2+ teammates", found="1"))
    assert "Invited" not in text
    assert text.count("no rule gave or took points") == 2


def test_the_combined_score_is_told_with_the_weights_it_was_made_by(tmp_path: Path):
    exact = {"fit_points": Decimal("12.5"), "pql_points": Decimal(80), "combined_score": 29}
    snapshot = publish_small(
        tmp_path / "published",
        rules_dir=SHIPPED_RULES_DIR,
        score__contact_scores=[NORA | exact | {"weight_profile": "enterprise"}],
    )
    assert (
        "  combined score 29 (mql) = 0.75 * 12.5 fit + 0.25 * 80 pql = 29.375, rounded half up; profile enterprise\n"
    ) in explain(snapshot, "nora@brightloom.io")


def test_habit_dormancy_adoption_and_priority_are_told_where_they_are_known(tmp_path: Path):
    text = told(
        tmp_path,
        is_habitual=True,
        habitual_since=datetime(2026, 11, 1),
        time_to_value_hours=26,
        key_feature_count_30d=3,
        key_actions_per_active_day=Decimal("2.5"),
        active_teammates_30d=1,
        teammates_invited_count=2,
        sales_priority="low",
    )
    assert "  activated 2026-11-17, 26 hours after sign-up; uses it out of habit since 2026-11-01\n" in text
    assert (
        "  adoption in the last 30 days: 3 key features used, 2.5 key actions per active day, 1 active teammate, "
        "2 teammates invited so far\n"
    ) in text
    assert "  low priority for sales: free mail, or a small company\n" in text
    assert "; dormant for 30+ days\n" in told(tmp_path, is_dormant=True, dormant_for_days=30)


def test_signals_are_told_live_ones_first_with_what_they_are_about(tmp_path: Path):
    def signal(strength: int, label: str, **columns: object) -> dict:
        seen = {"first_at": datetime(2026, 11, 1), "last_at": datetime(2026, 11, 18)}
        return {"user_id": "u1", "signal_id": f"s{strength}", "strength": strength, "label": label} | seen | columns

    text = explained(
        tmp_path,
        score__contact_scores=[NORA],
        score__contact_signals=[
            signal(1, "Hit the paywall", is_live=False, detail="exports"),
            signal(3, "Team is growing", is_live=True),
        ],
    )
    assert (
        "  signals, the strongest first\n"
        "    live    Team is growing, first 2026-11-01, last 2026-11-18\n"
        "    past    Hit the paywall (exports), first 2026-11-01, last 2026-11-18\n"
    ) in text


def test_a_missed_gate_says_how_much_is_missing(tmp_path: Path):
    missed = {"user_id": "u1", "condition_id": "1", "property": "zo_pql_score", "value": "50", "is_met": False}
    text = explained(
        tmp_path,
        score__contact_scores=[NORA],
        decide__sales_qualifications=[missed | {"operator": ">=", "found": "38"}],
    )
    assert text.endswith("    MISSED  zo_pql_score >= 50: 38 (12 away)")


def test_the_last_changes_are_told_and_none_from_after_the_clock_of_the_marts(tmp_path: Path):
    def change(day: int, before: int | None, after: int, **columns: object) -> dict:
        bands = {"band_from": "nurture" if before else None, "band_to": "mql"}
        scores = {"combined_score_from": before, "combined_score_to": after, "pql_score_from": 5, "pql_score_to": 5}
        known = {"user_id": "u1", "changed_at": datetime(2026, 11, day), "is_first": before is None}
        return known | bands | scores | {"fit_score_from": 1, "fit_score_to": 1} | columns

    changes = [
        change(1, None, 30),
        *(change(day, day, day + 1, reasons_moved=f"rule +{day}") for day in range(2, 8)),
        change(8, 39, 40, band_crossed="up", reasons_moved="logins_in_7_days +20; trial -5"),
        change(30, 1, 2, reasons_moved="later +1"),
    ]
    text = explained(tmp_path, score__contact_scores=[NORA], score__score_changes=changes)
    assert text.endswith(
        "  changes, the newest first\n"
        "    2026-11-08 00:00  combined 39 → 40, up from nurture to mql: logins_in_7_days +20; trial -5\n"
        "    2026-11-07 00:00  combined 7 → 8: rule +7\n"
        "    2026-11-06 00:00  combined 6 → 7: rule +6\n"
        "    2026-11-05 00:00  combined 5 → 6: rule +5\n"
        "    2026-11-04 00:00  combined 4 → 5: rule +4\n"
        "    and 3 before (score.score_changes)"
    )
    first = explained(tmp_path, score__contact_scores=[NORA], score__score_changes=changes[:1])
    assert first.endswith("    2026-11-01 00:00  first scored: combined 30 (mql)")
