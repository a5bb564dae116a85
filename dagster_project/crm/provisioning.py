"""The properties we write exist in the portal with the right type, or nothing is written; ours say what they are."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dagster_project.crm.errors import CrmError, CrmRefused, CrmScopeMissing
from dagster_project.crm.property_map import HUBSPOT_TYPES, MappedObject, MappedProperty
from dagster_project.crm.transport import HubSpotApi

GROUP_NAME = "product_activity"
GROUP_LABEL = "Product activity"


class PropertiesUnusable(CrmError):
    """Properties exist that we cannot write; the message names each and what to do."""


@dataclass
class Provisioned:
    """What was made and described anew, by object type; empty when everything was there and said the right thing."""

    groups: list[str] = field(default_factory=list)
    properties: dict[str, list[str]] = field(default_factory=dict)
    described: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def provision(api: HubSpotApi, objects: Iterable[MappedObject]) -> Provisioned:
    """Create the group and the properties that are missing, and describe anew those of ours that say something else.

    Raises:
        PropertiesUnusable: One or more exist with another type, archived or read-only, and nothing was created; or
            HubSpot did not make one.
        CrmUnauthorised: The token lacks `crm.schemas.<type>.write`.
    """
    missing: dict[str, list[MappedProperty]] = {}
    outdated: dict[str, list[MappedProperty]] = {}
    problems: list[str] = []
    for mapped in objects:
        present = {item["name"]: item for item in _definitions(api, mapped.object_type)}
        archived = {item["name"] for item in _definitions(api, mapped.object_type, archived=True)}
        missing[mapped.object_type], outdated[mapped.object_type] = [], []
        for property_ in mapped.properties:
            if property_.name in present:
                problems.extend(_problems(mapped.object_type, property_, present[property_.name]))
                if _says_something_else(property_, present[property_.name]):
                    outdated[mapped.object_type].append(property_)
            elif property_.name in archived:
                problems.append(
                    f"{mapped.object_type}.{property_.name} is archived; restore it in HubSpot's property settings"
                )
            elif property_.is_hubspots_own:
                problems.append(f"{mapped.object_type}.{property_.name} is a property of HubSpot's own and not there")
            else:
                missing[mapped.object_type].append(property_)
    if problems:
        raise PropertiesUnusable("HubSpot cannot take what crm_property_map.csv asks for:\n" + "\n".join(problems))

    made = Provisioned()
    for object_type, properties in missing.items():
        if properties:
            if _ensure_group(api, object_type):
                made.groups.append(object_type)
            # A name that is there already is reported and stays as it is, so a lost answer may be followed by a repeat.
            answer = api.post(
                f"/crm/properties/{{version}}/{object_type}/batch/create",
                {"inputs": [_definition(property_) for property_ in properties]},
                repeatable=True,
            )
            created = {item["name"] for item in answer.body.get("results") or []}
            if len(created) < len(properties):
                _check_made(api, object_type, properties, answer.body.get("errors") or [])
            made.properties[object_type] = [property_.name for property_ in properties if property_.name in created]
    for object_type, properties in outdated.items():
        _describe(api, object_type, properties, made)
    return made


def _says_something_else(mapped: MappedProperty, present: dict) -> bool:
    """Whether a property that we made has another description than the map; what stands in other groups is not ours."""
    if mapped.description is None or present.get("groupName") != GROUP_NAME:
        return False
    return mapped.description.split() != (present.get("description") or "").split()


def _describe(api: HubSpotApi, object_type: str, properties: list[MappedProperty], made: Provisioned) -> None:
    """One call a property; values can be written under an old description, so a refusal is told and stops nothing."""
    for property_ in properties:
        path = f"/crm/properties/{{version}}/{object_type}/{property_.name}"
        try:
            api.call("PATCH", path, body={"description": property_.description})
        except (CrmRefused, CrmScopeMissing) as refusal:
            made.problems.append(f"{object_type}.{property_.name} keeps its old description: {refusal}")
        else:
            made.described.setdefault(object_type, []).append(property_.name)


def _check_made(api: HubSpotApi, object_type: str, properties: list[MappedProperty], errors: list[dict]) -> None:
    """What another run, or a call whose answer was lost, made in between is as good as ours, if it is of our kind."""
    present = {item["name"]: item for item in _definitions(api, object_type)}
    answers = "; ".join(str(error.get("message")) for error in errors) or "nothing about it"
    problems: list[str] = []
    for property_ in properties:
        if property_.name in present:
            problems.extend(_problems(object_type, property_, present[property_.name]))
        else:
            problems.append(f"{object_type}.{property_.name} was not made; HubSpot says: {answers}")
    if problems:
        raise PropertiesUnusable("HubSpot did not make what crm_property_map.csv asks for:\n" + "\n".join(problems))


def _definitions(api: HubSpotApi, object_type: str, archived: bool = False) -> list[dict]:
    query = {"archived": "true"} if archived else None
    return api.get(f"/crm/properties/{{version}}/{object_type}", query)["results"]


def _problems(object_type: str, mapped: MappedProperty, present: dict) -> Iterable[str]:
    place = f"{object_type}.{mapped.name}"
    wanted = HUBSPOT_TYPES[mapped.value_type][0]
    if present.get("type") != wanted:
        yield f"{place} is of type {present.get('type')}, the map says {wanted}; change the map or rename the property"
    if (present.get("modificationMetadata") or {}).get("readOnlyValue") or present.get("calculated"):
        yield f"{place} is read-only; map another property"
    if mapped.is_unique and not present.get("hasUniqueValue"):
        yield f"{place} is not unique, and HubSpot cannot change that; delete it or set PQL_PROPERTY_PREFIX to another"


def _ensure_group(api: HubSpotApi, object_type: str) -> bool:
    groups = api.get(f"/crm/properties/{{version}}/{object_type}/groups")["results"]
    if any(group["name"] == GROUP_NAME for group in groups):
        return False
    try:
        api.post(
            f"/crm/properties/{{version}}/{object_type}/groups",
            {"name": GROUP_NAME, "label": GROUP_LABEL},
            repeatable=True,
        )
    except CrmRefused as refusal:
        # Another run made it between our two calls, or a call whose answer was lost did.
        if refusal.status != 409:
            raise
        return False
    return True


def _definition(mapped: MappedProperty) -> dict:
    type_name, field_type = HUBSPOT_TYPES[mapped.value_type]
    return {
        "name": mapped.name,
        "label": mapped.label,
        "description": mapped.description or "",
        "groupName": GROUP_NAME,
        "type": type_name,
        "fieldType": field_type,
        "hasUniqueValue": mapped.is_unique,
    }
