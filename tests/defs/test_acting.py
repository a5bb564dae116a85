"""What the assets of act show, what fails, and the job that owes again what was given up."""

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.defs.act import (
    DELIVERED,
    DELIVERED_CHECK,
    GIVEN_UP,
    NOTHING_GIVEN_UP_CHECK,
    actions_delivered,
    actions_given_up,
    retry_actions,
)
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.outreach.action_rows import CHANNEL, action_row
from tests.small_snapshot import AS_OF, publish_small
from tests.whole_run import failed_checks, materialization, reasons

RESOURCES = {name: defs.resources[name] for name in ("clock", "enrichment", "hubspot", "marts", "slack", "state")}


def act(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [actions_delivered, actions_given_up], instance=instance, resources=RESOURCES, raise_on_error=False
    )


@pytest.fixture
def live(data_dir: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """HubSpot, Slack and the enrichment tool are the sandbox, and the clock stands still."""
    monkeypatch.setenv("PQL_AS_OF", AS_OF.isoformat())
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("SLACK_BASE_URL", sandbox.slack_url)
    monkeypatch.setenv("ENRICHMENT_WEBHOOK_URL", sandbox.webhook_url("enrichment"))
    monkeypatch.setenv("ENRICHMENT_WEBHOOK_SECRET", TOKEN)
    return sandbox


def cells(table: dg.TableMetadataValue, column: str) -> list[object]:
    return [record.data[column] for record in table.records]


def test_what_was_sent_what_waits_and_what_was_given_up_is_shown(live: Sandbox, data_dir: Path):
    publish_small(
        data_dir / "published",
        decide__actions=[
            action_row(1, target=CHANNEL),
            action_row(2),
            action_row(3, kind="webhook", target="enrichment", template=None),
            action_row(4, not_before_minutes=60),
        ],
    )
    with dg.DagsterInstance.ephemeral() as instance:
        done = act(instance)
        shown = materialization(done, DELIVERED.to_user_string())
        assert shown["by_kind"] == {"slack_message": 1, "webhook": 1}
        assert cells(shown["waits_because"], "why") == ["its not-before has not come"]
        assert sorted(cells(shown["delivered"], "who")) == ["user-1 at Brightloom", "user-3 at Brightloom"]
        given_up = materialization(done, GIVEN_UP.to_user_string())
        assert cells(given_up["failed"], "action_id") == ["action-2-owner"]
        assert failed_checks(done) == {DELIVERED_CHECK, NOTHING_GIVEN_UP_CHECK}

        live.add_slack_user("dana@orbit.example", "Dana")
        config = dg.RunConfig(ops={"put_back": {"config": {"action_ids": ["action-2-owner"]}}})
        assert retry_actions.execute_in_process(
            run_config=config, instance=instance, resources={name: RESOURCES[name] for name in ("clock", "state")}
        ).success
        done = act(instance)
        assert materialization(done, DELIVERED.to_user_string())["by_kind"] == {"slack_message": 1}
        assert failed_checks(done) == set()
    assert len(live.messages()) == 2


def test_a_retry_of_nothing_fails_with_its_reason(live: Sandbox, data_dir: Path):
    with dg.DagsterInstance.ephemeral() as instance:
        done = retry_actions.execute_in_process(
            instance=instance,
            resources={name: RESOURCES[name] for name in ("clock", "state")},
            raise_on_error=False,
            run_config={"ops": {"put_back": {"config": {}}}},
        )
    assert reasons(done) == {"put_back": "Nothing was put back: nothing failed or expired."}


def test_a_channel_that_is_shut_fails_the_run_and_holds_up_no_other(live: Sandbox, data_dir: Path):
    publish_small(
        data_dir / "published",
        decide__actions=[
            action_row(1, target=CHANNEL),
            action_row(2, kind="webhook", target="enrichment", template=None),
        ],
    )
    live.inject("invalid_token", path_regex="/api/")
    with dg.DagsterInstance.ephemeral() as instance:
        done = act(instance)
    assert "slack: Slack says invalid_auth: check SLACK_BOT_TOKEN" in reasons(done)[DELIVERED.to_python_identifier()]
    assert len(live.webhooks()) == 1


def test_while_hubspot_is_away_slack_is_told_without_a_link(live: Sandbox, data_dir: Path):
    publish_small(data_dir / "published", decide__actions=[action_row(1, target=CHANNEL, hubspot_id="77")])
    live.inject("invalid_token", path_regex="account-info")
    with dg.DagsterInstance.ephemeral() as instance:
        assert reasons(act(instance)) == {}
    (message,) = live.messages()
    assert "Open in HubSpot" not in message["text"]


def test_a_dry_run_puts_nothing_in_the_outbox_and_says_what_is_owed(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_AS_OF", AS_OF.isoformat())
    publish_small(data_dir / "published", decide__actions=[action_row(1), action_row(2)])
    with dg.DagsterInstance.ephemeral() as instance:
        done = act(instance)
    shown = materialization(done, DELIVERED.to_user_string())
    assert (shown["owed"], shown["in_state_pending"]) == (2, 0)
    assert "SLACK_BOT_TOKEN is not set" in cells(shown["waits_because"], "why")[0]
    assert failed_checks(done) == set()
