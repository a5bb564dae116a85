"""The door to HubSpot, opened with what the environment says."""

from functools import cache

import dagster as dg
from sqlalchemy import Engine

from dagster_project.crm.errors import CrmUnauthorised
from dagster_project.crm.portal import Portal, open_portal
from dagster_project.crm.transport import ATTEMPTS, HubSpotApi
from dagster_project.settings import PUBLIC_HUBSPOT_URL, read_settings


class HubSpot(dg.ConfigurableResource):
    """HubSpot, or nobody: without a token and a base URL every step says what it would send and sends nothing."""

    @property
    def is_dry_run(self) -> bool:
        return not read_settings().sends_to_hubspot

    def connect(self, engine: Engine) -> HubSpotApi:
        """A door with the token of the environment, into the portal that the state is about.

        Raises:
            CrmUnauthorised: A base URL is set and no token, or the token is not accepted.
            CrmUnavailable: HubSpot does not answer.
            WrongPortal: The state belongs to another portal.
        """
        settings = read_settings()
        if settings.hubspot_access_token is None:
            raise CrmUnauthorised(
                "HUBSPOT_BASE_URL is set and HUBSPOT_ACCESS_TOKEN is not: set the token of a HubSpot service key, or "
                "unset both for a dry run."
            )
        base_url = settings.hubspot_base_url or PUBLIC_HUBSPOT_URL
        api = _open(base_url, settings.hubspot_access_token.get_secret_value())
        _portal(api, engine)
        return api

    def portal(self, engine: Engine) -> Portal:
        """The portal behind `connect`; asked once a process."""
        return _portal(self.connect(engine), engine)


@cache
def _open(base_url: str, token: str) -> HubSpotApi:
    # One door a process, so that all steps of a run share its connections and its request budget.
    return HubSpotApi(base_url, token, attempts=ATTEMPTS)


@cache
def _portal(api: HubSpotApi, engine: Engine) -> Portal:
    return open_portal(api, engine)
