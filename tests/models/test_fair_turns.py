"""Whatever happens, nobody of a pool who is there has more than one turn more than another; by the SQL that runs."""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.dbt_in_process import manifest

CLOCK = "2026-06-30T12:00:00Z"
# Of two pools, and one of both. Ann is never away.
POOLS = {"ann": "ae|sdr", "bob": "ae", "cid": "ae", "dee": "ae|sdr", "eve": "sdr"}
FOUNDERS = ("ann", "bob")
TABLES = {
    "intermediate.int_contacts_called_upon": "user_id varchar, combined_score integer",
    "intermediate.int_contact_routes": "user_id varchar, route_id varchar, pool varchar, track varchar",
    "rules.routing_rules": "route_id varchar, pool varchar",
    "rules.sales_team": "member_email varchar, pool varchar, absent_from date, absent_until date",
    "staging.stg_hubspot__owners": "owner_id varchar, email varchar, first_name varchar, last_name varchar",
    "staging.stg_hubspot__copies": "object_type varchar",
    "staging.stg_pipeline__handoffs": (
        "record_key varchar, owner_id varchar, owner_reason varchar, pool varchar, turn integer, "
        "handed_off_at timestamp"
    ),
    "staging.stg_pipeline__deliveries": (
        "record_key varchar, owner_id varchar, pool varchar, turn integer, moment_at timestamp"
    ),
    "staging.stg_pipeline__returns": "record_key varchar, returned_at timestamp",
}


@pytest.fixture(scope="module")
def assignees_sql(tmp_path_factory: pytest.TempPathFactory) -> str:
    """int_assignees as dbt compiles it."""
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("fair_turns")
    before = os.environ.get("PQL_DATA_DIR")
    os.environ["PQL_DATA_DIR"] = str(target)
    try:
        project = str(Path(__file__).resolve().parents[2] / "dbt_project")
        places = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(target)]
        what = ["--select", "int_assignees", "--vars", json.dumps({"as_of": CLOCK}), "--no-introspect"]
        compiled = dbtRunner(manifest=manifest(target)).invoke(
            ["--quiet", "--log-path", str(target), "compile", *places, *what]
        )
    finally:
        os.environ.pop("PQL_DATA_DIR")
        if before is not None:
            os.environ["PQL_DATA_DIR"] = before
    (sql,) = (result.node.compiled_code for result in compiled.result.results if result.node.name == "int_assignees")
    return sql


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as warehouse; use warehouse")
    for name, columns in TABLES.items():
        connection.execute(f"create schema if not exists {name.split('.')[0]}; create table {name} ({columns})")
    fill(connection, "rules.routing_rules", [("r_ae", "ae"), ("r_sdr", "sdr")])
    fill(connection, "staging.stg_hubspot__copies", [("owners",)])
    owners = [(f"id of {name}", f"{name}@o.example", name, None) for name in POOLS]
    fill(connection, "staging.stg_hubspot__owners", owners)
    return connection


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    connection.execute(f"delete from {table}")
    if rows:
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


