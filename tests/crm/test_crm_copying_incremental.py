"""After the first copy only what changed is read, and the copy is the one that reading everything would give."""

from datetime import datetime, timedelta

import duckdb
import pytest
from crm_copies import DAY, HOUR, Copy, unhurried_door
from crm_world import FakeTime, door
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.crm import association_reading, object_reading
from dagster_project.crm.copy_tables import read_past, store_copy
from dagster_project.crm.errors import CrmScopeMissing, CrmUnauthorised, CrmUnavailable
from dagster_project.crm.limiter import search_limiter
from dagster_project.sandbox import search


@pytest.fixture
def copy(sandbox):
    return Copy(sandbox, unhurried_door(sandbox))


def contacts(count, start=0):
    return [{"email": f"u{number}@a.example"} for number in range(start, start + count)]


def add_latest(sandbox):
    """The contact up to which the next copy is good; read again by each, as all of the ten minutes before it."""
    sandbox.clock.advance(HOUR)
    (record_id,) = sandbox.add_contacts([{"email": "latest@a.example"}])
    return record_id


DEAL = {"dealname": "Big", "dealstage": "qualifiedtobuy", "pipeline": "default"}
CALL = {"hs_timestamp": "2026-06-30T12:00:00Z", "hs_call_status": "COMPLETED"}


# What is read


def test_the_first_copy_is_whole_and_the_next_one_reads_only_what_changed(sandbox, copy):
    ids = sandbox.add_contacts(contacts(250))
    latest = add_latest(sandbox)
    assert copy.run().read("contacts").is_whole
    assert copy.calls.count("GET contacts") == 3 + 1  # three pages, and the pipelines
    assert copy.ids("contacts") == {*ids, latest}
    sandbox.clock.advance(HOUR)
    sandbox.edit("contacts", ids[7], firstname="Nora")
    (new,) = sandbox.add_contacts(contacts(1, start=250))
    copy.run_later(60)
    assert not copy.read("contacts").is_whole
    assert copy.read("contacts").ids == {latest, ids[7], new}
    assert copy.ids("contacts") == {*ids, latest, new}
    assert copy.rows(f"select first_name from raw.hubspot_contacts where hubspot_id = '{ids[7]}'") == [("Nora",)]
    assert copy.rows("select record_count from raw.hubspot_copies where object_type = 'contacts'") == [(252,)]


def test_what_is_read_of_a_deal_and_of_each_kind_of_engagement(sandbox, copy):
    owner = sandbox.add_owner("ann@o.example")
    (deal,) = sandbox.add_records("deals", [DEAL | {"amount": "1200.5", "closedate": "2026-07-01T00:00:00Z"}])
    sandbox.edit("deals", deal, hubspot_owner_id=owner)
    made = {
        "call": sandbox.add_records("calls", [CALL]),
        "email": sandbox.add_records(
            "emails",
            [{"hs_timestamp": "2026-06-01T00:00:00Z", "hs_email_direction": "EMAIL", "hs_email_status": "SENT"}],
        ),
        "meeting": sandbox.add_records(
            "meetings", [{"hs_timestamp": "2026-06-02T00:00:00Z", "hs_meeting_outcome": "SCHEDULED"}]
        ),
        "note": sandbox.add_records("notes", [{"hs_timestamp": "2026-06-03T00:00:00Z"}]),
        "task": sandbox.add_records("tasks", [{"hs_timestamp": "2026-06-04T00:00:00Z", "hs_task_status": "WAITING"}]),
    }
    copy.run()
    assert copy.rows(
        "select hubspot_id, deal_name, stage, pipeline, amount, owner_id, closes_at, is_closed from raw.hubspot_deals"
    ) == [(deal, "Big", "qualifiedtobuy", "default", "1200.5", owner, datetime(2026, 7, 1), "false")]
    assert copy.rows(
        "select hubspot_id, engagement_type, owner_id, status, occurred_at from raw.hubspot_engagements order by 2"
    ) == [
        (made["call"][0], "call", None, "COMPLETED", datetime(2026, 6, 30, 12)),
        (made["email"][0], "email", None, "SENT", datetime(2026, 6, 1)),
        (made["meeting"][0], "meeting", None, "SCHEDULED", datetime(2026, 6, 2)),
        (made["note"][0], "note", None, None, datetime(2026, 6, 3)),
        (made["task"][0], "task", None, "WAITING", datetime(2026, 6, 4)),
    ]
    assert copy.rows("select is_closed, is_closed_won, annual_amount, deal_type from raw.hubspot_deals") == [
        ("false", "false", None, None)
    ]
    ((modified, created),) = copy.rows("select last_modified_at, created_at from raw.hubspot_deals")
    assert modified >= created > datetime(2026, 1, 1)
    sandbox.edit("deals", deal, dealstage="closedlost")
    assert copy.run().rows("select stage, is_closed from raw.hubspot_deals") == [("closedlost", "true")]


