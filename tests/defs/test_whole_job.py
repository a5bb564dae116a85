"""The whole job on the sample company, twice."""

import json
import re
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from dagster_project.settings import SAMPLE_DIR, SHIPPED_RULES_DIR
from tests.conftest import TOKEN
from tests.defs.conftest import SampleRuns
from tests.pages import PAGES, code_blocks
from tests.sample.recount import Recount
from tests.whole_run import failed_checks, materialization, reasons

GOLDEN_EMAIL = "nora.lindqvist@brightloom.example"
STORIES = pl.read_csv(SAMPLE_DIR / "stories.csv")
COMPANY_STORIES = pl.read_csv(SAMPLE_DIR / "company_stories.csv")


def test_every_step_of_both_runs_succeeds(sample: SampleRuns):
    assert reasons(sample.first) == {}
    assert reasons(sample.second) == {}


@pytest.mark.parametrize("story", STORIES.rows(named=True), ids=STORIES["story"].to_list())
def test_each_story_of_the_sample_comes_out_as_written(sample: SampleRuns, story: dict):
    scores = sample.pipeline.table("score.contact_scores")
    (person,) = scores.filter(pl.col("user_id") == story["user_id"]).rows(named=True)
    assert {name: person[name] for name in ("pql_score", "fit_score", "combined_score", "band")} == {
        name: story[name] for name in ("pql_score", "fit_score", "combined_score", "band")
    }


@pytest.mark.parametrize("story", COMPANY_STORIES.rows(named=True), ids=COMPANY_STORIES["company_id"].to_list())
def test_each_company_story_comes_out_as_written(sample: SampleRuns, story: dict):
    companies = sample.pipeline.table("score.company_scores")
    (company,) = companies.filter(pl.col("company_id") == story["company_id"]).rows(named=True)
    assert company["active_users_30d"] == story["active_users_30d"]


def test_whoever_was_activated_and_stayed_away_for_a_week_equals_a_count_from_the_files(sample: SampleRuns):
    recount = Recount(SAMPLE_DIR, SHIPPED_RULES_DIR)
    week_ago = recount.as_of - timedelta(days=7)
    away = set()
    for user in recount.users.values():
        activated_at = recount.activated_at(user)
        if activated_at is not None:
            logins = [event.at for event in recount.of(user, "is_login")]
            if max([activated_at, *logins]) <= week_ago:
                away.add(user.user_id)
    people = sample.pipeline.table("score.contact_scores")
    assert set(people.filter(pl.col("is_dormant"))["user_id"]) == away
    assert len(away) > 10


def test_exactly_the_people_of_the_stories_are_handed_off(sample: SampleRuns):
    handed_off = STORIES.filter(pl.col("outcome").is_in(["round_robin", "existing_owner"]))
    begun = sample.pipeline.table("decide.handoffs")
    assert set(begun["record_key"]) == set(handed_off["user_id"])
    assert dict(zip(begun["record_key"], begun["owner_reason"], strict=True)) == dict(
        zip(handed_off["user_id"], handed_off["outcome"], strict=True)
    )


def test_the_golden_contact_is_written_to_hubspot_as_decided(sample: SampleRuns):
    contact = sample.sandbox.contact(GOLDEN_EMAIL)
    (dana,) = sample.pipeline.query("select owner_id from raw.hubspot_owners where email = 'dana.reyes@orbit.example'")
    assert {name: contact[name] for name in contact if name.startswith("zo_")} == {
        "zo_activation_status": "activated",
        "zo_pql_score": "80",
        "zo_fit_score": "43",
        "zo_combined_score": "65",
        "zo_score_reasons": "Key activation feature used +25; 5+ logins in 7 days +20; Free trial started +20; "
        "Invited 2+ teammates +15",
        "zo_sales_priority": "normal",
        "zo_last_active_at": "2026-11-20T08:10:00.000Z",
        "zo_handoff_at": "2026-11-20T09:00:00.000Z",
        "zo_user_id": "u_nora_lindqvist",
        "zo_segments": "used_key_feature",
        "zo_is_habitual": "false",
        "zo_activated_on": "2026-11-16",
        "zo_is_sales_qualified": "true",
        "zo_handoff_reason": "PQL score 80, fit score 43. Strongest signal: Used an enterprise feature. "
        "3 active users at the company in 30 days. Route everybody_else, self-service track.",
        "zo_sales_track": "self_service",
        "zo_opener": "Hi Nora, you have made quick progress since you set things up 3 days ago. I look after "
        "Brightloom here. What are you trying to get done first, and is there anything in the way?",
    }
    assert contact["lifecyclestage"] == "salesqualifiedlead"
    assert contact["hubspot_owner_id"] == dana[0]
    assert sample.sandbox.company("brightloom.example")["zo_company_active_users"] == "3"


