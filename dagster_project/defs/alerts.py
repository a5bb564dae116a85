"""A run that failed is told to Slack."""

import dagster as dg

from dagster_project.masking import masked
from dagster_project.outreach.messages import escaped
from dagster_project.outreach.slack import SlackAnswerLost, SlackRefused, SlackUnavailable
from dagster_project.resources.slack import SlackWorkspace
from dagster_project.settings import SettingsInvalid, read_settings

LONGEST_MESSAGE = 1_500


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=30)
def failed_runs(context: dg.RunFailureSensorContext, slack: SlackWorkspace) -> None:
    """Post what failed, why, and where to look to the alert channel; without Slack it stands in the log only."""
    steps = context.get_step_failure_events()
    reasons = [f"{event.step_key}: {_reason(event)}" for event in steps] or [
        context.failure_event.message or "no reason"
    ]
    text = masked(
        f"Run of {context.dagster_run.job_name} failed ({context.dagster_run.run_id[:8]})\n" + "\n".join(reasons)
    )
    context.log.error(text)
    try:
        if slack.is_dry_run:
            return
        channel = read_settings().alert_channel
    except SettingsInvalid as problem:
        context.log.error(f"The alert could not be posted: {problem}")
        return
    try:
        door = slack.connect()
        door.post(door.channel_id(channel), escaped(text[:LONGEST_MESSAGE]))
    except (SlackRefused, SlackUnavailable, SlackAnswerLost) as problem:
        # An alert that failed must not be an error that alerts.
        context.log.error(f"The alert could not be posted to {channel} (PQL_ALERT_CHANNEL): {problem}")


def _reason(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    failure = data.user_failure_data
    if failure is not None and failure.description:
        return failure.description
    error = data.error
    # Dagster wraps what a step raised in an error of its own, which only says that a step raised something.
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "no reason"
