"""The door to Slack, opened with what the environment says."""

import dagster as dg

from dagster_project.outreach.slack import Slack, SlackRefused
from dagster_project.settings import PUBLIC_SLACK_URL, read_settings


class SlackWorkspace(dg.ConfigurableResource):
    """Slack, or nobody: without a token and a base URL messages stay owed and nothing is posted."""

    @property
    def is_dry_run(self) -> bool:
        return not read_settings().sends_to_slack

    def connect(self) -> Slack:
        """A door with the token of the environment.

        Raises:
            SlackRefused: A base URL is set and no token.
        """
        settings = read_settings()
        if settings.slack_bot_token is None:
            raise SlackRefused("not_authed")
        return Slack(settings.slack_bot_token.get_secret_value(), settings.slack_base_url or PUBLIC_SLACK_URL)
