"""What the portal has of the properties we write: what is missing and can be made, and what is in the way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.crm.errors import CrmError
from dagster_project.crm.property_map import HUBSPOT_TYPES, MappedObject, MappedProperty
from dagster_project.crm.transport import HubSpotApi
from dagster_project.rules.options import Option

GROUP_NAME = "product_activity"
GROUP_LABEL = "Product activity"
IN_THE_WAY = "HubSpot cannot take what crm_property_map.csv asks for:\n"


class PropertiesUnusable(CrmError):
    """Properties exist that we cannot write; the message names each and what to do."""


@dataclass
class Survey:
    """What there is to make, by object type, and every problem that has to be mended first, in words.

    `without_group`: object types that get their first property of ours. `lacking`: options that a property of ours does
    not have yet. `outdated`: properties of ours that say something else than the map.
    """

    without_group: list[str] = field(default_factory=list)
    missing: dict[str, list[MappedProperty]] = field(default_factory=dict)
    lacking: dict[str, dict[str, tuple[Option, ...]]] = field(default_factory=dict)
    outdated: dict[str, list[MappedProperty]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def is_as_mapped(self) -> bool:
        return not (self.without_group or self.missing or self.lacking or self.outdated or self.problems)


def survey(api: HubSpotApi, objects: Iterable[MappedObject]) -> Survey:
    """Look at the properties of the map, and write nothing.

    Raises:
        CrmScopeMissing: The token lacks `crm.schemas.<type>.read`.
    """
    found = Survey()
    for mapped in objects:
        name = mapped.object_type
        present = read_definitions(api, name)
        unseen = [property_ for property_ in mapped.properties if property_.name not in present]
        archived = read_definitions(api, name, archived=True) if unseen else {}
        for property_ in mapped.properties:
            if property_.name in present:
                _look_at(name, property_, present[property_.name], found)
            elif property_.name in archived:
                # The API has no way to bring it back.
                found.problems.append(f"{name}.{property_.name} is archived; restore it in HubSpot's property settings")
            elif property_.is_hubspots_own:
                found.problems.append(f"{name}.{property_.name} is a property of HubSpot's own and not there")
            else:
                found.missing.setdefault(name, []).append(property_)
        if name in found.missing and not has_group(api, name):
            found.without_group.append(name)
    return found


def _look_at(object_type: str, mapped: MappedProperty, present: dict, found: Survey) -> None:
    problems = list(problems_of(object_type, mapped, present))
    found.problems.extend(problems)
    lacking = lacking_options(mapped, present)
    if lacking and not problems:
        if is_ours(present):
            found.lacking.setdefault(object_type, {})[mapped.name] = lacking
        found.problems.extend(_problems_of_options(object_type, mapped, present, lacking))
    if _says_something_else(mapped, present):
        found.outdated.setdefault(object_type, []).append(mapped)


def read_definitions(api: HubSpotApi, object_type: str, archived: bool = False) -> dict[str, dict]:
    query = {"archived": "true"} if archived else None
    results = api.get(f"/crm/properties/{{version}}/{object_type}", query)["results"]
    return {item["name"]: item for item in results}


def has_group(api: HubSpotApi, object_type: str) -> bool:
    groups = api.get(f"/crm/properties/{{version}}/{object_type}/groups")["results"]
    return any(group["name"] == GROUP_NAME for group in groups)


def is_ours(present: dict) -> bool:
    """Whether we made a property: what stands in other groups is somebody else's, and they decide what it says."""
    is_fixed = (present.get("modificationMetadata") or {}).get("readOnlyDefinition") or present.get("hubspotDefined")
    return present.get("groupName") == GROUP_NAME and not is_fixed


def problems_of(object_type: str, mapped: MappedProperty, present: dict) -> Iterator[str]:
    """Why the values of the map cannot be written to a property as it is, whatever its options."""
    place = f"{object_type}.{mapped.name}"
    wanted, field_type = HUBSPOT_TYPES[mapped.value_type]
    if present.get("type") != wanted:
        yield f"{place} is of type {present.get('type')}, the map says {wanted}; change the map or rename the property"
    elif mapped.value_type == "multi_select" and present.get("fieldType") != field_type:
        yield (
            f"{place} takes one option ({present.get('fieldType')}), the map writes several; make it multiple "
            "checkboxes in HubSpot's property settings or rename the property"
        )
    if (present.get("modificationMetadata") or {}).get("readOnlyValue") or present.get("calculated"):
        yield f"{place} is read-only; map another property"
    if mapped.is_unique and not present.get("hasUniqueValue"):
        yield f"{place} is not unique, and HubSpot cannot change that; delete it or set PQL_PROPERTY_PREFIX to another"


def lacking_options(mapped: MappedProperty, present: dict) -> tuple[Option, ...]:
    """The options that would be written and are not there; HubSpot fills some itself, such as owners."""
    if present.get("externalOptions"):
        return ()
    values = {option["value"] for option in present.get("options") or []}
    return tuple(option for option in mapped.options if option.value not in values)


def _problems_of_options(
    object_type: str, mapped: MappedProperty, present: dict, lacking: tuple[Option, ...]
) -> Iterator[str]:
    place, values = f"{object_type}.{mapped.name}", ", ".join(option.value for option in lacking)
    if mapped.is_hubspots_own:
        yield (
            f"{place} is HubSpot's own and has no option {values}, which we would write; add it in HubSpot's settings "
            "or take the row out of crm_property_map.csv"
        )
    elif not is_ours(present):
        yield (
            f"{place} stands in the group {present.get('groupName')} and has no option {values}; add it in HubSpot, or "
            f"move the property to the group {GROUP_LABEL}, whose options we add ourselves"
        )
    else:
        labels = {option["label"].casefold(): option["value"] for option in present.get("options") or []}
        for option in lacking:
            if option.label.casefold() in labels:
                other = labels[option.label.casefold()]
                yield (
                    f"{place} gets the option {option.value}, and the option {other} is called “{option.label}”; "
                    "rename one of them"
                )


def _says_something_else(mapped: MappedProperty, present: dict) -> bool:
    """Whether a property that we made has another description than the map."""
    if mapped.description is None or present.get("groupName") != GROUP_NAME:
        return False
    return mapped.description.split() != (present.get("description") or "").split()


def describe_survey(found: Survey) -> str:
    """What would be made, in words; nothing where all is there."""
    lines = [f"{name}: the group {GROUP_LABEL} would be made." for name in found.without_group]
    lines += [f"{name}: {_listed(items)} would be made." for name, items in found.missing.items()]
    lines += [
        f"{name}.{property_}: the options {', '.join(option.value for option in options)} would be added."
        for name, by_property in found.lacking.items()
        for property_, options in by_property.items()
    ]
    lines += [f"{name}: {_listed(items)} would be described anew." for name, items in found.outdated.items()]
    lines += [f"In the way: {problem}." for problem in found.problems]
    return "\n".join(lines)


def _listed(properties: list[MappedProperty]) -> str:
    return ", ".join(property_.name for property_ in properties)
