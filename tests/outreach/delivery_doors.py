"""The doors of a run that talks to a sandbox, whose time a test gives."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dagster_project.crm.limiter import CallLimiter
from dagster_project.crm.transport import HubSpotApi
from dagster_project.outreach.act_run import Door
from dagster_project.outreach.calendars import Calendars
from dagster_project.outreach.hubspot_door import HubSpotDoor
from dagster_project.outreach.messages import Writer
from dagster_project.outreach.sequence_channel import SequenceChannel
from dagster_project.outreach.slack import Slack
from dagster_project.outreach.slack_channel import SlackChannel
from dagster_project.outreach.task_channel import TaskChannel
from dagster_project.outreach.webhook_channel import WebhookChannel
from tests.conftest import TOKEN

SECRET = "a-secret-that-must-not-be-seen"


def hubspot_api(url: str, sleep: Callable[[float], None]) -> HubSpotApi:
    return HubSpotApi(url, TOKEN, limiter=CallLimiter(sleep=sleep), sleep=sleep, jitter=lambda: 0.5)


def doors(
    url: str,
    rules_dir: Path,
    calendars: Calendars,
    as_of: datetime,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    *,
    slack_kind: Callable[..., Slack] = Slack,
    help_text: str | None = None,
) -> dict[str, Door]:
    writer = Writer(rules_dir, calendars, as_of, help_text)
    hubspot = HubSpotDoor(hubspot_api(url, sleep), "zo_")
    return {
        "slack": Door(lambda: SlackChannel(slack_kind(TOKEN, f"{url}/api/", sleep=sleep), writer)),
        "hubspot_task": Door(lambda: TaskChannel(hubspot, writer)),
        "sequence": Door(lambda: SequenceChannel(hubspot, writer, calendars)),
        "webhook": Door(lambda: WebhookChannel(f"{url}/webhook/enrichment", SECRET, now, sleep)),
    }