def test_what_became_of_a_deal_and_when_a_task_was_done(sandbox, copy):
    closed = {"dealstage": "closedwon", "hs_arr": "900", "dealtype": "newbusiness", "closedate": "2026-06-05T00:00:00Z"}
    entered = {"hs_v2_date_entered_current_stage": "2026-06-04T00:00:00Z"}
    sandbox.add_records("deals", [DEAL | closed | entered])
    done = {"hs_task_status": "COMPLETED", "hs_task_completion_date": "2026-06-06T00:00:00Z"}
    sandbox.add_records("tasks", [{"hs_timestamp": "2026-06-04T00:00:00Z"} | done])
    copy.run()
    columns = "is_closed, is_closed_won, annual_amount, deal_type, stage_entered_at"
    assert copy.rows(f"select {columns} from raw.hubspot_deals") == [
        ("true", "true", "900", "newbusiness", datetime(2026, 6, 4))
    ]
    assert copy.rows("select completed_at from raw.hubspot_engagements") == [(datetime(2026, 6, 6),)]


def test_each_kind_of_engagement_keeps_to_its_own_rows(sandbox, copy):
    sandbox.add_records("calls", [CALL])
    sandbox.add_records("notes", [{"hs_timestamp": "2026-06-03T00:00:00Z"}])
    copy.run()
    (call,) = sandbox.add_records("calls", [CALL])
    sandbox.archive("notes", sandbox.records("notes")[0]["id"])
    copy.run_later()
    assert copy.rows("select engagement_type, count(*) from raw.hubspot_engagements group by 1") == [("call", 2)]
    copy.run_later(DAY)
    assert call in copy.ids("engagements")


def test_nothing_but_the_properties_in_use_leaves_hubspot(sandbox, copy):
    (record_id,) = sandbox.add_contacts(contacts(1))
    sandbox.edit("contacts", record_id, phone="+47 1234", city="Bergen")
    copy.run()
    (item,) = copy.read("contacts").items
    sandbox.edit("contacts", record_id, phone="+47 5678")
    (changed,) = copy.run_later().read("contacts").items
    for held in (item["properties"], changed["properties"]):
        assert not {"phone", "city"} & set(held)


def test_a_change_that_the_index_does_not_show_yet_is_in_the_next_copy(sandbox, copy):
    early, late = sandbox.add_contacts(contacts(2))
    add_latest(sandbox)
    copy.run()
    sandbox.clock.advance(HOUR)
    sandbox.set(search_lag_seconds=120)
    sandbox.edit("contacts", early, firstname="Nora")
    sandbox.clock.advance(60)
    # A later one, which is shown at once: it must not carry the copy past the earlier one.
    sandbox.set(search_lag_seconds=0)
    sandbox.edit("contacts", late, firstname="Ann")
    copy.run()
    assert (late in copy.read("contacts").ids, early in copy.read("contacts").ids) == (True, False)
    copy.run_later(300)
    assert copy.rows(f"select first_name from raw.hubspot_contacts where hubspot_id = '{early}'") == [("Nora",)]


def test_a_change_made_while_everything_is_read_is_in_the_next_copy(sandbox, copy, monkeypatch):
    early, *_ = sandbox.add_contacts(contacts(150))
    read_page = copy.api.get

    def read_page_slowly(path, query=None):
        page = read_page(path, query)
        if path.endswith("/contacts") and query and "after" not in query:
            sandbox.clock.advance(HOUR)
            sandbox.edit("contacts", early, firstname="Nora")
            add_latest(sandbox)
        return page

    monkeypatch.setattr(copy.api, "get", read_page_slowly)
    assert len(copy.run().ids("contacts")) == 151
    monkeypatch.undo()
    copy.run_later(60)
    assert not copy.read("contacts").is_whole
    assert copy.rows(f"select first_name from raw.hubspot_contacts where hubspot_id = '{early}'") == [("Nora",)]


