"""HubSpot → rows: what the portal holds of contacts, companies, owners and lifecycle stages."""

from collections.abc import Iterator
from dataclasses import dataclass

from dagster_project.crm.transport import HubSpotApi

PAGE_SIZE = 100


@dataclass(frozen=True)
class CrmCopy:
    """One list of rows a raw table, each row a dict of its columns."""

    contacts: list[dict]
    contact_emails: list[dict]
    companies: list[dict]
    owners: list[dict]
    lifecycle_stages: list[dict]


def read_crm(api: HubSpotApi, company_key_property: str | None) -> CrmCopy:
    """Read every record that is not archived, page by page, with the properties this project uses and no others.

    Args:
        company_key_property: Our unique property on companies; a portal that has none yet answers without it.
    """
    contacts, contact_emails = _read_contacts(api)
    return CrmCopy(
        contacts=contacts,
        contact_emails=contact_emails,
        companies=_read_companies(api, company_key_property),
        owners=_read_owners(api),
        lifecycle_stages=_read_lifecycle_stages(api),
    )


def _read_contacts(api: HubSpotApi) -> tuple[list[dict], list[dict]]:
    columns = {
        "email": "email",
        "first_name": "firstname",
        "last_name": "lastname",
        "job_title": "jobtitle",
        "country": "country",
        "lifecycle_stage": "lifecyclestage",
        "owner_id": "hubspot_owner_id",
    }
    contacts, emails = [], []
    for item in _objects(api, "contacts", [*columns.values(), "hs_additional_emails"]):
        held = item["properties"]
        contacts.append({"hubspot_id": item["id"]} | {column: held.get(name) for column, name in columns.items()})
        seen = set()
        for position, address in enumerate([held.get("email"), *(held.get("hs_additional_emails") or "").split(";")]):
            email = (address or "").strip().lower()
            if email and email not in seen:
                seen.add(email)
                emails.append({"hubspot_id": item["id"], "email": email, "is_primary": position == 0})
    return contacts, emails


def _read_companies(api: HubSpotApi, key_property: str | None) -> list[dict]:
    columns = {
        "name": "name",
        "domain": "domain",
        "employee_count": "numberofemployees",
        "industry": "industry",
        "country": "country",
    }
    if key_property is not None:
        columns["company_id"] = key_property
    return [
        {"hubspot_id": item["id"], "company_id": None}
        | {column: item["properties"].get(name) for column, name in columns.items()}
        for item in _objects(api, "companies", list(columns.values()))
    ]


def _read_owners(api: HubSpotApi) -> list[dict]:
    return [
        {
            "owner_id": str(item["id"]),
            "email": item.get("email"),
            "first_name": item.get("firstName"),
            "last_name": item.get("lastName"),
        }
        for item in _pages(api, "/crm/owners/{version}")
    ]


def _objects(api: HubSpotApi, object_type: str, properties: list[str]) -> Iterator[dict]:
    return _pages(api, f"/crm/objects/{{version}}/{object_type}", properties=",".join(properties))


def _pages(api: HubSpotApi, path: str, **query: str) -> Iterator[dict]:
    after: str | None = None
    while True:
        page = api.get(path, query | {"limit": PAGE_SIZE} | ({} if after is None else {"after": after}))
        yield from page["results"]
        after = ((page.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            return


def _read_lifecycle_stages(api: HubSpotApi) -> list[dict]:
    pipelines = api.get("/crm/pipelines/{version}/contacts")["results"]
    return [
        {"stage": stage["id"], "label": stage.get("label"), "display_order": stage["displayOrder"]}
        for pipeline in pipelines
        for stage in pipeline["stages"]
    ]
