"""Sessions of a web shop, converted as a team would: people without addresses, no company, event names of their own."""

import csv
import gzip
import io
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg
import pytest

from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import REAL_DATA, name_nobody
from tests.whole_run import Pipeline, failed_checks, materialization, reasons

LOG = REAL_DATA / "retentioneering_ecom" / "ecom.csv.gz"
# In the middle of the log.
AS_OF = datetime(2024, 4, 1, 12)
LOGIN, ONBOARDED, USED = "account_page", "shipping_details", "purchase"
TAXONOMY = {
    LOGIN: ("logged_in", True),
    ONBOARDED: ("onboarding_completed", False),
    USED: ("activation_feature_used", False),
}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def log() -> Rows:
    if not LOG.exists():
        pytest.skip(f"real data is not there: {LOG} (set PQL_REAL_DATA)")
    with gzip.open(LOG, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_product_events(log: Rows) -> bytes:
    """The columns of the own backend; what has no place there becomes properties."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["event_id", "user_id", "event_type", "timestamp", "properties"])
    for number, row in enumerate(log):
        properties = {name: row[name] for name in ("session_id", "platform", "acquisition_channel")}
        writer.writerow([f"ecom-{number}", row["user_id"], row["event"], row["timestamp"], json.dumps(properties)])
    return gzip.compress(stream.getvalue().encode())


@dataclass(frozen=True)
class Run:
    pipeline: Pipeline
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, log: Rows) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("ecom")
    rules = folder / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    with (rules / "event_taxonomy.csv").open("a", encoding="utf-8", newline="") as stream:
        for name, (event_type, is_login) in TAXONOMY.items():
            csv.writer(stream, lineterminator="\n").writerow(
                ["product", name, event_type, "true", "false", str(is_login).lower(), "team:data", "log"]
            )
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(folder / "data", environment)
        environment.setenv("PQL_RULES_DIR", str(rules))
        (pipeline.landing / "events_ecom.csv.gz").write_bytes(as_product_events(log))
        yield Run(pipeline, pipeline.run(as_of=AS_OF.isoformat()))


def test_without_addresses_and_companies_nothing_fails(run: Run):
    assert reasons(run.result) == {}
    assert failed_checks(run.result) == {"every_event_name_is_in_the_taxonomy"}


def test_every_row_is_an_event(run: Run, log: Rows):
    metadata = materialization(run.result, "raw/product_events")
    assert (metadata["loaded_now"], metadata["quarantined_now"]) == (len(log), 0)
    assert len(log) == 31_106
    assert "lag_p50_seconds" not in metadata
    kept = run.pipeline.query("select count(*), min(occurred_at), max(occurred_at) from intermediate.int_events")
    assert kept == [
        (
            len(log),
            min(datetime.fromisoformat(row["timestamp"]) for row in log),
            max(datetime.fromisoformat(row["timestamp"]) for row in log),
        )
    ]


def test_every_rollup_of_companies_is_empty(run: Run):
    assert run.pipeline.table("score.company_scores").is_empty()
    assert run.pipeline.table("decide.crm_companies_desired").is_empty()
    assert run.pipeline.query("select count(*) from intermediate.int_company_activity") == [(0,)]
    people = run.pipeline.table("score.contact_scores")
    assert set(people["company_id"]) == set(people["contact_email"]) == {None}
    assert set(people["company_active_users_30d"]) == {0}
    assert run.pipeline.table("decide.handoffs").is_empty()


def moments_of(log: Rows, event: str) -> dict[str, list[datetime]]:
    """When each user did it, by the clock of the run."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for row in log:
        at = datetime.fromisoformat(row["timestamp"])
        if row["event"] == event and at <= AS_OF:
            found[row["user_id"]].append(at)
    return found


def test_who_is_activated_and_who_has_been_away_for_a_week_equal_a_count_from_the_file(run: Run, log: Rows):
    logins, onboarded, used = (moments_of(log, event) for event in (LOGIN, ONBOARDED, USED))
    activated = {user: max(min(onboarded[user]), min(used[user])) for user in onboarded.keys() & used.keys()}
    last_login = {user: max(moments) for user, moments in logins.items()}
    week_ago = AS_OF - timedelta(days=7)
    away = {user for user, at in activated.items() if max(at, last_login.get(user, at)) <= week_ago}

    people = run.pipeline.table("score.contact_scores").rows(named=True)
    assert {row["user_id"]: row["activated_at"] for row in people if row["activated_at"]} == activated
    assert {row["user_id"]: row["last_login_at"] for row in people if row["last_login_at"]} == last_login
    assert {row["user_id"] for row in people if row["is_dormant"]} == away
    assert 0 < len(away) < len(activated) < len(people)


def test_names_that_the_taxonomy_lacks_are_listed_with_how_often_by_whom_and_when(run: Run, log: Rows):
    listed = {
        row["source_event"]: (row["event_count"], row["user_count"], row["first_at"], row["last_at"])
        for row in run.pipeline.table("report.unmapped_events").rows(named=True)
    }
    expected = {}
    for name in {row["event"] for row in log} - TAXONOMY.keys():
        by_user = moments_of(log, name)
        moments = [at for of_user in by_user.values() for at in of_user]
        if moments:
            expected[name] = (len(moments), len(by_user), min(moments), max(moments))
    assert listed == expected
    # Three names are in the taxonomy, and two were used only after the clock of the run.
    assert (len(listed), len({row["event"] for row in log})) == (14, 19)