def test_a_clock_of_ours_that_is_ahead_loses_no_change(sandbox, copy):
    (record_id,) = sandbox.add_contacts(contacts(1))
    copy.run(sandbox.clock.now() + timedelta(hours=3))
    sandbox.edit("contacts", record_id, firstname="Nora")
    sandbox.clock.advance(60)
    copy.run(sandbox.clock.now() + timedelta(hours=3))
    assert not copy.read("contacts").is_whole
    assert copy.rows("select first_name from raw.hubspot_contacts") == [("Nora",)]


# Search: its cap, equal timestamps, changes meanwhile


def test_more_changes_than_a_search_may_answer_are_read_all_the_same(sandbox, copy, monkeypatch):
    """All of one timestamp, as HubSpot's own mass updates leave them."""
    monkeypatch.setattr(search, "MAX_RESULTS", 300)
    latest = add_latest(sandbox)
    copy.run()
    sandbox.clock.advance(HOUR)
    new = sandbox.add_contacts(contacts(700))
    assert len({sandbox.record("contacts", record_id)["lastmodifieddate"] for record_id in new}) == 1
    copy.run()
    assert [item["id"] for item in copy.read("contacts").items] == [latest, *new]
    assert copy.calls.count("POST contacts/search") == 4


def test_a_page_of_nothing_but_archived_records_does_not_end_the_search(sandbox, copy):
    """The index still counts what was archived a moment ago and does not list it."""
    sandbox.add_contacts(contacts(1))
    copy.run()
    sandbox.clock.advance(HOUR)
    first = sandbox.add_contacts(contacts(200, start=1))
    last = sandbox.add_contacts(contacts(3, start=500))
    sandbox.set(search_lag_seconds=HOUR)
    for record_id in first:
        sandbox.archive("contacts", record_id)
    list(object_reading._changed_since(copy.api, copy.read("contacts").kind, sandbox.clock.now() - timedelta(hours=2)))
    found = object_reading._changed_since(
        copy.api, copy.read("contacts").kind, sandbox.clock.now() - timedelta(minutes=5)
    )
    assert [item["id"] for item in found] == last


def test_searches_keep_to_their_own_budget_and_leave_the_other_calls_theirs(sandbox):
    time = FakeTime()
    api = door(sandbox.url, FakeTime(), searches=search_limiter(time.clock, time.sleep))
    for _ in range(4):
        api.post("/crm/objects/{version}/contacts/search", {"limit": 1}, repeatable=True)
    for _ in range(20):
        api.get("/crm/owners/{version}")
    assert time.pauses == []
    api.post("/crm/objects/{version}/contacts/search", {"limit": 1}, repeatable=True)
    assert sum(time.pauses) == pytest.approx(1.1)


# Archived, merged, deleted


def test_archived_records_leave_the_copy_with_their_addresses_and_associations(sandbox, copy):
    kept, archived = sandbox.add_contacts([{"email": "a@a.example"}, {"email": "b@a.example"}])
    (company,) = sandbox.add_companies([{"name": "Acme"}])
    for record_id in (kept, archived):
        sandbox.associate("contacts", record_id, "companies", company)
    assert copy.run().associations("contacts", "companies") == {(kept, company), (archived, company)}
    sandbox.archive("contacts", archived)
    assert copy.run_later().ids("contacts") == copy.ids("contact_emails") == {kept}
    assert copy.associations("contacts", "companies") == {(kept, company)}
    assert not copy.read("contacts").is_whole


def test_a_recycle_bin_that_is_larger_than_the_portal_is_not_read_to_its_end(sandbox, copy):
    ids = sandbox.add_contacts(contacts(450))
    copy.run()
    for record_id in ids[10:]:
        sandbox.archive("contacts", record_id)
    assert copy.run_later().ids("contacts") == set(ids[:10])
    assert not copy.read("contacts").is_whole
    copy.run_later()
    assert copy.read("contacts").is_whole
    assert copy.ids("contacts") == set(ids[:10])


