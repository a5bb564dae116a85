"""Which column becomes which HubSpot property, as the rule files say it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dagster_project.rules.checks.crm import HUBSPOT_OWN_PROPERTIES, SQL_DEFINITION
from dagster_project.rules.english import sql_definition_in_english
from dagster_project.rules.options import Option, options_of
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.crm import CrmProperty

ObjectType = Literal["contacts", "companies"]
# Whose value stays where somebody changed one of ours in HubSpot; `hold`: theirs, until a person has decided.
WhoWins = Literal["ours", "theirs", "hold"]
ValueType = Literal["text", "number", "boolean", "date", "datetime", "enumeration", "multi_select"]
SHIPPED_PREFIX = "zo_"
# HubSpot wants them of every bool.
TRUE_AND_FALSE = (Option("true", "Yes"), Option("false", "No"))
HUBSPOT_TYPES = {
    "text": ("string", "text"),
    "number": ("number", "number"),
    "boolean": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "enumeration": ("enumeration", "select"),
    "multi_select": ("enumeration", "checkbox"),
}


@dataclass(frozen=True)
class MappedProperty:
    """One property: its name in this portal, where its value comes from, and who may change it.

    `min_change`: what differs from what HubSpot holds by less is not sent; of instants, in minutes. `options`: every
    value that may be written, where it is one of a few.
    """

    name: str
    source_column: str
    value_type: ValueType
    label: str | None
    description: str | None
    clears_when_unknown: bool
    is_unique: bool
    is_hubspots_own: bool
    min_change: Decimal | None = None
    max_changed_pct: int | None = None
    who_wins: WhoWins = "ours"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class MappedObject:
    """What is written on one object type, and how; the limits are those of crm_objects.csv."""

    object_type: ObjectType
    properties: tuple[MappedProperty, ...]
    makes_unknown_records: bool
    max_cleared_pct: int
    writes_known_records: bool = True
    associated_with: str | None = None
    max_cleared_values: int = 1_000_000_000
    max_changed_pct: int = 100
    max_demoted_pct: int = 100
    max_refused_pct: int = 100
    # The lowest score of each band, in ascending order.
    band_floors: tuple[int, ...] = ()

    @property
    def watched(self) -> tuple[MappedProperty, ...]:
        """Those that only the pipeline writes; stage and owner are the salesperson's from the handoff on."""
        return tuple(mapped for mapped in self.properties if not mapped.is_hubspots_own)

    @property
    def key_property(self) -> MappedProperty | None:
        """Our unique property, which finds a record again; companies are upserted by it, contacts by their e-mail."""
        return next((mapped for mapped in self.properties if mapped.is_unique), None)


def read_property_map(book: RuleBook, prefix: str) -> dict[ObjectType, MappedObject]:
    """The map of every object type; shipped names begin with `zo_`, and `prefix` takes its place."""
    sentence = sql_definition_in_english(book)
    band_floors = tuple(sorted(band.min_score for band in book.rules("score_bands")))
    objects: dict[ObjectType, MappedObject] = {}
    for rule in book.rules("crm_objects"):
        properties = tuple(
            MappedProperty(
                name=portal_name(row.property, prefix),
                source_column=row.source_column,
                value_type=row.value_type,
                label=row.label,
                description=row.description and row.description.replace(SQL_DEFINITION, sentence),
                clears_when_unknown=row.when_unknown == "clear",
                min_change=row.min_change,
                max_changed_pct=row.max_changed_pct,
                who_wins=row.who_wins,
                is_unique=row.is_unique,
                is_hubspots_own=row.property in HUBSPOT_OWN_PROPERTIES,
                options=_options(book, row),
            )
            for row in book.rules("crm_property_map")
            if row.object_type == rule.object_type
        )
        objects[rule.object_type] = MappedObject(
            rule.object_type,
            properties,
            makes_unknown_records=rule.unknown_records in ("upsert", "create"),
            writes_known_records=rule.unknown_records != "create",
            associated_with=rule.associated_with,
            max_cleared_pct=rule.max_cleared_pct,
            max_cleared_values=rule.max_cleared_values,
            max_changed_pct=rule.max_changed_pct,
            max_demoted_pct=rule.max_demoted_pct,
            max_refused_pct=rule.max_refused_pct,
            band_floors=band_floors,
        )
    return objects


def _options(book: RuleBook, row: CrmProperty) -> tuple[Option, ...]:
    if row.value_type == "boolean":
        return TRUE_AND_FALSE
    is_of_a_few = row.value_type in ("enumeration", "multi_select")
    return options_of(book, row.object_type, row.source_column) if is_of_a_few else ()


def portal_name(name: str, prefix: str) -> str:
    return prefix + name.removeprefix(SHIPPED_PREFIX) if name.startswith(SHIPPED_PREFIX) else name
