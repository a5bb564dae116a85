"""Property definitions: HubSpot's defaults from `defaults/*.json`, and what a client creates, changes or archives.

Source: HubSpot docs: properties guide; recorded GET of the contact schema and recorded property batches.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .clock import Clock
from .errors import Refusal, validation
from .object_types import OBJECT_TYPES, ObjectType
from .state import Store
from .values import Cleaner, cleaner_for

DEFAULTS = Path(__file__).parent / "defaults"
DEFAULT_STAMP = "2019-08-06T02:41:08.204Z"
MAX_UNIQUE = 10
MAX_NAME = 100

# Stated for event properties and assumed for CRM properties; the length limit is not verified.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Calculated properties are left out on purpose: the sandbox does not evaluate formulas, so it refuses them.
FIELD_TYPES = {
    "bool": {"booleancheckbox"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select"},
    "date": {"date"},
    "datetime": {"date"},
    "string": {"file", "text", "textarea", "html", "phonenumber"},
    "number": {"number"},
}
PATCHABLE = ("label", "type", "fieldType", "description", "groupName", "options", "displayOrder", "hidden", "formField")


@dataclass(slots=True)
class Definition:
    """A property as the write path needs it; `body` is what HubSpot answers."""

    name: str
    body: dict[str, Any]
    clean: Cleaner
    is_read_only: bool
    is_multiple: bool
    is_unique: bool
    is_enumeration: bool


class Schema:
    """The definitions and groups of every object type, looked up by type name and property name."""

    def __init__(self, store: Store, clock: Clock, is_active_owner: Callable[[str], bool]) -> None:
        self._store = store
        self._clock = clock
        self._is_active_owner = is_active_owner
        self.load()

    def load(self) -> None:
        self.definitions: dict[str, dict[str, Definition]] = {}
        self.archived: dict[str, dict[str, dict[str, Any]]] = {}
        self.groups: dict[str, dict[str, dict[str, Any]]] = {}
        for kind in OBJECT_TYPES:
            groups, bodies = _defaults(kind.name)
            self.groups[kind.name] = {name: dict(group) for name, group in groups.items()}
            self.definitions[kind.name] = {body["name"]: self._definition(kind, dict(body)) for body in bodies}
            self.archived[kind.name] = {}
        kinds = {kind.name: kind for kind in OBJECT_TYPES}
        for type_name, name, text in self._store.rows("select type, name, body from property_groups"):
            self.groups[type_name][name] = json.loads(text)
        rows = self._store.rows("select type, name, body, archived from property_definitions")
        for type_name, name, text, archived in rows:
            if archived:
                self.definitions[type_name].pop(name, None)
                self.archived[type_name][name] = json.loads(text)
            else:
                self.definitions[type_name][name] = self._definition(kinds[type_name], json.loads(text))
        self._refresh_unique()

    def _definition(self, kind: ObjectType, body: dict[str, Any]) -> Definition:
        is_email = kind.name == "contacts" and body["name"] == "email"
        return Definition(
            name=body["name"],
            body=body,
            clean=cleaner_for(body, is_email=is_email, is_active_owner=self._is_active_owner),
            is_read_only=body["modificationMetadata"]["readOnlyValue"],
            is_multiple=body["fieldType"] == "checkbox",
            is_unique=body["hasUniqueValue"],
            is_enumeration=body["type"] in ("enumeration", "bool"),
        )

    def _refresh_unique(self) -> None:
        """Properties whose values identify one record: `hasUniqueValue`, and the e-mail address of contacts."""
        self.unique = {
            type_name: tuple(
                name
                for name, definition in definitions.items()
                if definition.is_unique or (type_name == "contacts" and name == "email")
            )
            for type_name, definitions in self.definitions.items()
        }

    def options(self, kind: ObjectType, name: str) -> list[dict[str, Any]]:
        return sorted(self.definitions[kind.name][name].body["options"], key=lambda option: option["displayOrder"])

    def prepared(self, kind: ObjectType, wanted: Mapping[str, Any], more_unique: int = 0) -> dict[str, Any]:
        """The full definition of a property a client wants, for `save`.

        Args:
            more_unique: Properties with unique values that the same batch brings already.
        Raises:
            Refusal: 400 for a bad definition, 409 for a name that exists, also archived (not verified: stricter).
        """
        name = wanted["name"]
        if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_NAME:
            raise validation(
                f"Property name '{name}' is not valid: use lower-case letters, digits and underscores, beginning "
                f"with a letter, at most {MAX_NAME} characters"
            )
        if name in self.definitions[kind.name] or name in self.archived[kind.name]:
            raise Refusal(
                409,
                f"A property named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
                context={"name": [name]},
            )
        is_unique = wanted.get("hasUniqueValue", False)
        if is_unique is not False:
            self._check_unique(kind, wanted, more_unique)
        now = self._clock.stamp()
        body = expanded(
            {
                "name": name,
                "description": wanted.get("description", ""),
                "displayOrder": wanted.get("displayOrder", -1),
                "hidden": wanted.get("hidden", False),
                "formField": wanted.get("formField", False),
                "hasUniqueValue": is_unique,
                **{field: wanted[field] for field in ("label", "type", "fieldType", "groupName")},
                "options": checked_options(wanted),
            },
            now,
        )
        self.check_body(kind, body)
        return body

    def _check_unique(self, kind: ObjectType, wanted: Mapping[str, Any], more_unique: int) -> None:
        if wanted["hasUniqueValue"] is not True:
            raise validation("hasUniqueValue must be true or false")
        if kind.is_activity:
            # Whether activities take them is not documented: the stricter reading.
            raise validation(f"Properties of {kind.name} cannot have unique values")
        if wanted.get("type") not in ("string", "number"):
            raise validation("Only string and number properties can have unique values")
        held = sum(definition.is_unique for definition in self.definitions[kind.name].values())
        if held + more_unique >= MAX_UNIQUE:
            raise validation(f"You can have up to {MAX_UNIQUE} unique value properties per object")

    def check_body(self, kind: ObjectType, body: Mapping[str, Any]) -> None:
        """Refuse a definition whose type, field type, options or group do not go together."""
        if not isinstance(body["label"], str) or not body["label"].strip():
            raise validation("Property label must not be blank")
        if body["groupName"] not in self.groups[kind.name]:
            raise validation(f"Property group '{body['groupName']}' does not exist")
        allowed = FIELD_TYPES.get(body["type"])
        if allowed is None:
            raise validation(f"Property type '{body['type']}' is not one of {sorted(FIELD_TYPES)}")
        if body["fieldType"] not in allowed:
            raise validation(
                f"Field type '{body['fieldType']}' is not valid for type '{body['type']}': use one of {sorted(allowed)}"
            )
        values = [option["value"] for option in body["options"]]
        if body["type"] == "bool" and sorted(values) != ["false", "true"]:
            raise validation(
                "Boolean properties must have exactly two options; one with a value of 'true', the other with a "
                "value of 'false'."
            )
        if body["type"] not in ("bool", "enumeration") and values:
            raise validation(f"Properties of type '{body['type']}' cannot have options")

    def update(self, kind: ObjectType, name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        definition = self.definition(kind, name)
        if definition.body["modificationMetadata"]["readOnlyDefinition"]:
            raise validation(f"Property '{name}' is read only; its definition cannot be changed")
        unknown = sorted(set(changes) - set(PATCHABLE))
        if unknown:
            # hasUniqueValue is immutable; how HubSpot answers the others is not verified.
            raise validation(f"These fields of a property cannot be changed: {unknown}")
        if changes.get("type", definition.body["type"]) != definition.body["type"]:
            # Changing the type of a property that may hold values is not verified: the stricter reading.
            raise validation(f"The type of property '{name}' cannot be changed")
        body = {**definition.body, **changes, "updatedAt": self._clock.stamp()}
        if "options" in changes:
            body["options"] = checked_options(changes)
        self.check_body(kind, body)
        self.save(kind, body)
        return body

    def set_options(self, kind: ObjectType, name: str, options: list[dict[str, Any]]) -> None:
        """Replace the options of a default property, as an administrator does in HubSpot's settings."""
        body = self.definition(kind, name).body
        self.save(kind, {**body, "options": checked_options({"options": options})})

    def archive(self, kind: ObjectType, name: str) -> None:
        definition = self.definition(kind, name)
        if definition.body.get("hubspotDefined"):
            raise validation(f"Property '{name}' is defined by HubSpot and cannot be archived")
        body = {**definition.body, "archived": True, "archivedAt": self._clock.stamp()}
        del self.definitions[kind.name][name]
        self.archived[kind.name][name] = body
        self._store.execute(
            "insert or replace into property_definitions values (?, ?, ?, 1)", kind.name, name, json.dumps(body)
        )
        self._refresh_unique()

    def definition(self, kind: ObjectType, name: str) -> Definition:
        definition = self.definitions[kind.name].get(name)
        if definition is None:
            raise Refusal(
                404,
                f"No {kind.label} property named '{name}' exists",
                "OBJECT_NOT_FOUND",
                sub_category="Properties.PROPERTY_NOT_FOUND",
                context={"name": [name]},
            )
        return definition

    def save(self, kind: ObjectType, body: dict[str, Any]) -> None:
        self.definitions[kind.name][body["name"]] = self._definition(kind, body)
        self._store.execute(
            "insert or replace into property_definitions values (?, ?, ?, 0)",
            kind.name,
            body["name"],
            json.dumps(body),
        )
        self._refresh_unique()

    def save_group(self, kind: ObjectType, group: dict[str, Any]) -> None:
        self.groups[kind.name][group["name"]] = group
        self._store.execute(
            "insert or replace into property_groups values (?, ?, ?)", kind.name, group["name"], json.dumps(group)
        )


