"""The enrichment tool behind a webhook, as the environment names it."""

import dagster as dg

from dagster_project.outreach.webhook_channel import WebhookChannel
from dagster_project.settings import SettingsInvalid, read_settings


class Enrichment(dg.ConfigurableResource):
    """A receiver of webhooks, or nobody: without an address nothing is sent and nothing is put into the outbox."""

    @property
    def is_dry_run(self) -> bool:
        return not read_settings().sends_webhooks

    def connect(self) -> WebhookChannel:
        """Raises:
        SettingsInvalid: There is no address.
        """
        settings = read_settings()
        url, secret = settings.enrichment_webhook_url, settings.enrichment_webhook_secret
        if url is None:
            raise SettingsInvalid("The environment variable ENRICHMENT_WEBHOOK_URL is not set.")
        return WebhookChannel(url.get_secret_value(), None if secret is None else secret.get_secret_value())
