"""The properties we write exist in the portal with the right type, or nothing is written; ours say what they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dagster_project.crm.errors import CrmRefused, CrmScopeMissing
from dagster_project.crm.property_map import HUBSPOT_TYPES, MappedObject, MappedProperty
from dagster_project.crm.property_survey import (
    GROUP_LABEL,
    GROUP_NAME,
    IN_THE_WAY,
    PropertiesUnusable,
    has_group,
    lacking_options,
    problems_of,
    read_definitions,
    survey,
)
from dagster_project.crm.transport import HubSpotApi
from dagster_project.rules.options import Option


@dataclass
class Provisioned:
    """What was made and described anew, by object type; empty when everything was there and said the right thing.

    `options`: those that were added, by `<object type>.<property>`.
    """

    groups: list[str] = field(default_factory=list)
    properties: dict[str, list[str]] = field(default_factory=dict)
    described: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


def provision(api: HubSpotApi, objects: Iterable[MappedObject]) -> Provisioned:
    """Create the group, the properties and the options that are missing, and describe anew what says something else.

    Where all is there nothing is written, so a token without `crm.schemas.<type>.write` will do.

    Raises:
        PropertiesUnusable: One or more exist with another type, archived, read-only or with options that are not ours
            to add, and nothing was created; or HubSpot did not make one.
        CrmScopeMissing: The token lacks `crm.schemas.<type>.write`, or `.read`.
    """
    objects = list(objects)
    found = survey(api, objects)
    if found.problems:
        raise PropertiesUnusable(IN_THE_WAY + "\n".join(found.problems))

    made = Provisioned()
    for object_type in found.without_group:
        if _make_group(api, object_type):
            made.groups.append(object_type)
    for object_type, properties in found.missing.items():
        made.properties[object_type] = _make(api, object_type, properties)
    by_name = {(item.object_type, mapped.name): mapped for item in objects for mapped in item.properties}
    for object_type, lacking in found.lacking.items():
        for name in lacking:
            added = _add_options(api, object_type, by_name[object_type, name])
            if added:
                made.options[f"{object_type}.{name}"] = added
    for object_type, properties in found.outdated.items():
        _describe(api, object_type, properties, made)
    return made


def _make(api: HubSpotApi, object_type: str, properties: list[MappedProperty]) -> list[str]:
    # A name that is there already is reported and stays as it is, so a lost answer may be followed by a repeat.
    answer = api.post(
        f"/crm/properties/{{version}}/{object_type}/batch/create",
        {"inputs": [_definition(property_) for property_ in properties]},
        repeatable=True,
    )
    created = {item["name"] for item in answer.body.get("results") or []}
    if len(created) < len(properties):
        _check_made(api, object_type, properties, answer.body.get("errors") or [])
    return [property_.name for property_ in properties if property_.name in created]


def _add_options(api: HubSpotApi, object_type: str, mapped: MappedProperty) -> list[str]:
    """Add the options that are missing and keep every other one, also those that no segment has any more: records may
    still hold them. A list of options replaces the one before it, so it is read once more right before.
    """
    path = f"/crm/properties/{{version}}/{object_type}/{mapped.name}"
    present = api.get(path)
    lacking = lacking_options(mapped, present)
    if lacking:
        held = present.get("options") or []
        # One after the last, whatever numbers people gave to theirs.
        first = max((option.get("displayOrder", 0) for option in held), default=-1) + 1
        answer = api.call("PATCH", path, body={"options": [*held, *_as_options(lacking, first)]})
        still = lacking_options(mapped, answer.body) and lacking_options(mapped, api.get(path))
        if still:
            values = ", ".join(option.value for option in still)
            raise PropertiesUnusable(f"HubSpot did not add the options {values} to {object_type}.{mapped.name}")
    return [option.value for option in lacking]


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
    present = read_definitions(api, object_type)
    answers = "; ".join(str(error.get("message")) for error in errors) or "nothing about it"
    problems: list[str] = []
    for property_ in properties:
        if property_.name in present:
            problems.extend(problems_of(object_type, property_, present[property_.name]))
        else:
            problems.append(f"{object_type}.{property_.name} was not made; HubSpot says: {answers}")
    if problems:
        raise PropertiesUnusable("HubSpot did not make what crm_property_map.csv asks for:\n" + "\n".join(problems))


def _make_group(api: HubSpotApi, object_type: str) -> bool:
    try:
        api.post(
            f"/crm/properties/{{version}}/{object_type}/groups",
            {"name": GROUP_NAME, "label": GROUP_LABEL},
            repeatable=True,
        )
    except CrmRefused as refusal:
        # Another run made it between our two calls, or a call whose answer was lost did.
        if refusal.status != 409 or not has_group(api, object_type):
            raise
        return False
    return True


def _definition(mapped: MappedProperty) -> dict:
    type_name, field_type = HUBSPOT_TYPES[mapped.value_type]
    definition = {
        "name": mapped.name,
        "label": mapped.label,
        "description": mapped.description or "",
        "groupName": GROUP_NAME,
        "type": type_name,
        "fieldType": field_type,
        "hasUniqueValue": mapped.is_unique,
    }
    return definition | ({"options": _as_options(mapped.options)} if mapped.options else {})


def _as_options(options: Sequence[Option], first: int = 0) -> list[dict]:
    return [
        {"value": option.value, "label": option.label, "displayOrder": place, "hidden": False}
        for place, option in enumerate(options, first)
    ]
