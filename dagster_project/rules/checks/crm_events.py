"""Events and their properties that HubSpot would not take, or that nothing could fill."""

from collections import Counter
from collections.abc import Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.crm import EVENT_SETTINGS

# Source: HubSpot docs, custom events.
MOST_DEFINITIONS = 500
MOST_PROPERTIES = 50
LONGEST_LABEL = 100
HUBSPOTS_PREFIX = "hs_"
# Of the properties that HubSpot gives every custom event, those that mean something for what happened in a product.
HUBSPOTS_EVENT_PROPERTIES = ("hs_url", "hs_referrer")


def events_to_send_fit_into_hubspot(book: RuleBook) -> Iterator[RuleProblem]:
    rows = book.rows["crm_events"]
    if len(rows) > MOST_DEFINITIONS:
        allowed = f"at most {MOST_DEFINITIONS} events, which is what a portal can define"
        yield RuleProblem("crm_events.csv", None, "event_name", f"{len(rows)} events", allowed)
    for row in rows:
        if row.rule.event_name.startswith(HUBSPOTS_PREFIX):
            allowed = f"a name that does not begin with {HUBSPOTS_PREFIX}, which is HubSpot's own"
            yield RuleProblem("crm_events.csv", row.number, "event_name", row.rule.event_name, allowed)
        if len(row.rule.label) > LONGEST_LABEL:
            allowed = f"at most {LONGEST_LABEL} characters"
            yield RuleProblem("crm_events.csv", row.number, "label", row.rule.label, allowed)
    counts = Counter(rule.event_name for rule in book.rules("crm_event_properties"))
    for event_name, count in counts.items():
        if count > MOST_PROPERTIES:
            allowed = f"at most {MOST_PROPERTIES} properties for {event_name}, which is what an occurrence may carry"
            yield RuleProblem("crm_event_properties.csv", None, "property", f"{count} properties", allowed)


def event_properties_have_a_source(book: RuleBook) -> Iterator[RuleProblem]:
    file = "crm_event_properties.csv"
    events = [rule.event_name for rule in book.rules("crm_events")]
    for row in book.rows["crm_event_properties"]:
        rule = row.rule
        if rule.event_name not in events:
            allowed = f"an event_name of crm_events.csv: {', '.join(events)}"
            yield RuleProblem(file, row.number, "event_name", rule.event_name, allowed)
        if rule.property.startswith(HUBSPOTS_PREFIX) and rule.property not in HUBSPOTS_EVENT_PROPERTIES:
            allowed = f"{' or '.join(HUBSPOTS_EVENT_PROPERTIES)}, or a name that does not begin with {HUBSPOTS_PREFIX}"
            yield RuleProblem(file, row.number, "property", rule.property, allowed)
        if rule.taken_from == "properties" and rule.key is None:
            allowed = "the key of our event's properties that holds the value"
            yield RuleProblem(file, row.number, "key", None, allowed)
        if rule.taken_from != "properties" and rule.key is not None:
            allowed = f"nothing, since {rule.taken_from} is the name of the event itself"
            yield RuleProblem(file, row.number, "key", rule.key, allowed)
        if rule.key is not None and '"' in rule.key:
            yield RuleProblem(file, row.number, "key", rule.key, "a key without quotes in it")
        is_text = rule.taken_from != "properties" or rule.property in HUBSPOTS_EVENT_PROPERTIES
        if is_text and rule.value_type != "text":
            yield RuleProblem(file, row.number, "value_type", rule.value_type, "text, since it is one")


def event_settings_are_within_bounds(book: RuleBook) -> Iterator[RuleProblem]:
    file = "crm_event_settings.csv"
    found = {row.rule.setting_id: row for row in book.rows["crm_event_settings"]}
    for name, (least, most) in EVENT_SETTINGS.items():
        if name not in found:
            yield RuleProblem(file, None, "setting_id", None, f"a row for {name}")
        elif not least <= found[name].rule.value <= most:
            allowed = f"a whole number from {least} to {most}"
            yield RuleProblem(file, found[name].number, "value", str(found[name].rule.value), allowed)