def test_a_merged_record_goes_and_is_remembered_as_the_one_it_went_into(sandbox, copy):
    kept, merged, other = sandbox.add_contacts(contacts(3))
    (company,) = sandbox.add_companies([{"name": "Acme"}])
    (call,) = sandbox.add_records("calls", [CALL])
    sandbox.associate("contacts", merged, "companies", company)
    sandbox.associate("calls", call, "contacts", merged)
    assert copy.run().associations("calls", "contacts") == {(call, merged)}
    sandbox.merge("contacts", kept, merged)
    copy.run_later()
    assert not copy.read("contacts").is_whole
    assert copy.ids("contacts") == {kept, other}
    assert copy.rows("from raw.hubspot_merges") == [("contacts", merged, kept)]
    assert dict(copy.rows("select email, hubspot_id from raw.hubspot_contact_emails")) == {
        "u0@a.example": kept,
        "u1@a.example": kept,
        "u2@a.example": other,
    }
    assert copy.associations("contacts", "companies") == {(kept, company)}
    assert copy.associations("calls", "contacts") == {(call, kept)}
    # A merge is never taken back, so that one which HubSpot no longer lists is still known.
    sandbox.erase("contacts", kept)
    copy.run_later(DAY)
    assert copy.rows("from raw.hubspot_merges") == [("contacts", merged, kept)]


def test_a_record_whose_survivor_was_archived_is_gone_too(sandbox, copy):
    first, second, kept = sandbox.add_contacts(contacts(3))
    copy.run()
    sandbox.merge("contacts", second, first)
    sandbox.archive("contacts", second)
    copy.run_later()
    assert not copy.read("contacts").is_whole
    assert copy.ids("contacts") == {kept}


def test_a_record_that_was_deleted_for_good_is_missed_by_the_daily_full_read(sandbox, copy):
    kept, erased = sandbox.add_contacts(contacts(2))
    copy.run()
    sandbox.erase("contacts", erased)
    assert copy.run_later().ids("contacts") == {kept, erased}
    assert copy.run_later(DAY).ids("contacts") == {kept}
    assert copy.read("contacts").is_whole


def test_an_address_that_was_moved_to_another_contact_is_on_that_one_alone(sandbox, copy):
    first, second = sandbox.add_contacts(contacts(2))
    latest = add_latest(sandbox)
    copy.run()
    sandbox.clock.advance(HOUR)
    sandbox.set(search_lag_seconds=HOUR)
    sandbox.edit("contacts", first, email="")
    sandbox.set(search_lag_seconds=0)
    sandbox.edit("contacts", second, email="u0@a.example")
    # The index shows the second and not yet the first.
    copy.run()
    assert copy.read("contacts").ids == {second, latest}
    assert copy.rows("select hubspot_id from raw.hubspot_contact_emails where email = 'u0@a.example'") == [(second,)]


# When everything is read again


def test_another_set_of_properties_makes_its_object_type_be_read_whole(sandbox, copy):
    sandbox.add_contacts(contacts(1))
    sandbox.add_companies([{"name": "Acme"}])
    copy.run()
    copy.key_properties = {"companies": "zo_company_id"}
    copy.run_later()
    assert (copy.read("companies").is_whole, copy.read("contacts").is_whole) == (True, False)
    assert not copy.run_later().read("companies").is_whole


def test_everything_is_read_again_after_a_day_or_when_the_clock_went_backwards(sandbox, copy):
    sandbox.add_contacts(contacts(1))
    copy.run()
    assert not copy.run_later(object_reading.WHOLE_EVERY.total_seconds() - 60).read("contacts").is_whole
    assert copy.run_later(60).read("contacts").is_whole
    assert copy.run(sandbox.clock.now() - timedelta(hours=1)).read("contacts").is_whole


def test_a_copy_that_an_earlier_version_made_is_read_whole(sandbox):
    connection = duckdb.connect()
    connection.execute(
        "create schema raw; create table raw.hubspot_copies "
        "(object_type varchar primary key, copied_at timestamp not null, record_count bigint not null);"
        "insert into raw.hubspot_copies values ('contacts', now(), 5)"
    )
    ids = sandbox.add_contacts(contacts(2))
    copy = Copy(sandbox, unhurried_door(sandbox), connection=connection)
    assert copy.run().read("contacts").is_whole
    assert copy.ids("contacts") == set(ids)
    assert not copy.run_later().read("contacts").is_whole