def checked_options(wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    options = wanted.get("options") or []
    if not isinstance(options, list) or not all(isinstance(option, dict) for option in options):
        raise validation("Property options must be a list of objects")
    tidy = []
    for position, option in enumerate(options):
        label, value = option.get("label"), option.get("value")
        if not isinstance(label, str) or not label or not isinstance(value, str) or not value:
            raise validation("Property options need a label and a value")
        tidy.append(
            {
                "label": label,
                "value": value,
                "description": option.get("description", ""),
                "displayOrder": option.get("displayOrder", position),
                "hidden": option.get("hidden", False),
            }
        )
    for field in ("label", "value"):
        if len({option[field] for option in tidy}) < len(tidy):
            raise validation(f"Property option {field}s must be unique")
    return tidy


def expanded(short: Mapping[str, Any], now: str) -> dict[str, Any]:
    """A definition in HubSpot's full shape, from its essential fields."""
    is_default = short.get("hubspotDefined", False)
    body = {
        "updatedAt": now,
        "createdAt": now,
        "name": short["name"],
        "label": short["label"],
        "type": short["type"],
        "fieldType": short["fieldType"],
        "description": short.get("description", ""),
        "groupName": short["groupName"],
        "options": short["options"],
        "displayOrder": short.get("displayOrder", -1),
        "calculated": short.get("calculated", False),
        "externalOptions": short.get("externalOptions", False),
        "hasUniqueValue": short.get("hasUniqueValue", False),
        "hidden": short.get("hidden", False),
        "modificationMetadata": {
            "archivable": not is_default,
            "readOnlyDefinition": is_default,
            "readOnlyValue": short.get("readOnlyValue", False),
        },
        "formField": short.get("formField", False),
        "dataSensitivity": "non_sensitive",
    }
    # Recorded: custom properties come without the field, not with false.
    if is_default:
        body["hubspotDefined"] = True
    if "referencedObjectType" in short:
        body["referencedObjectType"] = short["referencedObjectType"]
    return body


@cache
def _defaults(type_name: str) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    content = json.loads((DEFAULTS / f"{type_name}.json").read_text(encoding="utf-8"))
    groups = {
        name: {"name": name, "label": label, "displayOrder": order, "archived": False}
        for order, (name, label) in enumerate(content["groups"].items())
    }
    bodies = []
    for short in content["properties"]:
        options = checked_options(
            {"options": [{"value": value, "label": label} for value, label in short.get("options", [])]}
        )
        bodies.append(expanded({**short, "options": options, "hubspotDefined": True}, DEFAULT_STAMP))
    return groups, bodies
