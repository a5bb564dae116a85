"""The page: what a salesperson would find in HubSpot and Slack, and one page per record.

Server-rendered, without scripts and without anything from elsewhere.
"""

from collections.abc import Awaitable, Callable, Iterable
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .control import counts
from .errors import Refusal
from .lists_page import lists_table
from .object_types import COMPANIES, CONTACTS, DEALS, TASKS, ObjectType, object_type
from .page_html import (
    Html,
    document,
    escape,
    link,
    linked,
    moment,
    pages,
    slack_message,
    slack_moment,
    table,
)
from .page_timeline import timeline
from .portal import Portal
from .properties import Definition
from .records import Record
from .sequences import all_enrollments
from .webhooks import received

PAGE_SIZE = 100
PRODUCT_GROUP = "productactivity"
PRODUCT_PREFIX = "zo_"
EMPTY = Html(
    '<div class="empty"><p><strong>Nothing here yet.</strong></p><p>Run <code>make demo</code> to fill the sandbox and '
    "send the sample to it, or start it with <code>--seed FOLDER</code>, a folder of CSV files.</p></div>"
)

View = Callable[[Request], Awaitable[Response]]


def home(portal: Portal) -> View:
    async def view(request: Request) -> Response:
        with portal.store.transaction():
            return HTMLResponse(Home(portal, request).render())

    return view


def record(portal: Portal) -> View:
    async def view(request: Request) -> Response:
        with portal.store.transaction():
            try:
                kind = object_type(request.path_params["type"])
            except Refusal:
                return _missing()
            wanted = request.path_params["id"]
            found = portal.records.any(kind, wanted)
            if found is None or request.path_params["portal_id"] != str(portal.id):
                return _missing()
            if found.merged_into and (survivor := portal.records.resolved(kind, wanted)):
                return RedirectResponse(record_path(portal, survivor))
            return HTMLResponse(_record_page(portal, found))

    return view


def _missing() -> Response:
    body = '<p>This record does not exist. <a href="/">Back to the sandbox</a></p>'
    return HTMLResponse(document("Not found", "<h1>Not found</h1>", body, ""), 404)


def record_path(portal: Portal, found: Record) -> str:
    return f"/contacts/{portal.id}/record/{found.kind.type_id}/{found.id}"


# What records are called and show


def title_of(found: Record) -> str:
    held = found.properties
    name = " ".join(part for part in (held.get("firstname"), held.get("lastname")) if part)
    candidates = (name, *(held.get(key) for key in ("name", "dealname", "hs_task_subject", "email", "domain")))
    return next((text for text in candidates if text), f"{found.kind.singular} {found.id}")


def _record_link(portal: Portal, found: Record | None) -> Any:
    return link(record_path(portal, found), title_of(found)) if found else ""


def _owner(portal: Portal, found: Record) -> str:
    owner_id = found.properties.get("hubspot_owner_id", "")
    owner = portal.owners.by_id.get(owner_id)
    if owner is None:
        return owner_id
    return f"{owner.name} (deactivated)" if owner.archived else owner.name


def _label(portal: Portal, kind: ObjectType, name: str, value: str) -> str:
    """A value as people read it: the label of an option, a time, otherwise the value."""
    definition = portal.schema.definitions[kind.name].get(name)
    if definition is None or not value:
        return value
    if definition.body["type"] == "datetime":
        return moment(value)
    labels = {option["value"]: option["label"] for option in definition.body["options"]}
    return "; ".join(labels.get(part, part) for part in value.split(";")) if labels else value


def _product_properties(portal: Portal, kind: ObjectType) -> list[Definition]:
    """Those in the group "Product activity", or with the pipeline's prefix."""
    groups = {PRODUCT_GROUP} | {
        name for name, group in portal.schema.groups[kind.name].items() if group["label"].lower() == "product activity"
    }
    return [
        definition
        for name, definition in portal.schema.definitions[kind.name].items()
        if definition.body["groupName"] in groups or name.startswith(PRODUCT_PREFIX)
    ]


def _linked_record(portal: Portal, found: Record, kind: ObjectType) -> Record | None:
    ids = portal.links.of(found.kind, found.id, kind)
    primary = portal.links.primary_company(found.kind, found.id) if kind is COMPANIES else None
    return portal.records.live(kind, primary or next(iter(ids), ""))


