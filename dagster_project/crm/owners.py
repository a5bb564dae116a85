"""HubSpot owners, by the id that `hubspot_owner_id` holds."""

from dataclasses import dataclass

from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.transport import HubSpotApi


@dataclass(frozen=True)
class Owner:
    """An active owner; `user_id` is the user behind it, which sequences want."""

    owner_id: str
    user_id: str | None
    email: str | None
    name: str | None


def read_active_owner(api: HubSpotApi, owner_id: str) -> Owner | None:
    """The owner with this id, or None if there is none or they were deactivated.

    Source: HubSpot docs, owners (deactivated ones answer only to `archived=true`).
    """
    try:
        held = api.get(f"/crm/owners/{{version}}/{owner_id}")
    except CrmRefused as refusal:
        if refusal.status != 404:
            raise
        return None
    if held.get("archived"):
        return None
    name = " ".join(part for part in (held.get("firstName"), held.get("lastName")) if part)
    user_id = held.get("userId")
    return Owner(str(held["id"]), str(user_id) if user_id else None, held.get("email"), name or None)
