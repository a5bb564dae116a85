import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from recount import FREE_MAIL, STAGES, Recount, read_csv, read_event_rows

from dagster_project.sandbox.portal import Portal
from dagster_project.sandbox.seeding import seed

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = PROJECT / "seeds" / "sample"
RULES = PROJECT / "seeds" / "rules"
LANDING = Path("landing") / "product"
STORIES = read_csv(SAMPLE / "stories.csv")
COMPANY_STORIES = read_csv(SAMPLE / "company_stories.csv")
GOLDEN = "u_nora_lindqvist"


def generate(folder: Path, *arguments: str) -> Path:
    subprocess.run([sys.executable, str(SAMPLE / "generate.py"), "--out", str(folder), *arguments], check=True)
    return folder


@pytest.fixture(scope="module")
def again(tmp_path_factory) -> Path:
    return generate(tmp_path_factory.mktemp("again"))


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory) -> Path:
    return generate(tmp_path_factory.mktemp("other_seed"), "--seed", "7")


@pytest.fixture(scope="module")
def recount() -> Recount:
    return Recount(SAMPLE, RULES)


@pytest.fixture(scope="module")
def event_rows() -> list[dict]:
    return read_event_rows(SAMPLE / LANDING)[0]


def made_files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def story_events(folder: Path) -> set[tuple]:
    """What the people with a story did, without the ids, which number the events of everybody."""
    people = {row["user_id"] for row in STORIES}
    return {
        (row["user_id"], row["event_type"], row["timestamp"], json.dumps(row["properties"]))
        for row in read_event_rows(folder / LANDING)[0]
        if row["user_id"] in people
    }


def test_generating_again_gives_the_committed_files(again: Path):
    assert made_files(again)
    for path in made_files(again):
        if path.suffix == ".parquet":
            assert pl.read_parquet(again / path).equals(pl.read_parquet(SAMPLE / path)), path
        else:
            assert (again / path).read_bytes() == (SAMPLE / path).read_bytes(), path


def test_no_committed_file_is_left_from_an_earlier_generation(again: Path):
    for folder in ("landing", "crm"):
        assert made_files(again / folder) == made_files(SAMPLE / folder)


def test_another_seed_gives_another_crowd_around_the_same_stories(other_seed: Path):
    committed, other = (pl.read_parquet(next((folder / LANDING).glob("*.parquet"))) for folder in (SAMPLE, other_seed))
    assert not committed.equals(other)
    assert story_events(other_seed) == story_events(SAMPLE)


@pytest.mark.parametrize(
    "arguments",
    [("--seed", "7"), ("--as-of", "2027-03-01T00:30:00+01:00"), ("--users", "0")],
    ids=lambda given: given[0],
)
def test_the_stories_hold_for_another_seed_another_clock_and_no_crowd(tmp_path: Path, arguments: tuple[str, ...]):
    other = Recount(generate(tmp_path, *arguments), RULES)
    assert {row["user_id"]: row for row in STORIES} == {row["user_id"]: counted(other, row) for row in STORIES}


def test_the_sample_has_the_size_of_a_small_company(event_rows: list[dict], recount: Recount):
    assert 4_000 <= len({row["event_id"] for row in event_rows}) <= 5_000
    assert 260 <= len(recount.users) <= 320
    assert 30 <= len(recount.companies) <= 40
    assert 280 <= len(read_csv(SAMPLE / "crm" / "contacts.csv")) <= 320
    assert len(recount.crm_companies) >= 30
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if "__pycache__" not in path.parts) < 1_500_000


def test_more_users_make_more_events(tmp_path: Path, event_rows: list[dict]):
    more = read_event_rows(generate(tmp_path, "--users", "1000") / LANDING)[0]
    assert len(more) > 3 * len(event_rows)
    assert len({row["event_id"] for row in more}) == len(more) - 20


def test_the_file_of_retries_holds_exactly_its_five_bad_lines():
    bad_lines = read_event_rows(SAMPLE / LANDING)[1]
    assert sorted(bad_lines) == [
        ("events_2026-11-19_retries.jsonl", reason)
        for reason in ("broken JSON", "no object", "no user_id", "properties are no object", "unreadable timestamp")
    ]


