"""The real log with its table of accounts that turned out to be one person's: merges, many of them across companies."""

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.conftest import REAL_DATA, name_nobody
from tests.whole_run import Pipeline, reasons

LOG = REAL_DATA / "backend_log_dpdk"
AS_OF = datetime(2026, 7, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    if not LOG.is_dir():
        pytest.skip(f"real data is not there: {LOG} (set PQL_REAL_DATA)")
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(tmp_path_factory.mktemp("aliases") / "data", environment)
        shutil.copyfile(LOG / "events.parquet", pipeline.landing / "events.parquet")
        shutil.copyfile(LOG / "identity_aliases.csv", pipeline.landing / "aliases.csv")
        assert reasons(pipeline.run("score", as_of=AS_OF.isoformat())) == {}
        yield pipeline


@pytest.fixture(scope="module")
def user_of() -> dict[str, str]:
    """Who each id of the log is, found by walking from each id to all that are linked to it."""
    if not LOG.is_dir():
        pytest.skip(f"real data is not there: {LOG} (set PQL_REAL_DATA)")
    pairs = [
        (row["alias_user_id"], row["canonical_user_id"])
        for row in csv.DictReader((LOG / "identity_aliases.csv").open(encoding="utf-8"))
    ]
    given_up = {alias for alias, canonical in pairs if alias != canonical}
    linked: dict[str, set[str]] = {}
    for one, other in pairs:
        linked.setdefault(one, set()).add(other)
        linked.setdefault(other, set()).add(one)
    found = {}
    for start in linked:
        reached, waiting = {start}, [start]
        while waiting:
            for neighbour in linked[waiting.pop()] - reached:
                reached.add(neighbour)
                waiting.append(neighbour)
        found[start] = min(reached, key=lambda user: (user in given_up, user))
    return found


def test_each_person_is_one_user_however_many_accounts_they_had(pipeline: Pipeline, user_of: dict[str, str]):
    log = pl.read_parquet(LOG / "events.parquet").filter(pl.col("user_id") != "")
    people = {user_of.get(user, user) for user in log["user_id"].drop_nulls().unique()}
    scored = set(pipeline.table("score.contact_scores")["user_id"])
    assert scored == people
    assert 1_900 < len(people) < 2_203


def test_events_of_all_accounts_are_counted_for_the_person(pipeline: Pipeline, user_of: dict[str, str]):
    log = pl.read_parquet(LOG / "events.parquet").filter(pl.col("user_id") != "").drop_nulls("user_id")
    counted: dict[str, int] = {}
    for user, at in log.select("user_id", "timestamp").iter_rows():
        if datetime.fromisoformat(at) <= AS_OF:
            person = user_of.get(user, user)
            counted[person] = counted.get(person, 0) + 1
    held = pipeline.query(
        "select user_id, sum(event_count)::int from intermediate.int_user_event_days group by user_id"
    )
    assert dict(held) == counted


def test_every_line_of_the_alias_table_is_loaded(pipeline: Pipeline):
    lines = (LOG / "identity_aliases.csv").read_text(encoding="utf-8").splitlines()
    assert pipeline.query("select count(*) from raw.product_aliases") == [(len(lines) - 1,)]
    assert len(lines) - 1 == 257
