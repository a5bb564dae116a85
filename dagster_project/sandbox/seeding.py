"""Fill a sandbox from a folder of CSV files, once per content.

Files, all optional: `owners.csv`, `companies.csv`, `contacts.csv`, `deals.csv`, `calls.csv`, `emails.csv`,
`meetings.csv`, `notes.csv`, `tasks.csv`, `slack_users.csv`, `slack_channels.csv`. Columns of records are HubSpot
property names; each reader below names its others. A bad value anywhere adds nothing at all. Records that exist
already, by e-mail, domain or name, stay as they are.
"""

import csv
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import writes
from .links import PRIMARY
from .object_types import COMPANIES, CONTACTS, DEALS, OBJECT_TYPES, ObjectType
from .portal import Portal
from .properties import Definition
from .records import Record
from .values import MAX_TEXT, InvalidValue, as_text, clean_email

SEED = "SEED"
# Columns besides the properties; deals and activities take all three.
EXTRA_COLUMNS = {"companies": ("owner_email",), "contacts": ("owner_email", "company_domain")}
ALL_EXTRA_COLUMNS = ("owner_email", "contact_email", "company_domain")
CHANNEL_NAME = re.compile(r"[a-z0-9_-]{1,80}")


class SeedInvalid(Exception):
    """A seed file cannot be used: file, row, column, what was found and what is allowed."""

    def __init__(self, file: str, row: int, column: str, found: str, allowed: str) -> None:
        super().__init__(f"{file}, row {row}, column {column}: found {found!r}; allowed: {allowed}.")


@dataclass
class Row:
    """One line of a file; line 1 holds the column names."""

    file: str
    number: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def refuse(self, column: str, allowed: str) -> SeedInvalid:
        return SeedInvalid(self.file, self.number, column, self.get(column), allowed)

    def flag(self, column: str, default: bool) -> bool:
        text = self.get(column).lower()
        if text not in ("", "true", "false"):
            raise self.refuse(column, "true or false")
        return text == "true" if text else default

    def required(self, column: str) -> str:
        if not self.get(column):
            raise self.refuse(column, "a value")
        return self.get(column)


def seed(portal: Portal, folder: Path) -> dict[str, int]:
    """Add what the files hold and the sandbox does not, and return how many of each were added.

    Raises:
        SeedInvalid: A bad file; nothing was added.
    """
    if not folder.is_dir():
        raise SeedInvalid(str(folder), 0, "-", "no folder", f"a folder with some of {', '.join(SEEDERS)}")
    present = [folder / name for name in SEEDERS if (folder / name).is_file()]
    digest = hashlib.sha256()
    for path in present:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    with portal.store.transaction():
        if portal.store.one("select digest from seeds where digest = ?", digest.hexdigest()):
            return {}
        added = {path.name: SEEDERS[path.name](portal, _rows(path)) for path in present}
        portal.store.execute(
            "insert into seeds values (?, ?, ?)", digest.hexdigest(), str(folder), portal.clock.stamp()
        )
        portal.records.index_now()
    return added