def test_an_event_id_is_repeated_only_by_the_retries_later_and_with_the_same_content(event_rows: list[dict]):
    by_id = defaultdict(list)
    for row in event_rows:
        by_id[row["event_id"]].append(row)
    repeated = [rows for rows in by_id.values() if len(rows) > 1]
    assert len(repeated) == 20
    for first, second in (sorted(rows, key=lambda row: row["received_at"]) for rows in repeated):
        assert "retries" not in first["file"]
        assert "retries" in second["file"]
        assert first["received_at"] < second["received_at"]
        unchanged = set(first) - {"received_at", "file"}
        assert {name: first[name] for name in unchanged} == {name: second[name] for name in unchanged}
    assert any(rows[0]["user_id"] == GOLDEN for rows in repeated)


def test_every_format_has_moments_in_utc_and_with_offsets(event_rows: list[dict]):
    endings = defaultdict(set)
    for row in event_rows:
        endings[row["file"].partition(".")[2]].add(row["timestamp"][19:])
    assert set(endings) == {"parquet", "csv", "jsonl"}
    assert all("Z" in found and found & {"+01:00", "+02:00"} for found in endings.values())


def test_event_names_are_those_of_the_taxonomy_and_one_that_it_does_not_list(event_rows: list[dict], recount: Recount):
    counts = Counter(row["event_type"] for row in event_rows)
    assert set(counts) - set(recount.taxonomy) == {"beta_widget_opened"}
    assert set(recount.taxonomy) <= set(counts)
    assert counts["beta_widget_opened"] < 10


@pytest.mark.parametrize("event", ["logged_in", "file_uploaded", "trial_started", "subscription_started"])
def test_the_events_to_begin_with_are_there_logins_feature_use_trials_and_conversions(
    recount: Recount, event_rows: list[dict], event: str
):
    assert recount.taxonomy[event]["is_activity"] == "true"
    assert len({row["user_id"] for row in event_rows if row["event_type"] == event}) > 1


def test_each_company_that_began_to_pay_is_a_customer_and_did_so_once(event_rows: list[dict], recount: Recount):
    buyers = Counter(row["company_id"] for row in event_rows if row["event_type"] == "subscription_started")
    assert set(buyers.values()) == {1}
    assert {recount.companies[company_id]["plan"] for company_id in buyers} == {"business"}


def test_no_domain_is_one_that_somebody_could_own():
    for path in [*(SAMPLE / LANDING).iterdir(), *(SAMPLE / "crm").iterdir()]:
        is_parquet = path.suffix == ".parquet"
        text = pl.read_parquet(path).write_csv() if is_parquet else path.read_text(encoding="utf-8")
        for domain in re.findall(r"[\w.+-]+@([\w.-]+)", text):
            assert domain.lower().endswith(".example") or domain in FREE_MAIL, path.name
    companies = [*read_csv(SAMPLE / LANDING / "companies.csv"), *read_csv(SAMPLE / "crm" / "companies.csv")]
    assert all(row["domain"].endswith(".example") for row in companies)


def test_private_addresses_are_obviously_made_up(recount: Recount):
    private = [user.facts["email"] for user in recount.users.values() if recount.is_private(user)]
    assert private
    assert all(email.startswith("sample-") for email in private)


def test_the_crm_refers_only_to_owners_and_companies_that_exist():
    owners = {row["email"] for row in read_csv(SAMPLE / "crm" / "owners.csv")}
    companies = read_csv(SAMPLE / "crm" / "companies.csv")
    contacts = read_csv(SAMPLE / "crm" / "contacts.csv")
    assert {row["owner_email"] for row in companies + contacts} <= owners | {""}
    assert {row["company_domain"] for row in contacts} <= {row["domain"] for row in companies} | {""}
    assert {row["lifecyclestage"] for row in contacts} <= set(STAGES)
    addresses = [
        address for row in contacts for address in (row["email"], *row["hs_additional_emails"].split(";")) if address
    ]
    assert len(addresses) == len(set(addresses))


def test_the_sandbox_takes_every_row_so_every_enumeration_value_is_legal(tmp_path: Path):
    portal = Portal(tmp_path / "sandbox.sqlite")
    added = seed(portal, SAMPLE / "crm")
    portal.close()
    assert added == {path.name: len(read_csv(path)) for path in (SAMPLE / "crm").iterdir()}


def test_every_active_owner_but_tom_is_in_slack():
    owners = {row["email"] for row in read_csv(SAMPLE / "crm" / "owners.csv") if row["archived"] == "false"}
    in_slack = {row["email"] for row in read_csv(SAMPLE / "crm" / "slack_users.csv")}
    assert owners - in_slack == {"tom.okafor@orbit.example"}


