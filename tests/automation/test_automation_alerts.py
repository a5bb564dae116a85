"""A run that failed is told to Slack, once, without addresses; an alert that cannot be posted is no failure itself."""

from collections.abc import Callable
from dataclasses import dataclass, field

import dagster as dg
import pytest
from automation_ticks import Kept

from dagster_project.definitions import defs
from dagster_project.defs.alerts import LONGEST_MESSAGE, failed_runs
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN

ALERTS = "#pql-alerts"


@dataclass
class Daemon:
    """Lets runs fail and looks at what the sensor does about it."""

    instance: dg.DagsterInstance
    log: Kept = field(default_factory=Kept)

    def fail(self, *steps: Callable[[], None]) -> dg.ExecuteInProcessResult:
        """A run of a job in which each of these steps raises."""

        @dg.job(name="sync")
        def failing() -> None:
            for step in steps:
                dg.op(step)()

        config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        return failing.execute_in_process(instance=self.instance, raise_on_error=False, run_config=config)

    def tell(self, event: dg.DagsterEvent, run: dg.DagsterRun) -> None:
        with dg.build_run_status_sensor_context(
            failed_runs.name, event, self.instance, run, resources=defs.resources
        ) as context:
            of_failure = context.for_run_failure()
            of_failure.log.handlers = [self.log]
            failed_runs(of_failure)

    def tell_of(self, *steps: Callable[[], None]) -> str:
        """Let a run fail and tell of it; the start of its id."""
        result = self.fail(*steps)
        self.tell(result.get_run_failure_event(), result.dagster_run)
        return result.run_id[:8]


@pytest.fixture
def daemon(instance: dg.DagsterInstance) -> Daemon:
    return Daemon(instance)


@pytest.fixture
def slack(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The environment names the sandbox's Slack."""
    monkeypatch.setenv("SLACK_BASE_URL", sandbox.slack_url)
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    return sandbox


def told(slack: Sandbox) -> list[tuple[str, str]]:
    return [(message["channel"], message["text"]) for message in slack.messages()]


def refuse() -> None:
    raise dg.Failure(description="HubSpot refused dana.reyes@orbit.example: <no such owner>")


def break_down() -> None:
    try:
        raise ValueError("tom@orbit.example is no owner")
    except ValueError as error:
        raise RuntimeError("the step broke down") from error


def test_a_failed_run_is_one_message_with_its_reason_and_without_addresses(daemon: Daemon, slack: Sandbox):
    run = daemon.tell_of(refuse)
    assert told(slack) == [
        (ALERTS, f"Run of sync failed ({run})\nrefuse: HubSpot refused d***@orbit.example: &lt;no such owner&gt;")
    ]


def test_every_step_that_failed_is_named_with_the_innermost_reason(daemon: Daemon, slack: Sandbox):
    run = daemon.tell_of(refuse, break_down)
    ((_, text),) = told(slack)
    first, *steps = text.splitlines()
    assert first == f"Run of sync failed ({run})"
    assert sorted(steps) == [
        "break_down: ValueError: t***@orbit.example is no owner",
        "refuse: HubSpot refused d***@orbit.example: &lt;no such owner&gt;",
    ]


def test_a_run_that_died_without_a_step_is_told_with_what_dagster_says(daemon: Daemon, slack: Sandbox):
    run = daemon.instance.create_run_for_job(defs.resolve_job_def("sync"))
    event = daemon.instance.report_run_failed(run, "The worker of dana@orbit.example was killed")
    daemon.tell(event, run)
    assert told(slack) == [
        (ALERTS, f"Run of sync failed ({run.run_id[:8]})\nThe worker of d***@orbit.example was killed")
    ]


def test_a_long_reason_is_cut(daemon: Daemon, slack: Sandbox):
    def ramble() -> None:
        raise dg.Failure(description="again " * LONGEST_MESSAGE)

    daemon.tell_of(ramble)
    ((_, text),) = told(slack)
    assert len(text) == LONGEST_MESSAGE


def test_the_channel_can_be_another(daemon: Daemon, slack: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_ALERT_CHANNEL", "#general")
    daemon.tell_of(refuse)
    assert [channel for channel, _ in told(slack)] == ["#general"]


def test_without_slack_the_reason_stands_in_the_log(daemon: Daemon, sandbox: Sandbox):
    run = daemon.tell_of(refuse)
    assert daemon.log.texts == [
        f"Run of sync failed ({run})\nrefuse: HubSpot refused d***@orbit.example: <no such owner>"
    ]
    assert sandbox.requests() == []


def test_pql_dry_run_posts_no_alert(daemon: Daemon, slack: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    daemon.tell_of(refuse)
    assert slack.requests() == []
    assert len(daemon.log.texts) == 1


def test_a_channel_that_is_missing_is_named_in_the_log(daemon: Daemon, slack: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_ALERT_CHANNEL", "#nowhere")
    daemon.tell_of(refuse)
    assert told(slack) == []
    assert daemon.log.texts[-1].startswith(
        "The alert could not be posted to #nowhere (PQL_ALERT_CHANNEL): Slack says channel_not_found"
    )


def test_a_token_that_is_missing_is_named_in_the_log(daemon: Daemon, slack: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    daemon.tell_of(refuse)
    assert daemon.log.texts[-1].endswith("Slack says not_authed: set SLACK_BOT_TOKEN")


def test_an_answer_that_is_lost_is_no_failure_and_the_alert_is_not_sent_twice(daemon: Daemon, slack: Sandbox):
    slack.inject("502", when="after", path_regex="chat.postMessage", times=1)
    daemon.tell_of(refuse)
    assert len(told(slack)) == 1
    assert daemon.log.texts[-1].startswith(f"The alert could not be posted to {ALERTS}")


def test_a_variable_that_cannot_be_used_is_named_in_the_log(daemon: Daemon, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_ALERT_CHANNEL", "alerts")
    daemon.tell_of(refuse)
    assert daemon.log.texts[-1].startswith(
        "The alert could not be posted: The environment variable PQL_ALERT_CHANNEL is 'alerts' and"
    )


def test_no_token_is_ever_said(daemon: Daemon, slack: Sandbox):
    slack.inject("invalid_token")
    daemon.tell_of(refuse)
    assert len(daemon.log.texts) == 2
    assert TOKEN not in "\n".join(daemon.log.texts)