def test_the_golden_message_goes_to_the_owner_and_to_the_channel(sample: SampleRuns):
    record_id = sample.sandbox.contact(GOLDEN_EMAIL)["id"]
    message = (
        "New SQL: Nora Lindqvist at Brightloom (~85 employees)\n"
        "Score 65 - activated 3 days ago, invited 2 teammates, 14 key actions this week\n"
        "Owner: @Dana - first call due within 2 hours\n"
        f"Open in HubSpot: {sample.sandbox.url}/contacts/{sample.sandbox.portal_id}/record/0-1/{record_id}"
    )
    places = [posted["channel"] for posted in sample.sandbox.messages() if posted["text"] == message]
    assert sorted(places) == ["#pql-handoff", "@Dana Reyes"]


def test_nobody_is_told_twice_and_an_owner_without_slack_is_named(sample: SampleRuns):
    texts = [(posted["channel"], posted["text"]) for posted in sample.sandbox.messages()]
    assert len(texts) == len(set(texts))
    handed_off = sample.pipeline.table("decide.handoffs")
    by_tom = handed_off.filter(pl.col("owner_email") == "tom.okafor@orbit.example").height
    assert len([text for channel, text in texts if channel == "#pql-handoff"]) == handed_off.height
    assert len(texts) == 2 * handed_off.height - by_tom
    assert sum("Owner: Tom Okafor -" in text for _, text in texts) == by_tom > 0


def test_stage_and_owner_of_people_whom_sales_already_has_stay_as_they_are(sample: SampleRuns):
    for story in STORIES.filter(pl.col("outcome") == "already_with_sales").rows(named=True):
        contact = sample.sandbox.contact(story["email"])
        sources = [
            entry["source"]
            for entry in sample.sandbox.history("contacts", contact["id"])
            if {"lifecyclestage", "hubspot_owner_id", "zo_handoff_at"} & set(entry["changes"])
        ]
        assert "API" not in {source.upper() for source in sources}, story["story"]


def test_an_owner_who_is_there_is_kept_and_one_who_left_is_replaced(sample: SampleRuns):
    owners = dict(sample.pipeline.query("select owner_id, email from raw.hubspot_owners"))
    kept = STORIES.filter(pl.col("story") == "existing_owner")["email"].item()
    replaced = STORIES.filter(pl.col("story") == "archived_owner")["email"].item()
    assert owners[sample.sandbox.contact(kept)["hubspot_owner_id"]] == "ruth.adeyemi@orbit.example"
    assert owners[sample.sandbox.contact(replaced)["hubspot_owner_id"]] in {
        "dana.reyes@orbit.example",
        "marco.lindt@orbit.example",
        "tom.okafor@orbit.example",
    }


def test_the_round_robin_goes_round_and_leaves_out_who_is_away(sample: SampleRuns):
    begun = sample.pipeline.table("decide.handoffs").filter(pl.col("owner_reason") == "round_robin")
    loads = dict(begun.group_by("owner_email").len().iter_rows())
    assert set(loads) == {"dana.reyes@orbit.example", "marco.lindt@orbit.example", "tom.okafor@orbit.example"}
    assert max(loads.values()) - min(loads.values()) <= 1


