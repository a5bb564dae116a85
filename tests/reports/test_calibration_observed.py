"""Who an audit judges by, and what they did before."""

from pathlib import Path

import pytest

from dagster_project.reports.calibration.audit import audit
from dagster_project.reports.calibration.behaviours import behaviours_before_winning, measures_before_winning
from dagster_project.reports.calibration.evidence import read_evidence
from dagster_project.reports.calibration.observed import observe
from tests.reports.calibration_world import World, ago, divided_world
from tests.small_snapshot import person


def test_a_contact_is_judged_by_the_highest_score_it_had_before_it_bought(tmp_path: Path):
    world = World()
    world.contact("bought", won=20)
    for days, score in ((90, 30), (60, 55), (40, 10), (19, 99)):
        world.scored("bought", days, pql=score)
    world.scored("bought", 20, pql=98)  # At the moment itself it is too late.
    scored = observe(world.evidence(tmp_path), "won").scored
    assert scored.select("user_id", "is_hit", "pql_score", "last_pql_score").rows() == [("bought", True, 55, 10)]


def test_colleagues_newcomers_and_who_was_never_scored_before_do_not_count(tmp_path: Path):
    world = World()
    world.contact("bought", won=20, company_id="c1")
    world.contact("colleague", company_id="c1")
    world.contact("deal_without_names", company_id="c2")
    world.add("report__deals", deal_id="1", deal_state="won", company_id="c2")
    world.contact("open_deal", company_id="c3")
    world.add("report__deals", deal_id="2", deal_state="open", company_id="c3")
    world.contact("new", signed_up_at=ago(29))
    world.contact("scored_late")
    world.contact("other")
    world.contact("no_date", won=1, won_at=None)
    for user_id in ("colleague", "new", "other", "open_deal"):
        world.scored(user_id, 90, pql=40)
    world.scored("scored_late", 29, pql=40)
    world.scored("other", 29, pql=90)
    world.scored("bought", 10, pql=40)
    evidence = world.evidence(tmp_path)

    won = observe(evidence, "won")
    assert won.compared["user_id"].to_list() == ["bought", "open_deal", "other", "scored_late"]
    # What somebody scored in the last 30 days has had no time to come to anything.
    assert won.scored.select("user_id", "pql_score").rows() == [("open_deal", 40), ("other", 40)]
    told = {(of, reason): count for _, of, reason, count in won.left_out.rows()}
    assert told == {
        ("all", "bought, and nobody knows when"): 1,
        ("all", "colleagues of somebody who bought"): 2,
        ("all", "signed up in the last 30 days"): 1,
        ("scores", "bought, with no score from before"): 1,
        ("scores", "no score from 30 days ago or before"): 1,
    }
    assert "open_deal" not in observe(evidence, "opportunity").compared["user_id"].to_list()


def test_everybody_is_either_compared_or_left_out_once(tmp_path: Path):
    evidence = divided_world().evidence(tmp_path)
    for outcome in ("won", "opportunity"):
        found = observe(evidence, outcome)
        left_out = {"all": 0, "scores": 0}
        for row in found.left_out.iter_rows(named=True):
            left_out[row["left_out_of"]] += row["contact_count"]
        assert found.compared.height + left_out["all"] == evidence.contacts.height
        assert found.scored.height + left_out["scores"] == found.compared.height


def test_an_earlier_build_adds_the_scores_and_active_users_of_its_clock(tmp_path: Path):
    past = World()
    past.add("score__contact_scores", **person("bought", pql_score=64, company_active_users_30d=7))
    past.add(
        "score__contact_score_reasons",
        user_id="bought",
        score_name="pql",
        kind="engagement",
        rule_id="trial_started",
        points=20,
    )
    earlier = past.published(tmp_path / "past", days_ago=50)
    world = World()
    world.contact("bought", won=20)
    world.add("score__contact_scores", **person("bought", pql_score=99, company_active_users_30d=50))
    now = world.published(tmp_path / "now")

    assert observe(read_evidence(now), "won").scored.is_empty()
    evidence = read_evidence(now, [earlier, now])
    (known,) = observe(evidence, "won").scored.to_dicts()
    assert (known["pql_score"], known["active_users"]) == (64, 7)
    (rule,) = behaviours_before_winning(evidence, observe(evidence, "won")).to_dicts()
    assert (rule["kind"], rule["behaviour_id"], rule["won_did_count"]) == ("pql rule", "trial_started", 1)


@pytest.fixture
def behaviours(tmp_path: Path) -> dict[tuple[str, str], dict]:
    """25 who bought, of whom the five first alone had used the export; 40 who did not."""
    world = divided_world(buyers=25, others=40)
    for number in range(65):
        user_id = f"u{number:03}"
        for signal, days, who in (
            ("invited", 90, number < 45),
            ("export", 80, number >= 20),
            ("recent", 25, True),
            ("after", 5, True),
        ):
            if who:
                world.add("score__contact_signals", user_id=user_id, signal_id=signal, label=signal, first_at=ago(days))
    evidence = world.evidence(tmp_path)
    rows = behaviours_before_winning(evidence, observe(evidence, "won")).to_dicts()
    return {(row["kind"], row["behaviour_id"]): row for row in rows}


def test_what_buyers_did_stands_beside_what_the_others_did(behaviours: dict):
    invited = behaviours["signal", "invited"]
    assert (invited["won_count"], invited["won_did_count"]) == (25, 25)
    assert (invited["other_count"], invited["other_did_count"]) == (40, 20)
    assert invited["lift"] == 2
    assert not invited["is_small"]


def test_what_was_done_after_buying_does_not_count_nor_what_had_no_time_to_come_to_anything(behaviours: dict):
    counts = {key: (row["won_did_count"], row["other_did_count"], row["lift"]) for (_, key), row in behaviours.items()}
    assert counts["recent"] == (25, 0, None)
    assert counts["after"] == (0, 0, None)


def test_the_last_who_bought_are_told_apart(behaviours: dict):
    # Buyer 0 bought last: 20 days ago, the others a little before; 20 to 24 are the first five.
    export = behaviours["signal", "export"]
    assert (export["last_count"], export["last_did_count"], export["won_did_count"]) == (20, 0, 5)


def test_rules_are_told_of_those_with_a_score_from_before(behaviours: dict):
    trial = behaviours["pql rule", "trial_started"]
    assert (trial["won_count"], trial["won_did_count"], trial["other_did_count"]) == (25, 25, 0)
    assert trial["lift"] is None  # Nobody else did it: by how much more cannot be said.


def test_medians_say_where_contacts_stood(tmp_path: Path):
    evidence = divided_world().evidence(tmp_path)
    rows = {row["measure"]: row for row in measures_before_winning(evidence, observe(evidence, "won")).to_dicts()}
    assert (rows["pql_score"]["won_median"], rows["pql_score"]["other_median"]) == (70, 20)
    assert rows["days_since_signup"]["won_median"] == pytest.approx(179.885)
    assert rows["days_since_signup"]["other_median"] == 170
    assert (rows["active_users"]["won_count"], rows["active_users"]["won_median"]) == (0, None)
    assert rows["active_users"]["is_small"]


def test_an_empty_build_is_audited_without_an_error(tmp_path: Path):
    found = audit(World().evidence(tmp_path))
    assert found.verdict == "too_few"
    assert found.behaviours.is_empty()
    assert set(found.separations["auc"]) == {None}
