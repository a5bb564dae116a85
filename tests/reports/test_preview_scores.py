"""Whose scores two sets of rules see otherwise, and why."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.preview.scores import NOT_SCORED, Reason, compare_scores, largest_movers
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.small_snapshot import person, publish_small

WEIGHTS = {"fit_weight": Decimal("0.4"), "engagement_weight": Decimal("0.6")}


def scored(user_id: str, pql: int = 0, fit: int = 0, combined: int = 0, band: str = "nurture", **columns) -> dict:
    scores = {"pql_score": pql, "fit_score": fit, "combined_score": combined, "band": band}
    return person(user_id, **scores, **WEIGHTS | columns)


def reason(user_id: str, rule_id: str, points: int, score: str = "pql") -> dict:
    names = {"user_id": user_id, "score_name": score, "kind": "engagement", "rule_id": rule_id}
    return names | {"label": rule_id.upper(), "points": points}


@pytest.fixture
def publish(tmp_path: Path):
    def publish(name: str, people: list[dict], reasons: list[dict] | None = None, rules: Path = SHIPPED_RULES_DIR):
        rows = {"score__contact_scores": people, "score__contact_score_reasons": reasons or []}
        return publish_small(tmp_path / name, rules_dir=rules, **rows)

    return publish


def movers(before: Snapshot, after: Snapshot, limit: int = 20):
    return largest_movers(before, after, compare_scores(before, after), limit)


def test_whoever_moves_most_comes_first_and_equals_by_what_else_moves(publish):
    before = publish("before", [scored(name) for name in "abcdef"])
    moved = [
        scored("a", combined=3),
        scored("b", combined=-8, pql=1),
        scored("c", combined=8, pql=1, band="mql"),
        scored("d", combined=8, pql=2),
        scored("e", band="mql"),
        scored("f"),
    ]
    after = publish("after", moved)
    assert [mover.user_id for mover in movers(before, after)] == ["d", "c", "b", "a", "e"]
    assert [mover.user_id for mover in movers(before, after, limit=2)] == ["d", "c"]
    changes = compare_scores(before, after)
    assert (changes.moved("pql"), changes.moved("fit"), changes.moved("pql", "combined"), changes.crossed) == (
        3,
        0,
        4,
        2,
    )
    assert changes.matrix() == {("nurture", "nurture"): 4, ("nurture", "mql"): 2}


def test_the_rules_that_give_other_points_are_named_the_largest_move_first(publish):
    before = publish(
        "before", [scored("a", 30)], [reason("a", "same", 10), reason("a", "gone", 5), reason("a", "less", 20)]
    )
    after = publish(
        "after",
        [scored("a", 22)],
        [reason("a", "same", 10), reason("a", "less", 8), reason("a", "new", 4), reason("a", "gone", 2, "fit")],
    )
    (mover,) = movers(before, after)
    assert mover.scores["pql"] == (30, 22)
    assert mover.reasons == (Reason("LESS", 20, 8), Reason("GONE", 5, 0), Reason("NEW", 0, 4), Reason("GONE", 0, 2))
    assert mover.weights is None


def test_other_weights_are_told_as_what_moved_the_score(publish):
    before = publish("before", [scored("a", combined=10)])
    after = publish("after", [scored("a", combined=12, fit_weight=Decimal("0.5"))])
    assert movers(before, after)[0].weights == (
        (Decimal("0.4"), Decimal("0.6")),
        (Decimal("0.5"), Decimal("0.6")),
    )


def test_whom_only_one_set_of_rules_scores_is_counted_as_such(publish):
    before, after = publish("before", [scored("a"), scored("b")]), publish("after", [scored("b"), scored("c", 40)])
    changes = compare_scores(before, after)
    assert changes.matrix() == {("nurture", NOT_SCORED): 1, ("nurture", "nurture"): 1, (NOT_SCORED, "nurture"): 1}
    assert changes.bands == (NOT_SCORED, "nurture", "mql", "pql")
    assert [(mover.user_id, mover.scores["pql"]) for mover in movers(before, after)] == [
        ("c", (None, 40)),
        ("a", (0, None)),
    ]


def test_bands_of_both_sets_of_rules_stand_in_the_order_of_their_scores(publish, tmp_path: Path):
    renamed = tmp_path / "renamed"
    shutil.copytree(SHIPPED_RULES_DIR, renamed)
    file = renamed / "score_bands.csv"
    file.write_text(file.read_text().replace("mql,40,69", "warm,30,69").replace("nurture,0,39", "nurture,0,29"))
    changes = compare_scores(publish("before", [scored("a")]), publish("after", [scored("a")], rules=renamed))
    assert changes.bands == ("nurture", "warm", "mql", "pql")