def test_the_sales_team_owns_contacts_in_hubspot_and_others_do_too():
    owners = read_csv(SAMPLE / "crm" / "owners.csv")
    team = {row["member_email"] for row in read_csv(RULES / "sales_team.csv")}
    assert team <= {row["email"] for row in owners if row["archived"] == "false"}
    assert {row["archived"] for row in owners if row["email"] not in team} == {"true", "false"}


def test_the_golden_contact_has_the_numbers_of_a_handoff(recount: Recount):
    golden = recount.users[GOLDEN]
    company = recount.companies[recount.company_id(golden)]
    assert recount.engagement_points(golden) == {
        "trial_started": 20,
        "key_activation_feature": 25,
        "teammates_invited": 15,
        "logins_in_7_days": 20,
    }
    assert recount.fit_points(golden) == {"job_title": 15, "industry": 20, "country": 8}
    assert (company["name"], company["employee_count"]) == ("Brightloom", "85")
    assert (recount.as_of - recount.activated_at(golden)) // timedelta(days=1) == 3
    assert recount.teammates_invited(golden) == 2
    assert recount.key_actions_of_the_week(golden) == 14
    assert recount.active_users["c_brightloom"] == 3
    assert (recount.contact(golden)["lifecyclestage"], recount.contact(golden)["owner_email"]) == ("lead", "")


def counted(recount: Recount, row: dict[str, str]) -> dict[str, str]:
    user_id = row["user_id"]
    score = recount.scores[user_id]
    return {
        "email": recount.users[user_id].facts["email"],
        "user_id": user_id,
        "story": row["story"],
        "pql_score": str(score.pql_score),
        "fit_score": str(score.fit_score),
        "combined_score": str(score.combined_score),
        "band": score.band,
        "is_sales_qualified": str(recount.is_sales_qualified(user_id)).lower(),
        "outcome": recount.outcome(user_id),
    }


@pytest.mark.parametrize("row", STORIES, ids=lambda row: row["story"])
def test_a_story_comes_out_as_its_row_says(recount: Recount, row: dict[str, str]):
    assert counted(recount, row) == row


@pytest.mark.parametrize("row", COMPANY_STORIES, ids=lambda row: row["story"])
def test_a_company_comes_out_as_its_row_says(recount: Recount, row: dict[str, str]):
    company_id = row["company_id"]
    assert row == row | {
        "active_users_30d": str(recount.active_users.get(company_id, 0)),
        "matched_by": recount.company_matched_by(company_id),
    }


def test_every_handoff_is_a_story(recount: Recount):
    handed_over = {
        user_id for user_id in recount.users if recount.outcome(user_id) in ("round_robin", "existing_owner")
    }
    assert handed_over == {row["user_id"] for row in STORIES if row["outcome"] in ("round_robin", "existing_owner")}


def test_the_line_of_new_owners_has_no_ties(recount: Recount):
    scores = [row["combined_score"] for row in STORIES if row["outcome"] == "round_robin"]
    assert len(scores) == len(set(scores)) >= 5


def test_every_engagement_rule_is_earned_alone_by_somebody(recount: Recount):
    earned = [recount.engagement_points(recount.users[row["user_id"]]) for row in STORIES]
    alone = {rule_id for points in earned if len(points) == 1 for rule_id in points}
    assert alone == {row["rule_id"] for row in recount.rules["engagement_rules"] if row["is_enabled"] == "true"}


def test_a_later_row_without_a_name_keeps_the_name_and_changes_the_title(recount: Recount):
    rows = [row for row in read_csv(SAMPLE / LANDING / "users.csv") if row["user_id"] == "u_tomas_novak"]
    facts = recount.users["u_tomas_novak"].facts
    assert [row["first_name"] for row in rows] == ["Tomáš", ""]
    assert (facts["first_name"], facts["last_name"], facts["job_title"]) == ("Tomáš", "Novák", "VP Finance")


def test_one_clock_is_ahead_and_one_is_of_1988(event_rows: list[dict], recount: Recount):
    moments = {row["event_id"]: datetime.fromisoformat(row["timestamp"]) for row in event_rows}
    assert sum(moment > recount.as_of for moment in moments.values()) == 1
    assert sum(moment.year == 1988 for moment in moments.values()) == 1