def test_a_second_run_with_nothing_new_writes_nothing_and_says_so(sample: SampleRuns):
    writes = [
        call for call in sample.sandbox.requests(writes_only=True) if call["sequence"] > sample.calls_before_second
    ]
    assert writes == []
    account = materialization(sample.second, "report/run_account")["account"]
    assert "no new file; every file is loaded already" in account
    assert account.count("nothing to send; HubSpot already holds every desired value") == 2
    assert "nothing to send" in account


def test_the_account_of_the_first_run_names_every_step_and_what_was_not_used(sample: SampleRuns):
    account = materialization(sample.first, "report/run_account")["account"]
    for part in (
        "4,477 events, 268 users, 39 companies from 6 new files",
        "5 lines in quarantine",
        "275 people as of 2026-11-20 09:00 UTC",
        "12 new handoffs to sales",
        "12 handoffs made",
        "several HubSpot records have its key or its domain",
        "associations: 2 contacts associated with their company in 1 call",
        "1 event name not in event_taxonomy.csv",
    ):
        assert part in account


def test_the_readme_shows_what_the_first_run_says(sample: SampleRuns):
    """How many calls it took is left out: that is nobody's promise."""
    account = materialization(sample.first, "report/run_account")["account"]
    shown = next(block for block in code_blocks(PAGES["README.md"]) if block.startswith("What happened"))
    lines = [re.sub(r"^ +(\w+ {2,})?|,? …$| in \d+ calls?\.$", "", line) for line in shown.splitlines()[1:]]
    assert len(lines) == 11
    assert [line for line in lines if line not in account] == []


def test_bad_lines_of_the_sample_are_in_quarantine_with_file_line_and_reason(sample: SampleRuns):
    rows = sample.pipeline.query(
        "select file_name, line_number, reason, raw_text from raw.quarantine order by line_number"
    )
    assert {row[2] for row in rows} == {
        "json_broken",
        "json_not_an_object",
        "user_id_missing",
        "timestamp_unreadable",
        "properties_unreadable",
    }
    lines = (SAMPLE_DIR / "landing" / "product" / rows[0][0]).read_text(encoding="utf-8").splitlines()
    assert all(lines[line_number - 1] == raw_text for _, line_number, _, raw_text in rows)


def test_repeated_events_count_once(sample: SampleRuns):
    ((loaded, distinct, kept),) = sample.pipeline.query(
        "select (select count(*) from raw.product_events), (select count(distinct event_id) from raw.product_events), "
        "(select count(*) from intermediate.int_events)"
    )
    assert loaded == distinct + 20
    assert kept == distinct


def test_the_points_of_every_reason_add_up_to_the_score(sample: SampleRuns):
    reasons_table = sample.pipeline.table("score.contact_score_reasons")
    added = reasons_table.group_by("user_id", "score_name").agg(pl.col("points").sum())
    sums = {(row["user_id"], row["score_name"]): row["points"] for row in added.rows(named=True)}
    for person in sample.pipeline.table("score.contact_scores").rows(named=True):
        assert sums.get((person["user_id"], "pql"), 0) == person["pql_score"]
        assert sums.get((person["user_id"], "fit"), 0) == person["fit_score"]


def test_the_ledger_holds_what_hubspot_holds(sample: SampleRuns):
    ledger = pl.read_parquet(sample.pipeline.data_dir / "state" / "ledger_contacts.parquet")
    contacts = {contact["id"]: contact for contact in sample.sandbox.contacts()}
    for row in ledger.rows(named=True):
        held = contacts[row["hubspot_id"]]
        written = {name: value for name, value in row.items() if name not in ("hubspot_id", "record_key", "log_id")}
        assert {name: held.get(name) for name, value in written.items() if value is not None} == {
            name: value for name, value in written.items() if value is not None
        }
        assert not any(held.get(name) for name, value in written.items() if value is None and name.startswith("zo_"))


def test_contacts_that_hubspot_does_not_hold_are_left_out_and_counted(sample: SampleRuns):
    desired = sample.pipeline.table("decide.crm_contacts_desired")
    absent = desired.filter(pl.col("matched_by") == "absent").height
    metadata = materialization(sample.first, "sync/crm_contacts_synced")
    assert metadata["left_out"]["absent"] == absent > 0
    emails = {contact.get("email") for contact in sample.sandbox.contacts()}
    assert not emails & set(desired.filter(pl.col("matched_by") == "absent")["contact_email"])


