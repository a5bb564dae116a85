"""Why somebody has their score: every rule that counted, to the point, and what sales needed."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.explanation import NobodyFound, explain
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
        "  combined score 28 (mql); activated 2026-11-17\n"
        "  last active 2026-11-20, 14 key actions this week, 3 active users at c1\n"
        "  pql score 30\n"
        "         +25  5+ logins in 7 days (12), last held 2026-11-20\n"
        "    +8.123456789  invited a teammate (2), last held 2026-11-18\n"
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
        "  combined score 0 (nurture); not activated\n"
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
