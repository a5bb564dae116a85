"""Whatever fails, whoever edits and wherever a run is cut off: HubSpot comes to hold what is wanted, and we know it.

Random users, companies and values; people who edit, merge, delete and add records; rules that change; every fault that
the sandbox has, lost connections and answers; runs that are cut off at any moment. After each sync the books are kept a
second time (`crm_books`); at the end of each story nothing fails any more, and everything must come right.
"""

import shutil
import tempfile
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crm_agreement import (
    check_that_hubspot_agrees,
    check_that_hubspot_holds_what_is_wanted,
    is_refused_rightly,
)
from crm_books import Books, check_batches, check_noted, log_rows, replayed, values_of, wanted_of, writes_of
from crm_moments import CutOff, Moments
from crm_portal_copy import company_rows, contact_rows, take_copy
from crm_stories import (
    ADDRESSES,
    COLUMNS,
    DOMAINS,
    FAULTS,
    MADE_UP,
    MAPS,
    Run,
    companies,
    company_edits,
    contact_edits,
    first_users,
    nth,
    object_types,
    places,
    runs,
    users,
    values,
)
from crm_watching import watched_calls
from crm_world import World, definition, write_rows
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine

from dagster_project.crm import ledger, sending
from dagster_project.crm.copying import read_crm
from dagster_project.crm.drift_finding import find_drift
from dagster_project.crm.errors import CrmUnauthorised, CrmUnavailable
from dagster_project.sandbox.errors import Refusal
from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.state.tables import metadata
from tests.throwaway_postgres import NewState

# Small, so that a few records are several batches and a few entries several pieces of a fold.
BATCH_SIZE, FOLD_CHUNK_ROWS = 3, 4


