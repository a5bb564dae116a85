"""Whatever crashes whenever: an action is never posted twice, and never lost, alone or as a line of a digest."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine, delete, select

from dagster_project.outreach import outbox
from dagster_project.outreach.outbox_rows import CLAIM_LASTS, Action, OutboxRow, due, unknown
from dagster_project.state.tables import outbox as table
from tests.throwaway_postgres import NewState

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
LIFETIME = timedelta(hours=48)
ALONE, LINES = ["action-0", "action-1"], ["line-0", "line-1", "line-2"]
ACTIONS = [*ALONE, *LINES]
RUNS = ["run-a", "run-b"]
SETTLED = {"delivered", "failed", "expired"}
# What a run writes down after what happened to its post; None: it could not even find out where to post.
STATES = {
    None: "pending",
    "put back": "pending",
    "lost before": "unknown",
    "lost after": "unknown",
    "refused for good": "failed",
    "delivered": "delivered",
}


@dataclass
class Run:
    """A run at work: what it found due when it began, what it holds as one message, and what came of its post."""

    due: list[list[str]]
    holds: list[str] | None = None
    marker: str = ""
    outcome: str | None = None
    has_posted: bool = False


class Outbox(RuleBasedStateMachine):
    """Two runs work on two messages and a digest as `delivering` does; either may end or fall asleep after each step.

    `shown` is what Slack shows: the actions of each message, by its marker. A run posts only right after it renewed its
    claims, as a post takes less time than a claim lasts. A person may put back what was given up.
    """

    # One database for all examples: a fresh one takes longer than an example.
    engine: Engine

    @initialize()
    def begin(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(table))
        self.now = START
        self.shown: list[tuple[str, list[str]]] = []
        self.settled: dict[str, str] = {}
        self.runs: dict[str, Run] = {}
        self.markers = 0
        self.owe()

    @rule()
    def owe(self) -> None:
        actions = [Action(name, "trigger", "slack_message", "owner", "u", {}, START + LIFETIME) for name in ACTIONS]
        outbox.enqueue(self.engine, actions, as_of=START, now=self.now)

    @rule(minutes=st.sampled_from([1, 11, 61, 50 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(chosen=st.sets(st.sampled_from(ACTIONS), min_size=1))
    def a_person_puts_back_what_was_given_up(self, chosen: set[str]) -> None:
        until = dict.fromkeys(sorted(chosen), self.now + LIFETIME)
        for action_id in outbox.put_back(self.engine, as_of=START, now=self.now, expires_at=until):
            assert self.settled.pop(action_id) in ("failed", "expired")

    @precondition(lambda self: len(self.runs) < len(RUNS) or any(run.holds is None for run in self.runs.values()))
    @rule(place=st.integers(0, 1), is_slack_there=st.booleans())
    def work(self, place: int, is_slack_there: bool) -> None:
        """A run that holds nothing claims the next message it found due, or begins anew and finds what is due now."""
        able = [run_id for run_id in RUNS if run_id not in self.runs or self.runs[run_id].holds is None]
        run_id = able[place % len(able)]
        if run_id not in self.runs or not self.runs[run_id].due:
            self._start(run_id, is_slack_there=is_slack_there)
        self._claim(run_id)

    @precondition(lambda self: self.runs)
    @rule(place=st.integers(0, 1))
    def crash(self, place: int) -> None:
        del self.runs[list(self.runs)[place % len(self.runs)]]

    def _start(self, run_id: str, *, is_slack_there: bool) -> None:
        outbox.expire(self.engine, as_of=self.now, now=self.now)
        outbox.mark_lost_claims(self.engine, self.now)
        together: dict[str, list[OutboxRow]] = {}
        for row in unknown(self.engine, self.now):
            together.setdefault(row.sent_as or row.action.action_id, []).append(row)
        for marker, rows in together.items():
            self._look_for(marker, rows, is_slack_there=is_slack_there)
        found = [row.action.action_id for row in due(self.engine, self.now)]
        lines = [name for name in found if name in LINES]
        self.runs[run_id] = Run([[name] for name in found if name in ALONE] + ([lines] if lines else []))

    def _look_for(self, marker: str, rows: list[OutboxRow], *, is_slack_there: bool) -> None:
        if is_slack_there:
            state = "delivered" if any(marker == shown for shown, _ in self.shown) else "pending"
        else:
            state = "expired" if max(row.action.expires_at for row in rows) < self.now else "unknown"
        ids = [row.action.action_id for row in rows]
        outbox.resolve(self.engine, ids, state, as_of=START, now=self.now)

    def _claim(self, run_id: str) -> None:
        run = self.runs[run_id]
        while run.due and run.holds is None:
            ids = run.due.pop(0)
            is_digest = ids[0] in LINES
            self.markers += is_digest
            marker = f"digest-{self.markers}" if is_digest else ids[0]
            mine = outbox.claim(self.engine, ids, run_id, self.now, marker if is_digest else None)
            if mine:
                run.holds, run.marker, run.outcome, run.has_posted = mine, marker, None, False

    @precondition(lambda self: any(run.holds and not run.has_posted for run in self.runs.values()))
    @rule(
        place=st.integers(0, 1),
        outcome=st.sampled_from(["delivered", "lost after", "lost before", "put back", "refused for good"]),
    )
    def post(self, place: int, outcome: str) -> None:
        able = [run_id for run_id, run in self.runs.items() if run.holds and not run.has_posted]
        run_id = able[place % len(able)]
        run = self.runs[run_id]
        if not outbox.renew(self.engine, run.holds, run_id, self.now):
            run.outcome = None
            self._write_down(run_id)
            return
        if outcome in ("delivered", "lost after"):
            self.shown.append((run.marker, run.holds))
        run.outcome, run.has_posted = outcome, True

    @precondition(lambda self: any(run.holds for run in self.runs.values()))
    @rule(place=st.integers(0, 1))
    def settle(self, place: int) -> None:
        able = [run_id for run_id, run in self.runs.items() if run.holds]
        self._write_down(able[place % len(able)])

    def _write_down(self, run_id: str) -> None:
        run = self.runs[run_id]
        outbox.settle(self.engine, run.holds, STATES[run.outcome], run_id=run_id, as_of=START, now=self.now)
        run.holds = None

    @precondition(lambda self: any(run.holds for run in self.runs.values()))
    @rule()
    def sleep_while_others_work(self) -> None:
        """All are suspended for an hour, as a closed laptop is; meanwhile healthy runs elsewhere do all there is."""
        self.now += CLAIM_LASTS
        for _ in range(2):
            self.now += timedelta(minutes=30)
            self._run_through()

    @rule()
    def answers_are_lost_and_slack_cannot_be_read_for_days(self) -> None:
        """So that what stands in Slack is given up: nobody could tell."""
        self._run_through("lost after")
        self.now += 2 * LIFETIME
        asleep, self.runs = self.runs, {}
        self._start("run-z", is_slack_there=False)
        self.runs = asleep

    def _run_through(self, outcome: str = "delivered") -> None:
        asleep, self.runs = self.runs, {}
        self._start("run-z", is_slack_there=True)
        while self.runs["run-z"].due:
            self._claim("run-z")
            if self.runs["run-z"].holds:
                self.post(place=0, outcome=outcome)
                if self.runs["run-z"].holds:
                    self.settle(place=0)
        self.runs = asleep

    def _states(self) -> dict[str, str]:
        with self.engine.connect() as connection:
            return {row.action_id: row.state for row in connection.execute(select(table))}

    def _posted(self) -> Counter[str]:
        return Counter(action_id for _, ids in self.shown for action_id in ids)

    @invariant()
    def nothing_is_posted_twice_or_forgotten_and_what_is_settled_stays_so(self) -> None:
        states, posted = self._states(), self._posted()
        assert set(states) == set(ACTIONS)
        assert max(posted.values(), default=0) <= 1
        for action_id, state in self.settled.items():
            # A run that was given up for dead may still come and say that it delivered.
            assert states[action_id] in (state, "delivered")
        self.settled = {action_id: state for action_id, state in states.items() if state in SETTLED}
        for action_id, state in states.items():
            assert state != "delivered" or posted[action_id] == 1

    def teardown(self) -> None:
        """All runs are gone, others come, and Slack is well: soon each action is delivered or given up."""
        self.runs.clear()
        for _ in range(3):
            self.now += CLAIM_LASTS + timedelta(hours=1)
            self._run_through()
        states, posted = self._states(), self._posted()
        assert set(states.values()) <= SETTLED
        for action_id, state in states.items():
            assert posted[action_id] <= 1
            assert state != "delivered" or posted[action_id] == 1
            assert state != "failed" or posted[action_id] == 0


@pytest.fixture(scope="module")
def _outbox(new_shared_state: NewState, tmp_path_factory: pytest.TempPathFactory) -> None:
    Outbox.engine = new_shared_state(tmp_path_factory.mktemp("outbox"))


@pytest.mark.usefixtures("_outbox")
class TestOutbox(Outbox.TestCase):
    settings = settings(max_examples=80, stateful_step_count=24, deadline=None)
