"""Run a sandbox inside another process, as tests do, and look into it and change it as people would."""

import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from . import batches, events, lists, objects, sequence_list, sequences, webhooks, writes
from .clock import Clock
from .errors import PORTAL_ID
from .faults import FaultRule
from .object_types import COMPANIES, CONTACTS, ObjectType, object_type
from .portal import Portal
from .records import Record
from .seeding import add_records
from .seeding import seed as seed_from
from .serving import listening_socket, server_for
from .settings import Settings

LOOPBACK = "127.0.0.1"


class Sandbox:
    """A running sandbox. Records are given as `{"id": ..., property: value, ...}`, messages and calls as dicts."""

    portal_id = PORTAL_ID

    def __init__(self, portal: Portal, port: int) -> None:
        self._portal = portal
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self.slack_url = f"{self.url}/api/"
        self.clock = portal.clock
        self.state_path = portal.store.path

    def webhook_url(self, name: str) -> str:
        return f"{self.url}/webhook/{name}"

    # What it holds

    def records(self, kind: str, *, archived: bool = False) -> list[dict[str, str]]:
        """Records of a type in the order of their ids; with `archived` only those in the recycle bin."""
        with self._portal.store.lock:
            found, after = [], 0
            while after is not None:
                page, following = self._portal.records.page(object_type(kind), after, 1_000, archived=archived)
                found += [_flat(record) for record in page]
                after = int(following) if following else None
            return found

    def record(self, kind: str, record_id: str) -> dict[str, str] | None:
        """A live record by its id, or by the id of one merged into it."""
        with self._portal.store.lock:
            record = self._portal.records.resolved(object_type(kind), str(record_id))
            return _flat(record) if record else None

    def contacts(self) -> list[dict[str, str]]:
        return self.records("contacts")

    def contact(self, email: str) -> dict[str, str] | None:
        """The contact with this address, also as an additional one."""
        with self._portal.store.lock:
            record = self._portal.records.holder(CONTACTS, "email", email.strip().lower())
            return _flat(record) if record else None

    def companies(self) -> list[dict[str, str]]:
        return self.records("companies")

    def company(self, domain: str) -> dict[str, str] | None:
        """The first company with this domain."""
        return next((company for company in self.companies() if company.get("domain") == domain), None)

    def deals(self) -> list[dict[str, str]]:
        return self.records("deals")

    def tasks(self) -> list[dict[str, str]]:
        return self.records("tasks")

    def associated(self, kind: str, record_id: str, to_kind: str) -> list[str]:
        """Ids of the records of a type that a record is associated with."""
        with self._portal.store.lock:
            return list(self._portal.links.of(object_type(kind), str(record_id), object_type(to_kind)))

    def history(self, kind: str, record_id: str) -> list[dict[str, Any]]:
        """Every write to a record, oldest first: `{at, source, changes: {property: (old, new)}}`."""
        with self._portal.store.lock:
            record = self._found(kind, record_id)
            return [
                {"at": at, "source": source, "changes": changes}
                for at, source, changes in self._portal.records.history(record)
            ]

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Slack messages in the order they were posted, each with `channel` (#name, or @name of a direct message)."""
        workspace = self._portal.workspace
        with self._portal.store.lock:
            named = [(workspace.display_name(place), place.id, message) for place, message in workspace.messages()]
        return [
            {**message, "channel": name, "channel_id": channel_id, "metadata": message.get("metadata")}
            for name, channel_id, message in named
            if channel is None or channel in (name, channel_id, name.lstrip("#@"))
        ]

    def webhooks(self, name: str | None = None) -> list[dict[str, Any]]:
        """Deliveries in order: `{name, at, headers, body, json}`."""
        return webhooks.received(self._portal, name)

    def enrollments(self) -> list[dict[str, Any]]:
        return sequences.all_enrollments(self._portal)

    def events(self) -> list[dict[str, Any]]:
        return events.all_events(self._portal)

    def lists(self) -> dict[str, list[str]]:
        """The ids of the members of each list, by its name."""
        with self._portal.store.lock:
            return {item["name"]: lists.members(self._portal, item["listId"]) for item in lists.all_lists(self._portal)}

    def requests(self, since: int = 0, *, writes_only: bool = False) -> list[dict[str, Any]]:
        """Calls after a sequence number: `{sequence, at, service, method, path, status, inputs, write, fault}`."""
        return self._portal.requests.since(since, writes_only=writes_only)

    # What people do in HubSpot and Slack

    def edit(self, kind: str, record_id: str, **properties: Any) -> dict[str, str]:
        """A person changes a record: also read-only values, and a lifecycle stage backwards."""
        with self._portal.store.transaction():
            record = self._found(kind, record_id)
            values, wrong = writes.clean(self._portal, record.kind, properties, by_person=True)
            if wrong:
                raise ValueError("; ".join(error.message for error in wrong))
            writes.check_unique(self._portal, record.kind, values, record)
            writes.update(self._portal, record, values, self.clock.stamp(), writes.PERSON)
            return _flat(record)

    def archive(self, kind: str, record_id: str) -> None:
        with self._portal.store.transaction():
            batches.archive_record(self._portal, self._found(kind, record_id), writes.PERSON)

    def erase(self, kind: str, record_id: str) -> None:
        """A record is deleted for good, as after ninety days in the recycle bin or at the person's own request."""
        with self._portal.store.transaction():
            record = self._found(kind, record_id)
            batches.archive_record(self._portal, record, writes.PERSON)
            self._portal.records.erase(record)

    def merge(self, kind: str, primary_id: str, merged_id: str) -> dict[str, str]:
        """Merge the second record into the first and return the survivor."""
        with self._portal.store.transaction():
            primary = self._found(kind, primary_id)
            objects.merge_records(self._portal, primary, self._found(kind, merged_id), writes.PERSON)
            return _flat(primary)

    def associate(self, kind: str, record_id: str, to_kind: str, to_id: str, label: str | None = None) -> None:
        """`label="Primary"` makes a company the primary one."""
        with self._portal.store.transaction():
            start, end = self._found(kind, record_id), self._found(to_kind, to_id)
            self._portal.links.associate(start.kind, start.id, end.kind, end.id, [label])

    def separate(self, kind: str, record_id: str, to_kind: str, to_id: str) -> None:
        """Remove every association of two records."""
        with self._portal.store.transaction():
            start, end = self._found(kind, record_id), self._found(to_kind, to_id)
            self._portal.links.separate(start.kind, start.id, end.kind, end.id)

    def add_contacts(self, contacts: Iterable[Mapping[str, Any]]) -> list[str]:
        """Add contacts, with the extra columns of `contacts.csv`, and return the ids of the new ones.

        Searches find them at once.
        """
        return self._add(CONTACTS, contacts)

    def add_companies(self, companies: Iterable[Mapping[str, Any]]) -> list[str]:
        return self._add(COMPANIES, companies)

    def add_records(self, kind: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        return self._add(object_type(kind), records)

    def _add(self, kind: ObjectType, records: Iterable[Mapping[str, Any]]) -> list[str]:
        with self._portal.store.transaction():
            ids = add_records(self._portal, kind, records)
            self._portal.records.index_now()
            return ids

    def add_property(self, kind: str, **definition: Any) -> None:
        """Define a property: name, type and fieldType; unless given, its label is its name, its group the first one."""
        with self._portal.store.transaction():
            found = object_type(kind)
            group = next(iter(self._portal.schema.groups[found.name]))
            wanted = {"label": definition["name"], "groupName": group, **definition}
            self._portal.schema.save(found, self._portal.schema.prepared(found, wanted))

    def add_lifecycle_stage(self, value: str, label: str, *, before: str) -> None:
        """An administrator adds a stage, for contacts and companies alike."""
        with self._portal.store.transaction():
            for kind in (CONTACTS, COMPANIES):
                stages = [
                    {"value": option["value"], "label": option["label"]}
                    for option in self._portal.schema.options(kind, "lifecyclestage")
                ]
                place = next(index for index, stage in enumerate(stages) if stage["value"] == before)
                stages.insert(place, {"value": value, "label": label})
                self._portal.schema.set_options(kind, "lifecyclestage", stages)

    def add_owner(self, email: str, first_name: str = "", last_name: str = "", *, archived: bool = False) -> str:
        """The id is what `hubspot_owner_id` takes."""
        with self._portal.store.transaction():
            return self._portal.owners.add(email, first_name, last_name, archived=archived).id

    def archive_owner(self, owner_id: str) -> None:
        with self._portal.store.transaction():
            self._portal.owners.set_archived(owner_id, archived=True)

    def add_list(self, name: str, kind: str = "contacts", processing_type: str = "MANUAL") -> str:
        """A person makes a list; its id."""
        with self._portal.store.transaction():
            return lists.add(self._portal, name, object_type(kind), processing_type)["listId"]

    def delete_list(self, name: str) -> None:
        with self._portal.store.transaction():
            lists.remove(self._portal, self._list_id(name))

    def change_members(self, name: str, added: Iterable[str] = (), removed: Iterable[str] = ()) -> None:
        """A person puts records into a list by hand, or takes them out."""
        with self._portal.store.transaction():
            lists.change(self._portal, self._list_id(name), list(added), list(removed))

    def _list_id(self, name: str) -> str:
        return next(item["listId"] for item in lists.all_lists(self._portal) if item["name"] == name)

    def add_slack_user(self, email: str, name: str) -> str:
        with self._portal.store.transaction():
            return self._portal.workspace.add_user(email, email.partition("@")[0], name, name)["id"]

    def add_slack_channel(self, name: str, *, is_archived: bool = False, bot_is_member: bool = True) -> str:
        with self._portal.store.transaction():
            workspace = self._portal.workspace
            return workspace.add_channel(name, is_archived=is_archived, bot_is_member=bot_is_member).id

    def add_sequence(self, name: str) -> str:
        """A person makes a sequence; its id."""
        with self._portal.store.transaction():
            return sequence_list.add(self._portal.store, self.clock, name)

    def finish_enrollment(self, contact_id: str) -> None:
        """A reply, a person or the last step ends a contact's sequence."""
        with self._portal.store.transaction():
            sequences.finish(self._portal, str(contact_id))

    def _found(self, kind: str, record_id: str) -> Record:
        record = self._portal.records.resolved(object_type(kind), str(record_id))
        if record is None:
            raise KeyError(f"no {kind} record {record_id}")
        return record

    # How it behaves

    def inject(
        self, kind: str, *, path_regex: str | None = None, method: str | None = None, **fields: Any
    ) -> FaultRule:
        """Add a fault, as `inject("502", when="after", path_regex="batch/update", times=1)`; it counts as `fired`."""
        match = {name: value for name, value in (("path_regex", path_regex), ("method", method)) if value is not None}
        rule = FaultRule.parsed({"kind": kind, "match": match, **fields})
        with self._portal.store.lock:
            self._portal.faults.add(rule)
        return rule

    def clear_faults(self) -> None:
        with self._portal.store.lock:
            self._portal.faults.clear()

    def set(self, **settings: Any) -> None:
        """Change settings (`settings.Settings` names them): rate_limit, latency_ms, search_lag_seconds, ..."""
        with self._portal.store.lock:
            self._portal.apply_settings(**settings)

    def advance_search_lag(self) -> None:
        """Let the search index catch up with every write, without moving the clock."""
        with self._portal.store.lock:
            self._portal.records.index_now()

    def reset(self) -> None:
        """Empty everything and remove the faults; settings stay."""
        with self._portal.store.transaction():
            self._portal.reset()


def _flat(record: Record) -> dict[str, str]:
    return {"id": record.id, **record.properties}


@contextmanager
def running_sandbox(
    state_path: Path | None = None,
    seed: Path | None = None,
    port: int = 0,
    *,
    clock: Clock | None = None,
    **settings: Any,
) -> Iterator[Sandbox]:
    """A sandbox on a free port of this machine, in a background thread, for as long as the block lasts.

    Args:
        state_path: Where its state lives on; without it the state goes with the block.
        seed: A folder of CSV files (see `seeding`).
        clock: For tests that move time: `Clock().advance(seconds)`.
        settings: See `settings.Settings`.
    """
    with ExitStack() as stack:
        if state_path is None:
            state_path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-"))) / "sandbox.sqlite"
        chosen = Settings()
        chosen.change(settings)
        portal = Portal(state_path, chosen, clock)
        stack.callback(portal.close)
        if seed is not None:
            seed_from(portal, seed)
        portal.ensure_defaults()
        listener = listening_socket(LOOPBACK, port)
        stack.callback(listener.close)
        server = server_for(portal)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
        thread.start()

        def stop() -> None:
            server.end()
            thread.join()

        stack.callback(stop)
        if not server.is_serving.wait(10):
            raise RuntimeError("the sandbox did not start")
        yield Sandbox(portal, listener.getsockname()[1])