def test_properties_are_in_the_group_product_activity_with_the_right_types(sample: SampleRuns):
    made = materialization(sample.first, "sync/crm_properties")["made"]
    assert made == {
        "contacts": [
            "zo_activation_status",
            "zo_pql_score",
            "zo_fit_score",
            "zo_combined_score",
            "zo_score_reasons",
            "zo_last_active_at",
            "zo_handoff_at",
            "zo_sales_priority",
            "zo_dormant_for_days",
            "zo_segments",
            "zo_is_habitual",
            "zo_activated_on",
            "zo_user_id",
            "zo_is_sales_qualified",
            "zo_review_required",
            "zo_handoff_reason",
            "zo_sales_track",
            "zo_returned_at",
            "zo_return_reason",
            "zo_pause_sequences",
            "zo_webinar_topic",
        ],
        "companies": ["zo_company_id", "zo_company_active_users"],
    }
    assert materialization(sample.second, "sync/crm_properties")["made"] == {}


def test_each_list_holds_exactly_the_members_of_its_segment_that_hubspot_holds(sample: SampleRuns):
    members = sample.pipeline.table("decide.segment_members").filter(pl.col("hubspot_id").is_not_null())
    segments = pl.read_csv(SHIPPED_RULES_DIR / "segments.csv").filter(pl.col("kept_as") != "property")
    wanted = {
        f"zo_{name}": sorted(members.filter(pl.col("segment_id") == name)["hubspot_id"])
        for name in segments["segment_id"]
    }
    assert {name: sorted(ids) for name, ids in sample.sandbox.lists().items()} == wanted
    assert sum(map(len, wanted.values())) > 50
    first = materialization(sample.first, "sync/crm_lists_synced")
    second = materialization(sample.second, "sync/crm_lists_synced")
    assert (first["added"], second["added"], second["calls"]) == (sum(map(len, wanted.values())), 0, 0)
    assert first["segment_sizes"]["nurture"] == second["segment_sizes"]["nurture"] > 100


def test_the_one_who_looked_at_prices_three_times_in_a_week_is_in_the_list(sample: SampleRuns):
    (contact_id,) = sample.sandbox.lists()["zo_pricing_3x_in_a_week"]
    members = sample.pipeline.table("decide.segment_members")
    (user_id,) = members.filter(pl.col("segment_id") == "pricing_3x_in_a_week")["record_key"]
    recount = Recount(SAMPLE_DIR, SHIPPED_RULES_DIR)
    week_ago = recount.as_of - timedelta(days=7)
    counts = {
        user.user_id: sum(event.at > week_ago for event in recount.of(user, "pricing_page_viewed"))
        for user in recount.users.values()
    }
    assert [name for name, seen in counts.items() if seen >= 3] == [user_id]
    assert "pricing_3x_in_a_week" in sample.sandbox.record("contacts", contact_id)["zo_segments"].split(";")


def test_dbt_tests_are_asset_checks_and_all_pass(sample: SampleRuns):
    evaluations = sample.first.get_asset_check_evaluations()
    names = {evaluation.check_name for evaluation in evaluations}
    assert "reasons_add_up_to_the_score" in names
    assert len(evaluations) > 50
    assert failed_checks(sample.first) == {
        "every_event_name_is_in_the_taxonomy",
        "every_action_reached_whom_it_is_for",
        "few_lines_are_quarantined",
        "nothing_was_given_up",
    }


def test_no_secret_and_no_address_stands_in_what_dagster_keeps(sample: SampleRuns):
    kept = json.dumps([dg.serialize_value(event) for event in sample.first.all_events + sample.second.all_events])
    assert TOKEN not in kept
    assert "@brightloom.example" not in kept


def test_rules_of_the_project_are_not_touched_by_a_run(sample: SampleRuns):
    header = (SAMPLE_DIR.parent / "rules" / "score_bands.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "band,min_score,max_score,owner,why"
