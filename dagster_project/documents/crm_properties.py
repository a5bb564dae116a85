"""docs/properties.md: what the pipeline writes to HubSpot, where each value comes from, and what it reads there."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.crm.copied_objects import DEALS, ENGAGEMENTS, CopiedObject, companies, contacts
from dagster_project.crm.event_definitions import TYPES
from dagster_project.crm.fact_properties import read_fact_properties
from dagster_project.crm.list_changes import read_segment_lists
from dagster_project.crm.property_map import (
    HUBSPOT_TYPES,
    TRUE_AND_FALSE,
    MappedObject,
    MappedProperty,
    read_property_map,
)
from dagster_project.crm.property_survey import GROUP_LABEL
from dagster_project.documents.descriptions import Described
from dagster_project.rules.english.telling import chapter_of
from dagster_project.rules.markdown import escaped, table
from dagster_project.rules.reading import RuleBook

DESIRED = {"contacts": "crm_contacts_desired", "companies": "crm_companies_desired"}
WINS = {
    "ours": "ours is written again",
    "theirs": "theirs stays",
    "hold": "theirs stays until somebody decides",
}
HEAD = """\
# What HubSpot gets

Made by `make docs` from `crm_property_map.csv`, `crm_events.csv`, `crm_event_properties.csv`, `segments.csv`,
`fact_sources.csv` and what the columns of the marts say of themselves. Names that begin with `zo_` begin with
`PQL_PROPERTY_PREFIX` where that is set.

Properties are made in the group “{group}” by the first sync; those that are there already are used when they are
of the same type. A value is written when it differs from what HubSpot acknowledged last; “sent from” says by how much
it must differ. “If changed there” says what becomes of a value that somebody changed in HubSpot, “when unknown” what
becomes of one that is not known any more."""
HUBSPOTS_OWN = (
    "{names} are HubSpot's own. They are written once, with the handoff, and when a contact goes back to marketing; "
    "from then on they are the salesperson's."
)
READ = "Nothing else of a record is read, besides our own properties, which are compared with what was written."


def properties_document(book: RuleBook, prefix: str, marts: dict[str, Described]) -> str:
    objects = read_property_map(book, prefix)
    parts = [HEAD.format(group=GROUP_LABEL)]
    for mapped in objects.values():
        parts += _object(mapped, marts[DESIRED[mapped.object_type]])
    parts += [*_lists(book, prefix), *_events(book), *_read(book)]
    return "\n\n".join(parts) + "\n"


def _object(mapped: MappedObject, mart: Described) -> Iterator[str]:
    yield f"## Properties of {mapped.object_type}"
    yield f"From `decide.{DESIRED[mapped.object_type]}`."
    yield table(
        (
            "property",
            "label",
            "type",
            "from column",
            "what the column holds",
            "when unknown",
            "sent from",
            "if changed there",
        ),
        [
            (
                f"`{item.name}`",
                item.label or "",
                _type(item),
                f"`{item.source_column}`",
                mart.columns[item.source_column],
                "emptied" if item.clears_when_unknown else "left",
                _least(item),
                WINS[item.who_wins],
            )
            for item in mapped.properties
        ],
    )
    own = [f"`{item.name}`" for item in mapped.properties if item.is_hubspots_own]
    if own:
        yield HUBSPOTS_OWN.format(names=" and ".join(own))
    yield "What each says of itself in HubSpot:"
    yield "\n".join(
        f"- `{item.name}`: {escaped(item.description)}{_options(item)}"
        for item in mapped.properties
        if item.description
    )


def _type(mapped: MappedProperty) -> str:
    """HubSpot's type, with the field that people fill in where the type has several."""
    type_name, field = HUBSPOT_TYPES[mapped.value_type]
    unique = ", unique" if mapped.is_unique else ""
    return f"{type_name}{f' ({field})' if type_name == 'enumeration' and not mapped.is_hubspots_own else ''}{unique}"


def _least(mapped: MappedProperty) -> str:
    if mapped.min_change is None:
        return "any difference"
    return f"{plain_number(mapped.min_change)}{' minutes' if mapped.value_type in ('date', 'datetime') else ''}"


def _options(mapped: MappedProperty) -> str:
    """Yes and no are not worth a word."""
    if not mapped.options or mapped.options == TRUE_AND_FALSE:
        return ""
    told = ", ".join(f"`{option.value}` ({escaped(option.label)})" for option in mapped.options)
    return f". Options: {told}."


def _lists(book: RuleBook, prefix: str) -> Iterator[str]:
    segments = {rule.segment_id: rule for rule in book.rules("segments")}
    words = chapter_of("segments").row
    yield "## Lists"
    yield "Static lists, each of which holds exactly the members of its segment and whom people added by hand."
    yield table(
        ("list", "segment", "of", "who is in it", "why"),
        [
            (f"`{item.name}`", rule.label, item.object_type, words(book, rule), rule.why)
            for item in read_segment_lists(book, prefix)
            for rule in [segments[item.segment_id]]
        ],
    )


def _events(book: RuleBook) -> Iterator[str]:
    yield "## Custom events"
    yield "On the timelines of contacts. Each is sent once, with the time at which it happened."
    words = chapter_of("crm_event_properties").row
    yield table(
        ("event", "label", "what it says of itself", "properties", "from the day", "on"),
        [
            (
                f"`{rule.event_name}`",
                rule.label,
                rule.description,
                "; ".join(
                    f"`{item.property}` ({item.label}, {TYPES[item.value_type]}): {words(book, item)}"
                    for item in book.rules("crm_event_properties")
                    if item.event_name == rule.event_name
                ),
                str(rule.send_from),
                "yes" if rule.is_enabled else "no",
            )
            for rule in book.rules("crm_events")
        ],
    )


def _read(book: RuleBook) -> Iterator[str]:
    facts = read_fact_properties(book)
    copied = [contacts(facts=facts["contacts"]), companies(None, facts["companies"]), DEALS, *ENGAGEMENTS]
    yield "## What is read"
    yield READ
    yield table(("object", "properties"), [(kind.name, _names(kind)) for kind in copied])


def _names(kind: CopiedObject) -> str:
    return ", ".join(f"`{name}`" for name in kind.properties)