class Syncing(RuleBasedStateMachine):
    """One portal, its copy, the users and companies of the product, and one state; after most of what happens, a run.

    Stage and owner are values like others here; `test_crm_handoffs_cut_off` is about handoffs.
    """

    # One for all stories: fresh ones take longer than a story.
    sandbox: Sandbox
    engine: Engine
    # Of the sync at work; folding tells them too.
    moments: Moments

    @initialize(
        wanted=first_users,
        addresses=st.sets(st.sampled_from(ADDRESSES[1:]), min_size=3),
        wanted_companies=companies,
        makes_unknown_records=st.booleans(),
    )
    def begin(self, wanted: dict, addresses: set[str], wanted_companies: dict, makes_unknown_records: bool) -> None:
        """The first run of each object type goes well: there is something to lose."""
        self.sandbox.reset()
        with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        self.world = World(self.sandbox, self.engine, self.folder)
        for property_ in MADE_UP:
            self.sandbox.add_property("contacts", **definition(property_))
        self.owners = [self.sandbox.add_owner(f"o{number}@o.example") for number in range(2)]
        self.sandbox.add_contacts([{"email": address} for address in sorted(addresses)])
        self.maps = {
            object_type: replace(mapped, makes_unknown_records=makes_unknown_records)
            for object_type, mapped in MAPS.items()
        }
        self.users: dict[str, dict] = {}
        self.companies: dict[str, dict] = {}
        self.copy: dict | None = None
        self.rows: dict[str, list[dict]] = {}
        self.troubles: deque[str | None] = deque()
        self.runs = 0
        # Values that left in a run that failed: HubSpot may hold them although the ledger was never told.
        self.unheard: set[tuple[str, str]] = set()
        self.sandbox.add_companies([{"name": domain, "domain": domain} for domain in DOMAINS[:2]])
        self.want_of_users(wanted, run=Run("contacts"))
        self.want_of_companies(wanted_companies, run=Run("companies"))

    # What the product wants

    @rule(wanted=users, run=runs)
    def want_of_users(self, wanted: dict, run: Run | None) -> None:
        """None: the user is no longer there."""
        for key, changes in wanted.items():
            if changes is None:
                self.users.pop(key, None)
                continue
            user = self.users.setdefault(key, dict.fromkeys(values))
            user |= changes
            if changes.get("owner_id") is not None:
                user["owner_id"] = self.owners[changes["owner_id"]]
        self._go(run)

    @rule(wanted=companies, run=runs)
    def want_of_companies(self, wanted: dict, run: Run | None) -> None:
        for key, changes in wanted.items():
            if changes is None:
                self.companies.pop(key, None)
            else:
                self.companies[key] = {"company_name": f"{key} Ltd", **changes}
        self._go(run)

    @rule(
        object_type=object_types,
        place=places,
        change=st.sampled_from(["make unknown ones", "keep or clear", "small steps", "leave out"]),
        run=runs,
    )
    def change_the_map(self, object_type: str, place: int, change: str, run: Run | None) -> None:
        mapped = self.maps[object_type]
        property_ = nth(MAPS[object_type].properties, place)
        others = tuple(item for item in mapped.properties if item.name != property_.name)
        if change == "make unknown ones":
            mapped = replace(mapped, makes_unknown_records=not mapped.makes_unknown_records)
        elif property_ not in mapped.properties:
            mapped = replace(mapped, properties=(*others, property_))
        elif change == "keep or clear":
            changed = replace(property_, clears_when_unknown=not property_.clears_when_unknown)
            mapped = replace(mapped, properties=(*others, changed))
        elif change == "small steps" and property_.value_type == "number":
            mapped = replace(mapped, properties=(*others, replace(property_, min_change=Decimal("2.5"))))
        elif change == "leave out" and not property_.is_unique:
            mapped = replace(mapped, properties=others)
        self.maps[object_type] = mapped
        self._go(run)

    # What people do in HubSpot

    @rule(place=places, edit=contact_edits, run=runs)
    def people_edit_a_contact(self, place: int, edit: dict, run: Run | None) -> None:
        self._people("edit", "contacts", place, **edit)
        self._go(run)

    @rule(place=places, edit=company_edits, run=runs)
    def people_edit_a_company(self, place: int, edit: dict, run: Run | None) -> None:
        self._people("edit", "companies", place, **edit)
        self._go(run)

    @rule(address=st.sampled_from(ADDRESSES[1:]), domain=st.sampled_from(DOMAINS), run=runs)
    def people_add_a_contact_and_a_company(self, address: str, domain: str, run: Run | None) -> None:
        self.sandbox.add_contacts([{"email": address, "firstname": "Ann"}])
        self.sandbox.add_companies([{"name": f"Company {self.runs}", "domain": domain}])
        self._go(run)

    @rule(object_type=object_types, place=places, how=st.sampled_from(["archive", "erase"]), run=runs)
    def people_delete(self, object_type: str, place: int, how: str, run: Run | None) -> None:
        self._people(how, object_type, place)
        self._go(run)

    @rule(object_type=object_types, place=places, other=places, run=runs)
    def people_merge(self, object_type: str, place: int, other: int, run: Run | None) -> None:
        ids = [record["id"] for record in self.sandbox.records(object_type)]
        if ids and nth(ids, place) != nth(ids, other):
            self.sandbox.merge(object_type, nth(ids, place), nth(ids, other))
        self._go(run)

    def _people(self, action: str, object_type: str, place: int, **properties: Any) -> None:
        ids = [record["id"] for record in self.sandbox.records(object_type)]
        if ids:
            # HubSpot does not let them give a record a value that another one has.
            with suppress(Refusal):
                getattr(self.sandbox, action)(object_type, nth(ids, place), **properties)

    @rule(place=st.integers(0, 1), is_archived=st.booleans(), run=runs)
    def an_owner_leaves_or_comes_back(self, place: int, is_archived: bool, run: Run | None) -> None:
        portal = self.sandbox._portal
        with portal.store.transaction():
            portal.owners.set_archived(self.owners[place], archived=is_archived)
        self._go(run)

    # What goes wrong, and time

    @rule(
        kind=st.sampled_from(FAULTS),
        when=st.sampled_from(["before", "after"]),
        path=st.sampled_from(["batch/", "batch/update", "batch/upsert"]),
        times=st.sampled_from([1, 1, 2, 7, None]),
        probability=st.sampled_from([1.0, 0.5]),
        run=runs,
    )
    def hubspot_begins_to_fail(
        self, kind: str, when: str, path: str, times: int | None, probability: float, run: Run | None
    ) -> None:
        options = {"when": when, "times": times, "probability": probability, "seed": self.runs}
        self.sandbox.inject(kind, path_regex=path, **options)
        self._go(run)

    @rule(troubles=st.lists(st.sampled_from([None, "no connection", "no answer"]), min_size=1, max_size=8), run=runs)
    def the_network_begins_to_fail(self, troubles: list, run: Run | None) -> None:
        self.troubles.extend(troubles)
        self._go(run)

    @rule(hours=st.sampled_from([0, 1, 25]), run=runs)
    def everything_is_well_again(self, hours: int, run: Run | None) -> None:
        self._mend()
        self.world.now += timedelta(hours=hours)
        self._go(run)

    def _mend(self) -> None:
        self.sandbox.clear_faults()
        self.troubles.clear()

    # Runs

    def _go(self, run: Run | None) -> None:
        if run is None:
            return
        if run.news:
            for place, user in enumerate(self.users.values()):
                user["pql_score"] = ((user["pql_score"] or 0) + 3 * run.news + place) % 101
            for company in self.companies.values():
                company["active_users_30d"] += run.news
        if run.reads:
            self.copy = take_copy(self.sandbox)
        if run.builds:
            self._build(run.object_type)
        self._sync(run.object_type, run.cut_at, run.at_once)

    def _build(self, object_type: str) -> None:
        copy = None if self.copy is None else self.copy[object_type]
        if object_type == "contacts":
            rows = contact_rows(self.world, self.users, copy)
        else:
            rows = company_rows(self.world, self.companies, copy)
        self.rows[object_type] = rows
        path = self.world.snapshot_dir / f"decide.crm_{object_type}_desired.parquet"
        write_rows(path, rows, COLUMNS[object_type])

    def _sync(self, object_type: str, cut_at: int | None = None, at_once: int = 1) -> int:
        """One run, perhaps cut off at a moment; how many calls it made."""
        mapped = self.maps[object_type]
        books = Books(self.world, mapped, self.rows[object_type])
        is_well = not self.troubles and not self.sandbox._portal.faults.rules
        Syncing.moments = moments = Moments(cut_at)
        self.runs += 1
        api = watched_calls(self.sandbox.url, moments, at_once=at_once, troubles=self.troubles)
        has_ended = False
        try:
            with moments.of(self.engine):
                self.world.sync(mapped, api=api, run_id=f"run-{self.runs}")
            has_ended = True
        except CutOff:
            assert moments.is_cut
        except (CrmUnavailable, CrmUnauthorised):
            assert not is_well
        check_batches(api.left, BATCH_SIZE)
        sent, allowed = writes_of(api.left), books.writes()
        assert sent == allowed if has_ended else sent <= allowed
        check_noted(books, api.answered, was_cut=moments.is_cut)
        if not has_ended:
            self.unheard |= {(object_type, value) for *_, value in sent}
        return len(api.left)

    @invariant()
    def the_folded_ledger_says_what_the_log_says(self) -> None:
        Syncing.moments = Moments()
        for object_type in MAPS:
            records = replayed(log_rows(self.world, object_type))
            assert self.world.ledger(object_type) == {record["hubspot_id"]: values_of(record) for record in records}

    # The end

    def teardown(self) -> None:
        if not hasattr(self, "runs"):
            return
        self._mend()
        for object_type in MAPS:
            self._come_right(object_type)
        shutil.rmtree(self.folder)

    def _come_right(self, object_type: str) -> None:
        """After two days of runs everything that had been refused was tried again, and nothing is left to do."""
        for hours in (25, 25, 0):
            self.world.now += timedelta(hours=hours)
            self.copy = take_copy(self.sandbox)
            self._build(object_type)
            calls = self._sync(object_type)
        assert calls == 0
        books = Books(self.world, self.maps[object_type], self.rows[object_type])
        refused = [row for row in self.world.rejection_rows() if row["object_type"] == object_type]
        # Whatever still differs is what HubSpot refuses, and what is told as refused still differs.
        missing = {place[0]: wanted_of(found) for place, found in books.differences.items()}
        assert missing == {row["record_key"]: row["refused_values"] for row in refused}
        for row in refused:
            assert is_refused_rightly(self.sandbox, row["hubspot_id"], row["refused_values"])
        for record in replayed(books.log):
            check_that_hubspot_agrees(self.sandbox, object_type, record, self.unheard)
        self._find_what_others_wrote(object_type)

    def _find_what_others_wrote(self, object_type: str) -> None:
        """Once HubSpot was compared with the ledger, it holds what is wanted, whoever had written there and unheard."""
        mapped = self.maps[object_type]
        names = {object_type: tuple(property_.name for property_ in mapped.watched)}
        read = read_crm(self.world.api, None, None, self.sandbox.clock.now(), watched=names).objects[object_type]
        find_drift(self.engine, self.world.state_dir, self.world.api, mapped, read, self.world.now)
        self.world.sync(mapped, run_id="at last")
        refused = [row for row in self.world.rejection_rows() if row["object_type"] == object_type]
        check_that_hubspot_holds_what_is_wanted(self.sandbox, mapped, self.rows[object_type], refused)


@pytest.fixture(scope="module")
def _syncing(new_shared_state: NewState, tmp_path_factory: pytest.TempPathFactory) -> None:
    Syncing.engine = new_shared_state(tmp_path_factory.mktemp("machine"))


@pytest.mark.usefixtures("_syncing")
class TestSyncing(Syncing.TestCase):
    settings = settings(max_examples=20, stateful_step_count=15, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        opened = ExitStack()
        cls.addClassCleanup(opened.close)
        Syncing.sandbox = opened.enter_context(running_sandbox())
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(sending, "BATCH_SIZE", BATCH_SIZE)
        patch.setattr(ledger, "FOLD_CHUNK_ROWS", FOLD_CHUNK_ROWS)
        replace_file = ledger._replace

        def replace_watched(*arguments: Any) -> None:
            Syncing.moments("before fold")
            replace_file(*arguments)
            Syncing.moments("after fold")

        patch.setattr(ledger, "_replace", replace_watched)
