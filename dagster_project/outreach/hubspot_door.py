"""HubSpot for what is sent once: the contact as it is now, whose it is, and the opener on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dagster_project.crm.errors import CrmAnswerLost, CrmError, CrmRefused, CrmUnauthorised, CrmUnavailable
from dagster_project.crm.owners import Owner, read_active_owner
from dagster_project.crm.property_map import MappedObject, MappedProperty
from dagster_project.crm.property_survey import PropertiesUnusable
from dagster_project.crm.provisioning import provision
from dagster_project.crm.transport import HubSpotApi
from dagster_project.outreach.errors import AnswerLost, RefusedForGood, RefusedForNow, Unavailable
from dagster_project.outreach.outbox_rows import OutboxRow

CONTACTS = "/crm/objects/{version}/contacts"
OPENER = "opener"
READ = ("email", "hs_sequences_is_enrolled", "hs_latest_sequence_enrolled", "hs_latest_sequence_enrolled_date")


@dataclass(frozen=True)
class Contact:
    """A contact as HubSpot holds it now; of merged ones the one that is left."""

    contact_id: str
    properties: dict[str, str | None]


class HubSpotDoor:
    """What tasks and sequences share; what is asked about owners is asked once a run."""

    def __init__(self, api: HubSpotApi, prefix: str):
        self.api = api
        self._opener = f"{prefix}{OPENER}"
        self._has_opener = False
        self._owners: dict[str, Owner | None] = {}

    def check(self) -> None:
        with told_generally():
            self.api.get("/account-info/{version}/details")

    def contact(self, row: OutboxRow) -> Contact:
        """Raises:
        RefusedForGood: HubSpot does not hold the contact any more.
        """
        contact_id = row.action.payload["contact_id"]
        if contact_id is None:
            raise RefusedForNow("HubSpot does not hold the contact yet")
        self._ensure_opener()
        with told_generally():
            asked = {"properties": ",".join((*READ, self._opener))}
            try:
                held = self.api.get(f"{CONTACTS}/{contact_id}", asked)
            except CrmRefused as refusal:
                if refusal.status != 404:
                    raise
                raise RefusedForGood(f"HubSpot does not hold contact {contact_id} any more") from None
        return Contact(str(held["id"]), held.get("properties") or {})

    def owner(self, row: OutboxRow) -> Owner:
        """Raises:
        RefusedForNow: Nobody owns what this is about, or somebody who left.
        """
        owner_id = row.action.owner_id
        if owner_id is None:
            raise RefusedForNow("nobody owns the contact: give it an owner in HubSpot, or somebody to sales_team.csv")
        if owner_id not in self._owners:
            with told_generally():
                self._owners[owner_id] = read_active_owner(self.api, owner_id)
        found = self._owners[owner_id]
        if found is None or found.user_id is None:
            raise RefusedForNow(
                f"owner {owner_id} was deactivated in HubSpot: give the contact to somebody else, or activate the user"
            )
        return found

    def write_opener(self, contact: Contact, opener: str) -> None:
        """Put the opener on the contact, where it holds another one."""
        if not opener or (contact.properties.get(self._opener) or "") == opener:
            return
        with told_generally():
            self.api.call("PATCH", f"{CONTACTS}/{contact.contact_id}", body={"properties": {self._opener: opener}})

    def _ensure_opener(self) -> None:
        """The property is there before the first contact is read; it is in no map, because no column fills it."""
        if self._has_opener:
            return
        mapped = MappedProperty(
            self._opener,
            OPENER,
            "text",
            "Opener",
            "How to begin a mail or a call, from the template of what the contact did last; a sequence may use it.",
            clears_when_unknown=False,
            is_unique=False,
            is_hubspots_own=False,
        )
        with told_generally():
            provision(self.api, [MappedObject("contacts", (mapped,), makes_unknown_records=False, max_cleared_pct=100)])
        self._has_opener = True


@contextmanager
def told_generally() -> Iterator[None]:
    """What HubSpot refuses, by what follows from it."""
    try:
        yield
    except CrmAnswerLost as lost:
        raise AnswerLost(str(lost)) from None
    except CrmUnavailable as problem:
        raise Unavailable(str(problem)) from None
    except (CrmUnauthorised, PropertiesUnusable) as problem:
        raise RefusedForNow(str(problem), concerns_all=True) from None
    except CrmRefused as refusal:
        raise RefusedForGood(str(refusal)) from None
    except CrmError as problem:
        raise RefusedForNow(str(problem), concerns_all=True) from None