@dataclass
class Team:
    """Who is there, and what was written down of whose turn it was."""

    warehouse: duckdb.DuckDBPyConnection
    sql: str
    members: set[str] = field(default_factory=lambda: set(FOUNDERS))
    away: set[str] = field(default_factory=set)
    # (member, pool, turn, contact, build)
    log: list[tuple] = field(default_factory=list)
    contacts: int = 0
    builds: int = 0

    def present(self, pool: str) -> set[str]:
        return {name for name in self.members - self.away if pool in POOLS[name].split("|")}

    def build(self, called: dict[str, int]) -> list[tuple]:
        """(member, pool, turn, contact) of so many contacts in each pool."""
        wanted = [
            (f"u{self.contacts + number}", pool)
            for number, pool in enumerate(pool for pool, count in called.items() for _ in range(count))
        ]
        fill(self.warehouse, "intermediate.int_contacts_called_upon", [(user, 50) for user, _ in wanted])
        routes = [(user, f"r_{pool}", pool, "enterprise") for user, pool in wanted]
        fill(self.warehouse, "intermediate.int_contact_routes", routes)
        absence = ("2026-06-30", "2026-07-01")
        team = [
            (f"{name}@o.example", POOLS[name], *(absence if name in self.away else (None, None)))
            for name in sorted(self.members)
        ]
        fill(self.warehouse, "rules.sales_team", team)
        rows = self.warehouse.sql(f"select owner_name, pool, turn, user_id from ({self.sql}) order by turn, user_id")
        return rows.fetchall()

    def write_down(self, given_to: list[tuple], as_deliveries: bool) -> None:
        self.builds += 1
        self.contacts += len(given_to)
        self.log += [(*row, self.builds, as_deliveries) for row in given_to if row[0] is not None]
        at = "2026-06-01 00:00:{:02d}"
        handoffs = [
            (user, f"id of {name}", "round_robin", pool, turn, at.format(build % 60))
            for name, pool, turn, user, build, is_delivery in self.log
            if not is_delivery
        ]
        deliveries = [
            (user, f"id of {name}", pool, turn, at.format(build % 60))
            for name, pool, turn, user, build, is_delivery in self.log
            if is_delivery
        ]
        fill(self.warehouse, "staging.stg_pipeline__handoffs", handoffs)
        fill(self.warehouse, "staging.stg_pipeline__deliveries", deliveries)

    def load(self, name: str, pool: str) -> int:
        """What they have had, or what they count as having had after they were away."""
        return max((turn for who, where, turn, *_ in self.log if (who, where) == (name, pool)), default=0)


others = st.sampled_from([name for name in POOLS if name != "ann"])
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("build"), st.integers(0, 7), st.integers(0, 4), st.booleans()),
        st.tuples(st.just("rerun"), st.integers(1, 5)),
        st.tuples(st.just("leaves or comes back"), others),
        st.tuples(st.just("joins"), others),
    ),
    min_size=1,
    max_size=14,
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=happenings)
def test_turns_are_fair_through_absences_returns_new_members_and_reruns(warehouse, assignees_sql, happenings):
    team = Team(warehouse, assignees_sql)
    team.write_down([], as_deliveries=False)
    for what, *how in happenings:
        if what == "joins":
            team.members.add(how[0])
        elif what == "leaves or comes back":
            team.away ^= {how[0]}
        elif what == "rerun":
            # Nothing was written down in between: what is proposed stays the same.
            called = {"ae": how[0], "sdr": how[0] // 2}
            assert team.build(called) == team.build(called)
        else:
            called = {"ae": how[0], "sdr": how[1]}
            check_fair(team, called, how[2])


def check_fair(team: Team, called: dict[str, int], as_deliveries: bool) -> None:
    before = {(name, pool): team.load(name, pool) for name in POOLS for pool in called}
    given_to = team.build(called)
    team.write_down(given_to, as_deliveries)
    for pool, count in called.items():
        present = team.present(pool)
        turns = [(name, turn) for name, where, turn, _ in given_to if where == pool]
        # Everybody whom a contact needs is there: Ann always is.
        assert len(turns) == count
        assert {name for name, _ in turns} <= present
        # Whoever was away goes on from where the others are, and nobody gets more than their share at once.
        highest = max(before[name, pool] for name in present)
        start = {name: max(before[name, pool], highest - 1) for name in present}
        mine = Counter(name for name, _ in turns)
        for name in present:
            assert sorted(turn for who, turn in turns if who == name) == [
                start[name] + number for number in range(1, mine[name] + 1)
            ]
            assert mine[name] <= (count + 2 * (len(present) - 1)) // len(present)
        loads = [start[name] + mine[name] for name in present]
        assert max(loads) - min(loads) <= 1
        # Who was never away has had exactly as many as were written down.
        assert team.load("ann", pool) == sum(1 for who, where, *_ in team.log if (who, where) == ("ann", pool))


def test_without_absences_counts_differ_by_one_at_most_after_any_builds(warehouse, assignees_sql):
    team = Team(warehouse, assignees_sql, members={"ann", "bob", "cid"})
    team.write_down([], as_deliveries=False)
    for count in (1, 1, 5, 2, 1, 7, 1):
        team.write_down(team.build({"ae": count}), as_deliveries=False)
        counts = Counter(who for who, *_ in team.log)
        assert max(counts.values()) - min(counts.get(name, 0) for name in team.members) <= 1
    assert sum(counts.values()) == 18