# Associations


def test_associations_of_every_pair_are_read_with_their_types(sandbox, copy):
    (contact,) = sandbox.add_contacts(contacts(1))
    (company,) = sandbox.add_companies([{"name": "Acme"}])
    (deal,) = sandbox.add_records("deals", [DEAL])
    (call,) = sandbox.add_records("calls", [CALL])
    sandbox.associate("contacts", contact, "companies", company, "Primary")
    sandbox.associate("deals", deal, "contacts", contact)
    sandbox.associate("deals", deal, "companies", company)
    for kind, record_id in (("contacts", contact), ("companies", company), ("deals", deal)):
        sandbox.associate("calls", call, kind, record_id)
    copy.run()
    assert copy.rows("select * exclude (type_category) from raw.hubspot_associations order by all") == [
        ("calls", call, "companies", company, 182, None),
        ("calls", call, "contacts", contact, 194, None),
        ("calls", call, "deals", deal, 206, None),
        ("contacts", contact, "companies", company, 1, "Primary"),
        ("contacts", contact, "companies", company, 279, None),
        ("deals", deal, "companies", company, 341, None),
        ("deals", deal, "contacts", contact, 3, None),
    ]


def test_an_association_that_came_or_went_is_found_from_whichever_end_shows_it(sandbox, copy):
    one, other = sandbox.add_contacts(contacts(2))
    (company,) = sandbox.add_companies([{"name": "Acme"}])
    sandbox.associate("contacts", one, "companies", company)
    latest = add_latest(sandbox)
    copy.run()
    sandbox.clock.advance(HOUR)
    sandbox.separate("contacts", one, "companies", company)
    sandbox.associate("contacts", other, "companies", company)
    copy.run_later(60)
    assert copy.read("contacts").ids == {latest}
    assert copy.associations("contacts", "companies") == {(other, company)}


def test_a_record_with_very_many_associations_is_read_in_pages(sandbox, copy, monkeypatch):
    monkeypatch.setattr(association_reading, "BATCH_SIZE", 2)
    (deal, other) = sandbox.add_records("deals", [DEAL, DEAL | {"dealname": "Small"}])
    ids = sandbox.add_contacts(contacts(620))
    for record_id in ids:
        sandbox.associate("deals", deal, "contacts", record_id)
    sandbox.associate("deals", other, "contacts", ids[0])
    monkeypatch.setattr(association_reading, "BATCH_SIZE", 1_000)
    copy.run()
    assert copy.associations("deals", "contacts") == {(deal, record_id) for record_id in ids} | {(other, ids[0])}
    assert copy.calls.count("POST deals/contacts/batch/read") == 2


def test_an_answer_that_names_no_record_is_not_taken_for_no_associations(sandbox, copy):
    (contact,) = sandbox.add_contacts(contacts(1))
    (company,) = sandbox.add_companies([{"name": "Acme"}])
    sandbox.associate("contacts", contact, "companies", company)
    before = copy.run().everything()
    sandbox.edit("contacts", contact, firstname="Nora")
    sandbox.inject("empty_2xx", path_regex="associations")
    with pytest.raises(CrmUnavailable, match="associations of companies with contacts: an answer without"):
        copy.run_later()
    assert copy.everything() == before


# What the token may not see


def test_without_the_scope_for_deals_everything_else_is_copied_and_the_scope_is_named(sandbox, copy):
    sandbox.inject("missing_scopes", path_regex="objects/[^/]+/deals|/deals/")
    ids = sandbox.add_contacts(contacts(2))
    sandbox.add_records("deals", [DEAL])
    sandbox.add_records("calls", [CALL])
    copy.run()
    assert copy.ids("contacts") == set(ids)
    assert len(copy.ids("engagements")) == 1
    assert copy.ids("deals") == set()
    assert list(copy.sales.unseen) == ["deals"]
    assert "crm.objects.deals.read" in copy.sales.unseen["deals"]
    assert "deals" not in read_past(copy.connection)


