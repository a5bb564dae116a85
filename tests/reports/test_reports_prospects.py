"""What would change a score next: by decay, by silence, by one rule more, and how far it is to the next band."""

import csv
import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.reports.explanation import explain
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.small_snapshot import person, publish_small

EMAIL = "nora@brightloom.io"
# Half of 70 would be 35; the shipped rules cap nothing here.
TRIAL = ("trial_started", "20", "1", "20")
FEATURE = ("key_activation_feature", "25", "0.5", "12.5")


def met(rule_id: str, full: str, factor: str, decayed: str, **columns: object) -> dict:
    return {
        "user_id": "u1",
        "score_name": "pql",
        "kind": "engagement",
        "rule_id": rule_id,
        "label": rule_id,
        "is_met": True,
        "points_full": Decimal(full),
        "decay_factor": Decimal(factor),
        "points_decayed": Decimal(decayed),
        "points": Decimal(decayed),
        **columns,
    }


def missed(rule_id: str, found: str) -> dict:
    known = {"user_id": "u1", "score_name": "pql", "kind": "engagement", "rule_id": rule_id, "label": rule_id}
    return known | {"is_met": False, "found": found, "points": Decimal(0)}


def scored(pql: str, fit: str, pql_score: int, combined: int, **columns: object) -> dict:
    exact = {"pql_points": Decimal(pql), "fit_points": Decimal(fit), "negative_points": Decimal(0)}
    scores = {"pql_score": pql_score, "combined_score": combined, "fit_score": int(Decimal(fit))}
    return person("u1", contact_email=EMAIL, weight_profile="plg", **exact | scores | columns)


def told(folder: Path, scores: dict, *reasons: dict, rules_dir: Path = SHIPPED_RULES_DIR) -> list[str]:
    """The lines on what would change next."""
    snapshot = publish_small(
        folder / "published",
        rules_dir=rules_dir,
        score__contact_scores=[scores],
        score__contact_score_reasons=list(reasons),
    )
    text = explain(snapshot, EMAIL)
    return [line.strip() for line in text.partition("  what would change next")[2].splitlines() if line.strip()]


def changed_rules(folder: Path, file: str, key: str, **cells: str) -> Path:
    """The shipped rules with other cells in one row."""
    rules_dir = folder / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules_dir)
    with (rules_dir / file).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if key in row.values():
            row.update(cells)
    with (rules_dir / file).open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return rules_dir


def test_the_next_decay_is_told_with_its_moment_its_points_and_the_scores_it_leads_to(tmp_path: Path):
    lines = told(
        tmp_path,
        scored("32.5", "50", 33, 40),
        met(*TRIAL, next_decay_at=datetime(2027, 2, 1, 9)),
        met(*FEATURE, next_decay_at=datetime(2026, 12, 24, 18, 30)),
    )
    # 12.5 → 6.25: 26.25 points, and 0.4 * 50 + 0.6 * 26.25 = 35.75.
    assert lines[0] == (
        "on 2026-12-24 18:30 UTC by decay: Key activation feature used 12.5 → 6.25; "
        "pql 33 → 26, combined 40 → 36 (nurture)"
    )


def test_what_decays_at_one_moment_is_told_together(tmp_path: Path):
    at = datetime(2026, 12, 24)
    lines = told(tmp_path, scored("32.5", "50", 33, 40), met(*TRIAL, next_decay_at=at), met(*FEATURE, next_decay_at=at))
    assert lines[0] == (
        "on 2026-12-24 00:00 UTC by decay: Free trial started 20 → 10; Key activation feature used 12.5 → 6.25; "
        "pql 33 → 16, combined 40 → 30 (nurture)"
    )


def test_a_decay_below_a_cap_does_not_move_the_score(tmp_path: Path):
    rules_dir = changed_rules(tmp_path, "score_groups.csv", "product_signals", cap="10")
    lines = told(
        tmp_path,
        scored("10", "50", 10, 26),
        met(*TRIAL, next_decay_at=datetime(2026, 12, 24)) | {"points": Decimal(10)},
        rules_dir=rules_dir,
    )
    assert lines[0].endswith("Free trial started 20 → 10; the scores stay at 10 and 26")


def test_the_first_rule_on_silence_is_told_with_the_moment_after_which_it_holds(tmp_path: Path):
    active = {"last_active_at": datetime(2026, 11, 18, 7, 45)}
    lines = told(tmp_path, scored("20", "50", 20, 32, **active), met(*TRIAL))
    assert (
        "after 2026-12-18 07:45 UTC without any activity: Inactive for over 30 days -20; "
        "pql 20 → 0, combined 32 → 20 (nurture)"
    ) in lines