class Home:
    """The first page: Slack messages, contacts, companies, lists and tasks, searched and cut into pages."""

    def __init__(self, portal: Portal, request: Request) -> None:
        self._portal = portal
        self._query = request.query_params.get("q", "").strip()
        self._parameters = dict(request.query_params)

    def render(self) -> str:
        held = counts(self._portal)
        is_empty = not any(held[name] for name in ("contacts", "companies", "deals", "tasks", "messages", "webhooks"))
        sections = {
            "Slack": ("slack", held["messages"], self._slack),
            "Contacts": ("contacts", held["contacts"], self._contacts),
            "Companies": ("companies", held["companies"], self._companies),
            "Lists": ("lists", held["lists"], self._lists),
            "Tasks": ("tasks", held["tasks"], self._tasks),
            "Sequences": ("sequences", held["enrollments"], self._enrollments),
            "Webhooks": ("webhooks", held["webhooks"], self._webhooks),
        }
        menu = "".join(
            f'<li><a href="#{anchor}">{name}</a> <span class="soft">{total:,}</span></li>'
            for name, (anchor, total, _) in sections.items()
        )
        header = (
            "<h1>HubSpot and Slack sandbox</h1>"
            '<p class="soft">A stand-in on this machine: what sales would see. Nothing leaves it.</p>'
            '<form action="/" role="search"><label for="q">Search</label>'
            f'<input id="q" name="q" type="search" value="{escape(self._query)}">'
            "<button>Search</button></form>" + ("" if is_empty else f'<nav aria-label="Sections"><ul>{menu}</ul></nav>')
        )
        body = EMPTY.text if is_empty else ""
        if not is_empty:
            body = "".join(
                f'<section id="{anchor}"><h2>{name}</h2>{render()}</section>'
                for name, (anchor, _, render) in sections.items()
            )
        return document("HubSpot and Slack sandbox", header, body, self._footer(held))

    def _footer(self, held: dict[str, int]) -> str:
        calls = self._portal.requests.counts()
        total = calls.pop("total")
        by_service = ", ".join(f"{count:,} {service}" for service, count in calls.items()) or "none yet"
        more = ", ".join(
            f"{held[name]:,} {label}"
            for name, label in (
                ("deals", "deals"),
                ("owners", "owners"),
                ("events", "custom events"),
            )
        )
        return (
            f"<p>Also here: {more}.</p><p>{total:,} calls; among the latest: {by_service}. Log: "
            '<a href="/_sandbox/requests">/_sandbox/requests</a>, state: '
            '<a href="/_sandbox/health">/_sandbox/health</a></p>'
        )

    def _page(self, name: str, found: list[Any]) -> tuple[list[Any], str, str]:
        """(items of this page, "showing 100 of 2,203", links to the other pages)."""
        last = max(1, ceil(len(found) / PAGE_SIZE))
        text = self._parameters.get(name, "1")
        page = min(int(text), last) if text.isdecimal() and int(text) else 1
        shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        where = f", page {page} of {last}" if last > 1 else ""
        matching = f" that match “{self._query}”" if self._query else ""
        note = f"Showing {len(shown):,} of {len(found):,}{matching}{where}"
        return shown, note, pages(self._parameters, name, page, last, "slack" if name == "messages" else name)

    def _matching(self, kind: ObjectType) -> list[Record]:
        """Live records, those changed last first."""
        words = self._query.lower().split()
        found = [
            candidate
            for candidate in self._portal.records.all_live(kind)
            if not words or _matches(words, (*candidate.properties.values(), _owner(self._portal, candidate)))
        ]
        return sorted(found, key=lambda candidate: (candidate.updated_at, int(candidate.id)), reverse=True)

    def _slack(self) -> str:
        workspace = self._portal.workspace
        words = self._query.lower().split()
        found = [
            (workspace.display_name(channel), message)
            for channel, message in reversed(workspace.messages())
            if not words or _matches(words, (workspace.display_name(channel), str(message)))
        ]
        shown, note, links = self._page("messages", found)
        articles = "".join(
            f'<article class="message"><h3>{escape(name)}<span>{slack_moment(message["ts"])}</span></h3>'
            f"{slack_message(workspace, message)}</article>"
            for name, message in shown
        )
        return f'<p class="soft">{escape(note)}, newest first</p><div class="messages">{articles}</div>{links}'

    def _records(self, kind: ObjectType, columns: dict[str, Callable[[Record], Any]]) -> str:
        product = _product_properties(self._portal, kind)
        shown, note, links = self._page(kind.name, self._matching(kind))
        rows = [
            [
                _record_link(self._portal, found),
                *(cell(found) for cell in columns.values()),
                *(
                    _label(self._portal, kind, definition.name, found.properties.get(definition.name, ""))
                    for definition in product
                ),
            ]
            for found in shown
        ]
        first = 1 + len(columns)
        numeric = [first + place for place, definition in enumerate(product) if definition.body["type"] == "number"]
        names = ["Name", *columns, *(definition.body["label"] for definition in product)]
        return table(f"{note}, last changed first", names, rows, numeric) + links

    def _contacts(self) -> str:
        def company(found: Record) -> Any:
            linked_company = _linked_record(self._portal, found, COMPANIES)
            return _record_link(self._portal, linked_company) or found.properties.get("company", "")

        return self._records(
            CONTACTS,
            {
                "E-mail": lambda found: found.properties.get("email", ""),
                "Company": company,
                "Stage": self._stage,
                "Owner": lambda found: _owner(self._portal, found),
            },
        )

    def _companies(self) -> str:
        return self._records(
            COMPANIES,
            {
                "Domain": lambda found: found.properties.get("domain", ""),
                "Stage": self._stage,
                "Owner": lambda found: _owner(self._portal, found),
            },
        )

    def _stage(self, found: Record) -> str:
        return _label(self._portal, found.kind, "lifecyclestage", found.properties.get("lifecyclestage", ""))

    def _lists(self) -> str:
        return lists_table(self._portal, lambda found: _record_link(self._portal, found))

    def _tasks(self) -> str:
        def value(name: str) -> Callable[[Record], str]:
            return lambda found: _label(self._portal, TASKS, name, found.properties.get(name, ""))

        return self._records(
            TASKS,
            {
                "Due": value("hs_timestamp"),
                "Priority": value("hs_task_priority"),
                "Status": value("hs_task_status"),
                "Assigned to": lambda found: _owner(self._portal, found),
                "Contact": lambda found: _record_link(self._portal, _linked_record(self._portal, found, CONTACTS)),
                "Company": lambda found: _record_link(self._portal, _linked_record(self._portal, found, COMPANIES)),
            },
        )

    def _enrollments(self) -> str:
        shown, note, links = self._page("enrollments", all_enrollments(self._portal)[::-1])
        rows = [
            [
                item["sequenceName"],
                _record_link(self._portal, self._portal.records.live(CONTACTS, item["contactId"])),
                item["enrolledByEmail"],
                moment(item["enrolledAt"]),
                "in it now" if item["active"] else "over",
            ]
            for item in shown
        ]
        return table(f"{note}, newest first", ["Sequence", "Contact", "Sender", "Enrolled", "State"], rows) + links

    def _webhooks(self) -> str:
        shown, note, links = self._page("webhooks", received(self._portal)[::-1])
        rows = [
            [
                item["name"],
                moment(item["at"]),
                item["key"] or "",
                "a repeat" if item["repeated"] else "",
                Html(f"<code>{escape(item['body'])}</code>"),
            ]
            for item in shown
        ]
        return table(f"{note}, newest first", ["Receiver", "Time", "Key", "Repeated", "Body"], rows) + links


