"""What a build makes of a copy of HubSpot and the product's users: who is which record, as the dbt models decide it."""

from collections.abc import Iterable, Mapping

from crm_world import World
from sqlalchemy import select

from dagster_project.sandbox.running import Sandbox
from dagster_project.state.tables import identities

# A copy: the records as they stood when HubSpot was read.
Copy = list[dict[str, str]]


def take_copy(sandbox: Sandbox) -> dict[str, Copy]:
    return {kind: sandbox.records(kind) for kind in ("contacts", "companies")}


def _identities(world: World, object_type: str, copy: Copy) -> dict[str, str]:
    """Which record a sync has met before, if it is still in the copy."""
    query = select(identities.c.record_key, identities.c.hubspot_id).where(identities.c.object_type == object_type)
    with world.engine.connect() as connection:
        known = {row.record_key: row.hubspot_id for row in connection.execute(query)}
    present = {record["id"] for record in copy}
    return {key: record_id for key, record_id in known.items() if record_id in present}


def contact_rows(world: World, users: Mapping[str, dict], copy: Copy | None) -> list[dict]:
    """Rows of decide.crm_contacts_desired: by identity, else by address; one user speaks for a record."""
    met = _identities(world, "contacts", copy or [])
    by_address = {}
    for record in copy or []:
        addresses = [record.get("email", ""), *record.get("hs_additional_emails", "").split(";")]
        by_address |= {address: record["id"] for address in addresses if address}
    rows = []
    for key, user in users.items():
        found = met.get(key) or by_address.get(user["contact_email"])
        how = "identity" if key in met else "email" if found else "absent" if copy is not None else "not_looked_up"
        if found is None and user["contact_email"] is None:
            how = "no_email"
        rows.append({**user, "record_key": key, "hubspot_id": found, "matched_by": how})
    rows.sort(key=lambda row: (-(row["pql_score"] or 0), row["record_key"]))
    return _with_one_speaker(rows, "contact_email", "same_record_as_another_user")


def company_rows(world: World, companies: Mapping[str, dict], copy: Copy | None) -> list[dict]:
    """Rows of decide.crm_companies_desired: by identity, else by our key, else by a domain that only one has."""
    met = _identities(world, "companies", copy or [])
    rows = []
    for key, company in companies.items():
        by_key = [record["id"] for record in copy or [] if record.get("zo_company_id") == key]
        by_domain = [record["id"] for record in copy or [] if record.get("domain") == company["domain"]]
        found, how = None, "absent" if copy is not None else "not_looked_up"
        for candidates, name in ((by_key, "company_id"), (by_domain, "domain")):
            if candidates:
                found, how = (candidates[0], name) if len(candidates) == 1 else (None, "several_candidates")
                break
        if key in met:
            found, how = met[key], "identity"
        rows.append({**company, "record_key": key, "company_id": key, "hubspot_id": found, "matched_by": how})
    rows.sort(key=lambda row: (-(row["active_users_30d"] or 0), row["record_key"]))
    return _with_one_speaker(rows, "company_id", "same_record_as_another_company")


def _with_one_speaker(rows: Iterable[dict], own: str, shadow: str) -> list[dict]:
    spoken_for: set[str] = set()
    told = []
    for row in rows:
        place = row["hubspot_id"] or row[own] or row["record_key"]
        told.append(row | {"matched_by": shadow} if place in spoken_for else row)
        spoken_for.add(place)
    return told
