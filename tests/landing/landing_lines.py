"""What stands in landing files: events as they should be, and lines as they should not."""

import json

from hypothesis import strategies as st

EVENT = {"event_id": "e1", "user_id": "u1", "event_type": "logged_in", "timestamp": "2026-11-20T09:00:00Z"}


def event(event_id: str = "e1", **changes: object) -> dict:
    return EVENT | {"event_id": event_id} | changes


def as_lines(*lines: dict | str) -> bytes:
    """JSON lines; a text is a line as it stands."""
    return "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines).encode()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.lists(TEXT, max_size=2)
EVENT_ID = TEXT.filter(lambda text: text.strip(" \t\r\n"))
GOOD = st.fixed_dictionaries(
    {name: st.just(value) for name, value in EVENT.items()} | {"event_id": EVENT_ID, "company_id": VALUE}
)
ANY_OBJECT = st.dictionaries(st.sampled_from(["event_id", "user_id", "event_type", "timestamp", "properties"]), VALUE)
BROKEN = TEXT.map(lambda text: text.replace("\n", " "))
LINES = st.lists(st.one_of(GOOD.map(json.dumps), ANY_OBJECT.map(json.dumps), BROKEN, st.sampled_from(["", " ", "\t"])))
CELLS = st.lists(st.lists(TEXT, min_size=1, max_size=6), max_size=8)
