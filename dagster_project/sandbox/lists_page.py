"""Lists on the page: what is in each, and how many."""

from collections.abc import Callable
from typing import Any

from . import lists
from .object_types import object_type
from .page_html import Html, table
from .portal import Portal
from .records import Record

SHOWN_MEMBERS = 20


def lists_table(portal: Portal, link_to: Callable[[Record], Any]) -> str:
    """A row a list, with links to the first of its members."""
    found = lists.all_lists(portal)
    rows = []
    for item in found:
        kind = object_type(item["objectTypeId"])
        ids = lists.members(portal, item["listId"])
        records = [portal.records.live(kind, record_id) for record_id in ids[:SHOWN_MEMBERS]]
        links = ", ".join(link_to(record).text for record in records if record is not None)
        more = f" and {len(ids) - SHOWN_MEMBERS:,} more" if len(ids) > SHOWN_MEMBERS else ""
        rows.append([item["name"], kind.name, item["processingType"].lower(), f"{len(ids):,}", Html(links + more)])
    return table(f"{len(found):,} lists", ["Name", "Of", "Kind", "Size", "Members"], rows, [3])
