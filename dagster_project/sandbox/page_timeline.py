"""The custom events of a contact, on their page."""

from .events import events_of
from .page_html import moment, table
from .portal import Portal
from .records import Record


def timeline(portal: Portal, contact: Record) -> str:
    """A table of what arrived, or nothing."""
    events = events_of(portal, contact)
    if not events:
        return ""
    rows = [
        [
            moment(str(event.get("occurredAt", ""))),
            event["eventName"].partition("_")[2],
            ", ".join(f"{name}: {value}" for name, value in (event.get("properties") or {}).items()),
        ]
        for event in events
    ]
    return f"<h2>Custom events</h2>{table(f'{len(rows):,} events, latest first', ['Time', 'Event', 'Says'], rows)}"