def _matches(words: list[str], texts: Iterable[str]) -> bool:
    text = " ".join(texts).lower()
    return all(word in text for word in words)


def _record_page(portal: Portal, found: Record) -> str:
    kind = found.kind
    state = " · archived" if found.archived_at else ""
    header = (
        f'<p><a href="/">Back to the sandbox</a></p><h1>{escape(title_of(found))}</h1>'
        f'<p class="soft">{escape(kind.singular.capitalize())} {found.id}{state} · created {moment(found.created_at)}'
        f" · changed {moment(found.updated_at)}</p>"
    )
    definitions = portal.schema.definitions[kind.name]

    def label(name: str) -> str:
        return definitions[name].body["label"] if name in definitions else name

    def shown(name: str, value: str | None) -> Any:
        if name == "hubspot_owner_id" and value in portal.owners.by_id:
            return f"{portal.owners.by_id[value].name} ({value})"
        return linked(_label(portal, kind, name, value or ""))

    product = {definition.name for definition in _product_properties(portal, kind)}
    filled = sorted(
        (name not in product, label(name), name, value) for name, value in found.properties.items() if value
    )
    rows = [[text, Html(f"<code>{escape(name)}</code>"), shown(name, value)] for _, text, name, value in filled]
    body = f"<h2>Properties</h2>{table(f'{len(rows)} properties with a value', ['Property', 'Name', 'Value'], rows)}"
    body += _associated(portal, found)
    body += timeline(portal, found) if kind is CONTACTS else ""
    changes = [
        [moment(at), source, label(name), shown(name, old), shown(name, new)]
        for at, source, values in reversed(portal.records.history(found))
        for name, (old, new) in values.items()
    ]
    caption = f"{len(changes):,} changes, newest first"
    body += f"<h2>History</h2>{table(caption, ['Time', 'By', 'Property', 'Old value', 'New value'], changes)}"
    return document(title_of(found), header, body, "")


def _associated(portal: Portal, found: Record) -> str:
    rows = [
        [_record_link(portal, other), kind.singular.capitalize(), _summary(portal, other)]
        for kind in (COMPANIES, CONTACTS, DEALS, TASKS)
        for other_id in portal.links.of(found.kind, found.id, kind)
        if (other := portal.records.live(kind, other_id)) is not None
    ]
    if not rows:
        return ""
    caption = f"{len(rows)} associated records"
    return f"<h2>Associated records</h2>{table(caption, ['Record', 'Type', 'At a glance'], rows)}"


def _summary(portal: Portal, other: Record) -> str:
    names = {CONTACTS: "email", COMPANIES: "domain", DEALS: "dealstage", TASKS: "hs_task_status"}
    name = names[other.kind]
    return _label(portal, other.kind, name, other.properties.get(name, ""))
