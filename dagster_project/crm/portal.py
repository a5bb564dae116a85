"""Which portal the token opens, and that it is the one this state is about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import Engine, insert, select

from dagster_project.crm.errors import CrmError
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.tables import portal as portal_table


class WrongPortal(CrmError):
    """The ledger knows what another portal holds; comparing with it would write nonsense into this one."""


@dataclass(frozen=True)
class Portal:
    """A HubSpot account: its id, and where people open its records."""

    portal_id: str
    record_url_base: str

    def contact_url(self, record_id: str) -> str:
        return self.record_url_base + record_id


def open_portal(api: HubSpotApi, engine: Engine) -> Portal:
    """Ask HubSpot which portal this is; the first one ever asked is the one the state belongs to.

    Raises:
        WrongPortal: The state was written for another portal.
    Source: HubSpot docs, account information.
    """
    details = api.get("/account-info/{version}/details")
    portal_id = str(details["portalId"])
    with engine.begin() as connection:
        known = connection.execute(select(portal_table)).mappings().first()
        if known is None:
            row = {"portal_id": portal_id, "base_url": api.base_url, "recorded_at": datetime.now(UTC)}
            connection.execute(insert(portal_table).values(row))
        elif known["portal_id"] != portal_id:
            raise WrongPortal(
                f"This data folder belongs to HubSpot portal {known['portal_id']} ({known['base_url']}), and the token "
                f"opens portal {portal_id} ({api.base_url}). Set PQL_DATA_DIR to another folder for another portal."
            )
    scheme = urlsplit(api.base_url).scheme
    return Portal(portal_id, f"{scheme}://{details['uiDomain']}/contacts/{portal_id}/record/0-1/")