def _rows(path: Path) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            rows = []
            for cells in reader:
                if not any(cells):
                    continue
                if len(cells) > len(header):
                    raise SeedInvalid(path.name, reader.line_num, "-", ",".join(cells), f"{len(header)} columns")
                rows.append(Row(path.name, reader.line_num, dict(zip(header, cells, strict=False))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SeedInvalid(path.name, 1, "-", str(error), "a CSV file in UTF-8") from error
    twice = [name for name, times in Counter(header).items() if times > 1]
    if twice:
        raise SeedInvalid(path.name, 1, twice[0], twice[0], "each column once")
    return rows


def _check_columns(rows: list[Row], allowed: Iterable[str]) -> None:
    names = sorted(allowed)
    for column in dict.fromkeys(column for row in rows for column in row.cells):
        if column not in names:
            near = difflib.get_close_matches(column, names, 3) or names[:12]
            hint = ", ".join(near) + (" and others" if len(near) < len(names) else "")
            raise SeedInvalid(rows[0].file, 1, column, column, hint)


def _owners(portal: Portal, rows: list[Row]) -> int:
    """Columns: email, first_name, last_name, archived."""
    _check_columns(rows, ("email", "first_name", "last_name", "archived"))
    before = len(portal.owners.by_id)
    for row in rows:
        email = _email(row, "email")
        if portal.owners.by_email(email) is None:
            portal.owners.add(
                email, row.get("first_name"), row.get("last_name"), archived=row.flag("archived", default=False)
            )
    return len(portal.owners.by_id) - before


def _email(row: Row, column: str) -> str:
    try:
        return clean_email(row.required(column))
    except InvalidValue:
        raise row.refuse(column, "an e-mail address") from None


def _companies(portal: Portal, rows: list[Row]) -> int:
    """Columns: properties of companies, owner_email. Several companies may share a domain, as in HubSpot."""
    return len(_RecordRows(portal, COMPANIES, rows).add())


def _contacts(portal: Portal, rows: list[Row]) -> int:
    """Columns: properties of contacts, owner_email, company_domain (their primary company)."""
    return len(_RecordRows(portal, CONTACTS, rows).add())


def _deals(portal: Portal, rows: list[Row]) -> int:
    """Columns: properties of deals, owner_email, contact_email, company_domain."""
    return len(_RecordRows(portal, DEALS, rows).add())


def _activities(kind: ObjectType) -> Callable[[Portal, list[Row]], int]:
    """Columns: properties of the type, owner_email, contact_email, company_domain."""
    return lambda portal, rows: len(_RecordRows(portal, kind, rows).add())


def add_records(portal: Portal, kind: ObjectType, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Add records as a seed file does, with the same extra columns; the ids of those that were new."""
    with portal.store.transaction():
        rows = [
            Row(f"add_{kind.name}", number, {name: as_text(value) for name, value in values.items()})
            for number, values in enumerate(records, 1)
        ]
        return [record.id for record in _RecordRows(portal, kind, rows).add()]


class _RecordRows:
    """Rows of one file of records: checked first, all of them, then added."""

    def __init__(self, portal: Portal, kind: ObjectType, rows: list[Row]) -> None:
        self._portal = portal
        self._kind = kind
        self._rows = rows
        # Ids and times of change are the sandbox's own, an owner is named by address; a creation date may be given.
        own = {kind.modified, "hs_object_id", "hubspot_owner_id"}
        self._definitions = {
            name: definition for name, definition in portal.schema.definitions[kind.name].items() if name not in own
        }
        _check_columns(rows, {*self._definitions, *EXTRA_COLUMNS.get(kind.name, ALL_EXTRA_COLUMNS)})
        self._companies: dict[str, Record] = {}
        for company in portal.records.all_live(COMPANIES):
            self._companies.setdefault(company.properties.get("domain", "").lower(), company)

    def add(self) -> list[Record]:
        planned = [(values, self._links(row)) for row, values in self._checked()]
        held = Counter(_name(self._kind, found.properties) for found in self._portal.records.all_live(self._kind))
        at = self._portal.clock.stamp()
        added: list[Record] = []
        for values, links in planned:
            # As many rows of one name as there are records of it are those records.
            name = _name(self._kind, values)
            if name and (held[name] or self._is_known_address(values)):
                held[name] -= 1
                continue
            record = writes.create(self._portal, self._kind, values, at, SEED)
            for other, label in links:
                self._portal.links.associate(self._kind, record.id, other.kind, other.id, [label])
            added.append(record)
        return added

    def _is_known_address(self, values: Mapping[str, str]) -> bool:
        email = values.get("email", "")
        return self._kind is CONTACTS and self._portal.records.holder(CONTACTS, "email", email) is not None

    def _checked(self) -> Iterator[tuple[Row, dict[str, str]]]:
        addresses: dict[str, int] = {}
        for row in self._rows:
            values: dict[str, str] = {}
            for column, definition in self._definitions.items():
                if text := row.get(column):
                    try:
                        values[column] = definition.clean(text)
                    except InvalidValue:
                        raise row.refuse(column, _allowed(definition)) from None
            if row.get("owner_email"):
                owner = self._portal.owners.by_email(row.get("owner_email"))
                if owner is None:
                    raise row.refuse("owner_email", "the e-mail address of an owner in owners.csv")
                values["hubspot_owner_id"] = owner.id
            self._check_complete(row, values)
            for column in ("email", "hs_additional_emails"):
                for address in values.get(column, "").split(";") if self._kind is CONTACTS else ():
                    if address in addresses:
                        raise row.refuse(column, f"each address once; row {addresses[address]} has it already")
                    if address:
                        addresses[address] = row.number
            yield row, values

    def _check_complete(self, row: Row, values: Mapping[str, str]) -> None:
        for column in self._kind.required:
            if not values.get(column):
                raise row.refuse(column, "a value")
        choices = self._kind.required_any
        if choices and not any(values.get(column) for column in choices):
            raise row.refuse(choices[0], f"a value in one of {', '.join(choices)}")

    def _links(self, row: Row) -> list[tuple[Record, str | None]]:
        links: list[tuple[Record, str | None]] = []
        if domain := row.get("company_domain"):
            company = self._companies.get(domain.lower())
            if company is None:
                raise row.refuse("company_domain", "the domain of a company")
            links.append((company, PRIMARY))
        if email := row.get("contact_email"):
            contact = self._portal.records.holder(CONTACTS, "email", email.lower())
            if contact is None:
                raise row.refuse("contact_email", "the e-mail address of a contact")
            links.append((contact, None))
        return links


def _name(kind: ObjectType, values: Mapping[str, str]) -> str:
    """What tells a record from another in a seed: address, domain or name; nothing for activities."""
    if kind is CONTACTS:
        return values.get("email") or f"{values.get('firstname', '')} {values.get('lastname', '')}"
    return (values.get("domain") or values.get("name", "")) if kind is COMPANIES else values.get("dealname", "")


def _allowed(definition: Definition) -> str:
    if definition.name == "email":
        return "an e-mail address"
    if options := [option["value"] for option in definition.body["options"]]:
        return ", ".join(options[:12]) + (f" and {len(options) - 12} others" if len(options) > 12 else "")
    forms = {
        "number": "plain digits with at most one decimal point",
        "date": "YYYY-MM-DD, or epoch milliseconds at midnight UTC",
        "datetime": "ISO 8601 with a zone such as 2026-11-20T09:00:00Z, or epoch milliseconds",
    }
    return forms.get(definition.body["type"], f"at most {MAX_TEXT:,} characters")


def _slack_users(portal: Portal, rows: list[Row]) -> int:
    """Columns: email, name, real_name, display_name."""
    _check_columns(rows, ("email", "name", "real_name", "display_name"))
    before = len(portal.workspace.users)
    for row in rows:
        email = _email(row, "email")
        if portal.workspace.user_by_email(email) is None:
            name = row.get("name") or email.partition("@")[0]
            real_name = row.get("real_name") or name
            portal.workspace.add_user(email, name, real_name, row.get("display_name") or real_name)
    return len(portal.workspace.users) - before


def _slack_channels(portal: Portal, rows: list[Row]) -> int:
    """Columns: name, is_archived, bot_is_member."""
    _check_columns(rows, ("name", "is_archived", "bot_is_member"))
    added = 0
    names = [row.required("name").removeprefix("#") for row in rows]
    for row, name in zip(rows, names, strict=True):
        if not CHANNEL_NAME.fullmatch(name):
            raise row.refuse("name", "lower-case letters, digits, hyphens and underscores, at most 80 characters")
        is_archived, is_member = row.flag("is_archived", default=False), row.flag("bot_is_member", default=True)
        if portal.workspace.channel_named(name) is None:
            portal.workspace.add_channel(name, is_archived=is_archived, bot_is_member=is_member)
            added += 1
    portal.workspace.remove_unused_defaults(set(names))
    return added


# In this order: contacts refer to companies and owners, deals and activities to contacts.
SEEDERS: dict[str, Callable[[Portal, list[Row]], int]] = {
    "owners.csv": _owners,
    "companies.csv": _companies,
    "contacts.csv": _contacts,
    "deals.csv": _deals,
    **{f"{kind.name}.csv": _activities(kind) for kind in OBJECT_TYPES if kind.is_activity},
    "slack_users.csv": _slack_users,
    "slack_channels.csv": _slack_channels,
}