def test_what_a_token_may_no_longer_see_stays_and_is_made_good_when_it_may_again(sandbox, copy):
    one, other = sandbox.add_contacts(contacts(2))
    (moved,) = sandbox.add_records("deals", [DEAL])
    sandbox.clock.advance(HOUR)
    (renamed,) = sandbox.add_records("deals", [DEAL | {"dealname": "Small"}])
    sandbox.associate("deals", moved, "contacts", one)
    before = copy.run().rows("from raw.hubspot_deals order by all")
    sandbox.inject("missing_scopes", path_regex="objects/[^/]+/deals|/deals/|deals/contacts")
    sandbox.clock.advance(HOUR)
    sandbox.edit("deals", renamed, dealname="Bigger")
    sandbox.separate("deals", moved, "contacts", one)
    sandbox.associate("deals", moved, "contacts", other)
    # The contacts have changed, and are past by the time that deals can be seen again.
    add_latest(sandbox)
    copy.run()
    assert copy.rows("from raw.hubspot_deals order by all") == before
    assert copy.associations("deals", "contacts") == {(moved, one)}
    sandbox.clear_faults()
    copy.run_later()
    assert not copy.read("deals").is_whole
    assert copy.rows(f"select deal_name from raw.hubspot_deals where hubspot_id = '{renamed}'") == [("Bigger",)]
    assert copy.associations("deals", "contacts") == {(moved, other)}


def test_a_token_that_may_not_read_associations_leaves_those_out(sandbox, copy):
    sandbox.inject("missing_scopes", path_regex="calls/contacts")
    sandbox.add_contacts(contacts(1))
    sandbox.add_records("calls", [CALL])
    copy.run()
    assert list(copy.sales.unseen) == ["calls_contacts"]
    assert len(copy.ids("engagements")) == 1


@pytest.mark.parametrize("kind", ["contacts", "companies", "owners"])
def test_contacts_companies_and_owners_are_no_matter_of_choice(sandbox, copy, kind):
    sandbox.inject("missing_scopes", path_regex=kind)
    with pytest.raises(CrmScopeMissing, match=rf"crm\.objects\.{kind}\.read"):
        copy.run()


def test_a_token_that_is_none_is_no_missing_scope(sandbox, copy):
    sandbox.inject("invalid_token", path_regex="deals")
    with pytest.raises(CrmUnauthorised, match="401") as told:
        copy.run()
    assert not isinstance(told.value, CrmScopeMissing)


# Cut off


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "contacts/search"),
        ("GET", "contacts$"),
        ("POST", "companies/search"),
        ("GET", "owners"),
        ("POST", "deals/search"),
        ("POST", "notes/search|notes$"),
        ("POST", "contacts/companies/batch/read"),
        ("POST", "calls/contacts/batch/read"),
    ],
)
def test_a_copy_that_is_cut_off_leaves_the_last_one_whole(sandbox, copy, method, path):
    (contact,) = sandbox.add_contacts(contacts(1))
    (company,) = sandbox.add_companies([{"name": "Acme"}])
    (deal,) = sandbox.add_records("deals", [DEAL])
    (call,) = sandbox.add_records("calls", [CALL])
    (note,) = sandbox.add_records("notes", [{"hs_timestamp": "2026-06-03T00:00:00Z"}])
    sandbox.associate("contacts", contact, "companies", company)
    before = copy.run().everything()
    sandbox.clock.advance(HOUR)
    sandbox.edit("contacts", contact, firstname="Nora")
    sandbox.edit("companies", company, name="Bolt")
    sandbox.edit("deals", deal, dealname="Bigger")
    sandbox.edit("calls", call, hs_call_status="BUSY")
    sandbox.edit("notes", note, hs_note_body="hello")
    fault = sandbox.inject("503", method=method, path_regex=path)
    with pytest.raises(CrmUnavailable):
        copy.run_later(60)
    assert fault.fired
    assert copy.everything() == before
    sandbox.clear_faults()
    copy.run_later(60)
    assert copy.contents() == Copy(sandbox, copy.api).run().contents()


