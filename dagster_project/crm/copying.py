"""HubSpot → rows: what the portal holds, read whole the first time and once a day, and what changed in between.

Two parts: what deciding needs and no run can do without (contacts, companies, owners, lifecycle stages), and what
salespeople do with them (deals, engagements, who is associated with whom), which a token need not be allowed to see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dagster_project.crm.association_reading import PAIRS, Held, PairRead, read_pair
from dagster_project.crm.copied_objects import ADDITIONAL_EMAILS, DEALS, ENGAGEMENTS, companies, contacts
from dagster_project.crm.errors import CrmScopeMissing
from dagster_project.crm.fact_properties import FactProperties
from dagster_project.crm.object_reading import CopyState, ObjectRead, pages, read_object
from dagster_project.crm.transport import HubSpotApi


@dataclass(frozen=True)
class CrmCopy:
    """What every run needs: contacts and companies, whole or what changed of them; owners and stages always whole."""

    objects: dict[str, ObjectRead]
    owners: list[dict]
    lifecycle_stages: list[dict]
    started_at: datetime

    @property
    def contacts(self) -> list[dict]:
        return self.objects["contacts"].rows

    @property
    def companies(self) -> list[dict]:
        return self.objects["companies"].rows

    @property
    def contact_emails(self) -> list[dict]:
        return _contact_emails(self.objects["contacts"])


@dataclass(frozen=True)
class SalesCopy:
    """What salespeople do, as far as the token lets us see it.

    Args:
        unseen: Why not, by object type or pair.
    """

    objects: dict[str, ObjectRead]
    pairs: list[PairRead]
    unseen: dict[str, str]

    @property
    def unseen_pairs(self) -> set[str]:
        """Those of an object type that is not seen are not read either."""
        return {pair.name for pair in PAIRS} - {read.pair.name for read in self.pairs}


def read_crm(
    api: HubSpotApi,
    key_properties: Mapping[str, str] | None = None,
    past: Mapping[str, CopyState] | None = None,
    started_at: datetime | None = None,
    facts: FactProperties | None = None,
    watched: Mapping[str, tuple[str, ...]] | None = None,
    handoff_time: str | None = None,
) -> CrmCopy:
    """Read what is not archived, with the properties this project uses and no others.

    Args:
        key_properties: Our unique property by object type; a portal that does not have one yet answers without it.
        past: The state of the last copy by object type; without it everything is read.
        started_at: Now, by default.
        facts: Which properties hold what is known of people and companies; HubSpot's own, by default.
        watched: Our own properties by object type, whose values `crm.drift` looks at.
        handoff_time: Our property that says when a contact was handed to sales.
    Raises:
        CrmError: See `HubSpotApi.call`; there is no half copy.
    """
    past, started_at = past or {}, started_at or datetime.now(UTC)
    keys, facts, watched = key_properties or {}, facts or {}, watched or {}
    kinds = (
        contacts(keys.get("contacts"), facts.get("contacts", {}), watched.get("contacts", ()), handoff_time),
        companies(keys.get("companies"), facts.get("companies", {}), watched.get("companies", ())),
    )
    return CrmCopy(
        objects={kind.name: read_object(api, kind, past.get(kind.name), started_at) for kind in kinds},
        owners=_read_owners(api),
        lifecycle_stages=_read_lifecycle_stages(api),
        started_at=started_at,
    )


def read_sales(api: HubSpotApi, crm: CrmCopy, past: Mapping[str, CopyState], held: Held) -> SalesCopy:
    """Read deals, engagements and associations as far as the token may.

    Args:
        crm: What was read just before.
        held: What the last copy says, looked into where a change leads to a record that did not change.
    """
    read: dict[str, ObjectRead] = {}
    pairs: list[PairRead] = []
    unseen: dict[str, str] = {}
    for kind in (DEALS, *ENGAGEMENTS):
        try:
            read[kind.name] = read_object(api, kind, past.get(kind.name), crm.started_at)
        except CrmScopeMissing as error:
            unseen[kind.name] = str(error)
    known = crm.objects | read
    for pair in PAIRS:
        if pair.from_type in known and pair.to_type in known:
            try:
                pairs.append(read_pair(api, pair, known, past, held))
            except CrmScopeMissing as error:
                unseen[pair.name] = str(error)
    return SalesCopy(read, pairs, unseen)


def _contact_emails(read: ObjectRead) -> list[dict]:
    """One row an address. One that was moved to another contact while we read is that of the contact changed last."""
    rows: dict[str, dict] = {}
    for item in sorted(read.items, key=lambda item: item["properties"].get(read.kind.modified) or ""):
        held = item["properties"]
        addresses = [held.get("email"), *(held.get(ADDITIONAL_EMAILS) or "").split(";")]
        for position, address in enumerate(addresses):
            email = (address or "").strip().lower()
            if email and rows.get(email, {}).get("hubspot_id") != item["id"]:
                rows[email] = {"hubspot_id": item["id"], "email": email, "is_primary": position == 0}
    return list(rows.values())


def _read_owners(api: HubSpotApi) -> list[dict]:
    return [
        {
            "owner_id": str(item["id"]),
            "email": item.get("email"),
            "first_name": item.get("firstName"),
            "last_name": item.get("lastName"),
        }
        for item in pages(api, "/crm/owners/{version}")
    ]


def _read_lifecycle_stages(api: HubSpotApi) -> list[dict]:
    pipelines = api.get("/crm/pipelines/{version}/contacts")["results"]
    return [
        {"stage": stage["id"], "label": stage.get("label"), "display_order": stage["displayOrder"]}
        for pipeline in pipelines
        for stage in pipeline["stages"]
    ]