def test_a_rule_on_silence_that_holds_already_is_not_told_again(tmp_path: Path):
    scores = scored("0", "50", 0, 20, last_active_at=datetime(2026, 9, 1)) | {"negative_points": Decimal(-20)}
    held = {"user_id": "u1", "score_name": "pql", "kind": "negative", "rule_id": "inactive_over_30_days"}
    with (SHIPPED_RULES_DIR / "negative_rules.csv").open(newline="") as stream:
        (rule,) = [row for row in csv.DictReader(stream) if row["condition"] == "inactive_days"]
    lines = told(
        tmp_path, scores, met(*TRIAL), held | {"rule_id": rule["rule_id"], "label": "quiet", "points": Decimal(-20)}
    )
    assert not [line for line in lines if "without any activity" in line]


def test_rules_that_are_nearly_met_come_first_with_what_is_missing_and_what_they_would_give(tmp_path: Path):
    lines = told(
        tmp_path,
        scored("20", "50", 20, 32),
        met(*TRIAL),
        missed("teammates_invited", "1"),
        missed("logins_in_7_days", "4"),
    )
    near = [line for line in lines if line.startswith("if ")]
    assert near == [
        "if 5+ logins in 7 days: found 4, 1 more needed, +20; pql 20 → 40, combined 32 → 44 (mql)",
        "if Invited 2+ teammates: found 1, 1 more needed, +15; pql 20 → 35, combined 32 → 41 (mql)",
        "if Key activation feature used: nothing found, 1 more needed, +25; pql 20 → 45, combined 32 → 47 (mql)",
    ]


def test_a_rule_that_is_switched_off_gives_nothing_and_is_not_told(tmp_path: Path):
    lines = told(tmp_path, scored("20", "50", 20, 32), met(*TRIAL), missed("webinar_attended", "0"))
    assert not [line for line in lines if "ebinar" in line]


@pytest.mark.parametrize(
    ("pql", "fit", "pql_score", "combined", "line"),
    [
        # 0.4 * 50 + 0.6 * 32.5 = 39.5 rounds up to 40.
        ("20", "50", 20, 32, "8 points to the band mql: 12.5 pql points more"),
        ("20", "0", 20, 12, "28 points to the band mql: 45.84 pql points more"),
    ],
)
def test_the_next_band_is_told_with_the_points_that_lead_there(
    tmp_path: Path, pql: str, fit: str, pql_score: int, combined: int, line: str
):
    assert line in told(tmp_path, scored(pql, fit, pql_score, combined), met(*TRIAL))


def test_a_band_that_no_use_leads_to_is_said_to_be_out_of_reach(tmp_path: Path):
    full = [met("trial_started", "20", "1", "20"), met("key_activation_feature", "25", "1", "25")]
    lines = told(tmp_path, scored("45", "20", 45, 35) | {"fit_points": Decimal(20)}, *full)
    assert "5 points to the band mql: 7.5 pql points more" in lines
    rules_dir = changed_rules(tmp_path, "score_weights.csv", "plg", fit_weight="0.9", engagement_weight="0.1")
    out_of_reach = told(tmp_path, scored("45", "20", 45, 23), *full, rules_dir=rules_dir)
    assert "17 points to the band mql: pql points alone do not lead there" in out_of_reach


def test_in_the_highest_band_no_band_is_next(tmp_path: Path):
    rules_dir = changed_rules(tmp_path, "engagement_rules.csv", "trial_started", points="100")
    lines = told(tmp_path, scored("100", "100", 100, 100), met("trial_started", "100", "1", "100"), rules_dir=rules_dir)
    assert not [line for line in lines if "to the band" in line]


def test_without_the_rules_that_made_the_scores_nothing_is_foretold(tmp_path: Path):
    snapshot = publish_small(
        tmp_path / "published",
        rules_dir=SHIPPED_RULES_DIR,
        score__contact_scores=[scored("20", "50", 20, 99)],
        score__contact_score_reasons=[met(*TRIAL)],
    )
    assert explain(snapshot, EMAIL).endswith(
        "  what would change next cannot be computed: these marts were made with other rules than are beside them"
    )
    older = publish_small(tmp_path / "older", score__contact_scores=[scored("20", "50", 20, 32)])
    assert "what would change next" not in explain(older, EMAIL)