def test_a_copy_that_cannot_be_stored_is_not_stored_in_part(sandbox, copy):
    (contact,) = sandbox.add_contacts(contacts(1))
    before = copy.run().everything()
    sandbox.edit("contacts", contact, firstname="Nora")
    copy.run_later()
    after = copy.everything()
    other = Copy(sandbox, copy.api).run()
    other.sales.pairs[-1].rows.append({"from_type": None})
    with pytest.raises(duckdb.Error):
        store_copy(copy.connection, other.crm, other.sales)
    assert copy.everything() == after != before


# Whatever happens


NAMES = st.sampled_from(["contacts", "companies", "deals", "calls"])
PLACE = st.integers(0, 5)
EVENT = st.one_of(
    st.tuples(st.just("create"), NAMES, PLACE),
    st.tuples(st.just("update"), NAMES, PLACE),
    st.tuples(st.just("archive"), NAMES, PLACE),
    st.tuples(st.just("merge"), st.sampled_from(["contacts", "companies", "deals"]), st.tuples(PLACE, PLACE)),
    st.tuples(
        st.sampled_from(["associate", "make_primary", "separate"]),
        st.sampled_from([("contacts", "companies"), ("deals", "contacts"), ("deals", "companies")]),
        st.tuples(PLACE, PLACE),
    ),
    st.tuples(st.just("call"), st.just("contacts"), PLACE),
    st.tuples(st.just("copy"), st.sampled_from([0.0, 0.5, 60.0, HOUR]), st.none()),
)


class History:
    """What people do in a portal, in an order that nobody planned."""

    def __init__(self, sandbox, copy):
        self.sandbox, self.copy, self.count = sandbox, copy, 0

    def create(self, kind, place):
        self.count += 1
        values = {
            "contacts": {"email": f"u{self.count}@a.example"},
            "companies": {"name": f"Company {self.count}"},
            "deals": DEAL | {"dealname": f"Deal {self.count}"},
            "calls": CALL | {"hs_call_title": f"Call {self.count}"},
        }[kind]
        self.sandbox.add_records(kind, [values])

    def update(self, kind, place):
        self.count += 1
        names = {"contacts": "lastname", "companies": "name", "deals": "dealname", "calls": "hs_call_title"}
        if (found := self.at(kind, place)) is not None:
            self.sandbox.edit(kind, found, **{names[kind]: f"Changed {self.count}"})

    def archive(self, kind, place):
        if (found := self.at(kind, place)) is not None:
            self.sandbox.archive(kind, found)

    def merge(self, kind, places):
        one, other = (self.at(kind, place) for place in places)
        if one != other:
            self.sandbox.merge(kind, one, other)

    def associate(self, kinds, places, label=None):
        one, other = (self.at(kind, place) for kind, place in zip(kinds, places, strict=True))
        if one is not None and other is not None:
            self.sandbox.associate(kinds[0], one, kinds[1], other, label)

    def make_primary(self, kinds, places):
        self.associate(kinds, places, "Primary" if kinds[1] == "companies" else None)

    def separate(self, kinds, places):
        one, other = (self.at(kind, place) for kind, place in zip(kinds, places, strict=True))
        if one is not None and other is not None:
            self.sandbox.separate(kinds[0], one, kinds[1], other)

    def call(self, kind, place):
        """With the contact from the beginning, as a call is logged."""
        if (found := self.at(kind, place)) is not None:
            self.create("calls", 0)
            self.sandbox.associate("calls", self.sandbox.records("calls")[-1]["id"], kind, found)

    def copy_after(self, seconds, _):
        self.copy.run_later(seconds)

    def at(self, kind, place):
        held = self.sandbox.records(kind)
        return held[place % len(held)]["id"] if held else None


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENT, min_size=5, max_size=40))
def test_a_copy_brought_up_to_date_is_the_copy_that_reading_everything_gives(sandbox, events):
    sandbox.reset()
    copy = Copy(sandbox, unhurried_door(sandbox))
    history = History(sandbox, copy)
    for kind in ("contacts", "contacts", "companies", "companies", "deals", "calls"):
        history.create(kind, 0)
    copy.run()
    for what, which, where in events:
        getattr(history, "copy_after" if what == "copy" else what)(which, where)
    # The index has caught up with the last change.
    copy.run_later(60)
    fresh = Copy(sandbox, copy.api).run()
    assert copy.contents() == fresh.contents()
    assert set(fresh.rows("from raw.hubspot_merges")) <= set(copy.rows("from raw.hubspot_merges"))
