"""What differs between what was decided and what HubSpot acknowledged, value by value."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from crm_world import (
    AS_OF,
    COMPANIES,
    COMPANY_COLUMNS,
    CONTACT_COLUMNS,
    CONTACTS,
    company,
    contact,
    hubspot_text,
    mapped_property,
    read_ledger,
    upserting,
    write_ledger,
    write_rows,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.crm import ledger as crm_ledger
from dagster_project.crm.changes import Update, find_changes
from dagster_project.crm.values import same_value
from dagster_project.state.tables import ledger_log

ACTIVE_AT = datetime(2026, 6, 29, 8, 30, 15, 123456)
ACTIVE_TEXT = "2026-06-29T08:30:15.123Z"


@pytest.fixture
def differ(tmp_path):
    """(desired rows, ledger records) → what changes; no ledger file where no records are given."""

    def find(desired, held=(), mapped=CONTACTS):
        columns = CONTACT_COLUMNS if mapped.object_type == "contacts" else COMPANY_COLUMNS
        desired_path = write_rows(tmp_path / "it's desired.parquet", desired, columns)
        ledger_path = tmp_path / "ledger.parquet"
        ledger_path.unlink(missing_ok=True)
        if held:
            write_ledger(ledger_path, held, mapped)
        return find_changes(desired_path, ledger_path, mapped)

    return find


def values(changes):
    """{(key, id): {property: (held, wanted)}}"""
    return {
        update.place: {name: (update.previous[name], value) for name, value in update.values.items()}
        for update in changes.updates()
    }


# What is compared


def test_what_hubspot_never_acknowledged_differs(differ):
    changes = differ([contact("u1", "1", pql_score=8, last_active_at=ACTIVE_AT, lifecycle_stage="lead")])
    assert values(changes) == {
        ("u1", "1"): {
            "zo_activation_status": (None, "activated"),
            "zo_pql_score": (None, "8"),
            "zo_last_active_at": (None, ACTIVE_TEXT),
            "lifecyclestage": (None, "lead"),
        }
    }
    assert (changes.record_count, changes.emptied_record_count, changes.ledger_record_count) == (1, 0, 0)
    assert changes.property_counts["zo_pql_score"] == 1


@pytest.mark.parametrize("held", ["8", "8.0", "8.00", "08", "8e0"])
def test_one_number_in_another_writing_is_no_change(differ, held):
    record = {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_pql_score": held}
    assert differ([contact("u1", "1", pql_score=8)], [record]).rows.is_empty()


@pytest.mark.parametrize(
    "held",
    [
        ACTIVE_TEXT,
        "2026-06-29T08:30:15.123456Z",
        "2026-06-29T10:30:15.123+02:00",
        "2026-06-29T08:30:15.123",
        str(round(ACTIVE_AT.replace(tzinfo=UTC, microsecond=123000).timestamp() * 1000)),
    ],
)
def test_one_instant_in_another_zone_or_form_is_no_change(differ, held):
    record = {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_last_active_at": held}
    assert differ([contact("u1", "1", last_active_at=ACTIVE_AT)], [record]).rows.is_empty()


def test_less_than_a_millisecond_is_no_change_and_a_millisecond_is(differ):
    record = {
        "hubspot_id": "1",
        "record_key": "u1",
        "zo_activation_status": "activated",
        "zo_last_active_at": ACTIVE_TEXT,
    }
    almost = ACTIVE_AT.replace(microsecond=123999)
    assert differ([contact("u1", "1", last_active_at=almost)], [record]).rows.is_empty()
    later = ACTIVE_AT.replace(microsecond=124000)
    assert values(differ([contact("u1", "1", last_active_at=later)], [record])) == {
        ("u1", "1"): {"zo_last_active_at": (ACTIVE_TEXT, "2026-06-29T08:30:15.124Z")}
    }


@pytest.mark.parametrize(
    ("held", "is_sent"),
    [("6.0001", False), ("9.9999", False), ("6", True), ("10", True), ("5", True), ("eight", True), (None, True)],
)
def test_a_number_that_differs_by_less_than_the_map_asks_for_is_not_sent(differ, held, is_sent):
    score = mapped_property("zo_pql_score", "pql_score", "number", min_change=Decimal(2))
    mapped = replace(CONTACTS, properties=(score, CONTACTS.properties[0]))
    record = {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_pql_score": held}
    changes = differ([contact("u1", "1", pql_score=8)], [record], mapped)
    assert values(changes) == ({("u1", "1"): {"zo_pql_score": (held, "8")}} if is_sent else {})


def test_small_steps_are_sent_once_they_add_up(differ):
    mapped = replace(CONTACTS, properties=(mapped_property("score", "pql_score", "number", min_change=Decimal(3)),))
    record = {"hubspot_id": "1", "record_key": "u1", "score": "40"}
    sent = [score for score in (41, 42, 43) if values(differ([contact("u1", "1", pql_score=score)], [record], mapped))]
    assert sent == [43]


@pytest.mark.parametrize(("minutes", "is_sent"), [(59.999, False), (60, True), (-59.999, False), (-60, True)])
def test_an_instant_that_differs_by_fewer_minutes_than_the_map_asks_for_is_not_sent(differ, minutes, is_sent):
    seen = mapped_property("zo_last_active_at", "last_active_at", "datetime", min_change=Decimal(60))
    mapped = replace(CONTACTS, properties=(seen,))
    record = {"hubspot_id": "1", "record_key": "u1", "zo_last_active_at": ACTIVE_TEXT}
    changes = differ([contact("u1", "1", last_active_at=ACTIVE_AT + timedelta(minutes=minutes))], [record], mapped)
    assert changes.rows.is_empty() == (not is_sent)


def test_a_value_that_is_not_known_any_more_is_emptied_however_small_it_was(differ):
    mapped = replace(CONTACTS, properties=(mapped_property("score", "pql_score", "number", min_change=Decimal(3)),))
    record = {"hubspot_id": "1", "record_key": "u1", "score": "1"}
    assert values(differ([contact("u1", "1", pql_score=None)], [record], mapped)) == {
        ("u1", "1"): {"score": ("1", None)}
    }


@pytest.mark.parametrize("held", ["eight", "", "NaN", "9"])
def test_a_held_value_that_is_no_such_number_is_written_over(differ, held):
    record = {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_pql_score": held}
    changes = differ([contact("u1", "1", pql_score=8)], [record])
    assert values(changes) == {("u1", "1"): {"zo_pql_score": (held, "8")}}


def test_text_is_compared_letter_by_letter(differ):
    record = {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "Activated"}
    assert values(differ([contact("u1", "1")], [record])) == {
        ("u1", "1"): {"zo_activation_status": ("Activated", "activated")}
    }


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (10, "10"),
        (100, "100"),
        (-5, "-5"),
        (1.5, "1.5"),
        (1200.25, "1200.25"),
        (0.1, "0.1"),
        (1e9, "1000000000"),
    ],
)
def test_a_number_is_sent_in_plain_digits(tmp_path, number, text):
    mapped = replace(CONTACTS, properties=(mapped_property("zo_pql_score", "pql_score", "number"),))
    columns = CONTACT_COLUMNS | {"pql_score": pl.Float64}
    desired = write_rows(tmp_path / "desired.parquet", [contact("u1", "1", pql_score=float(number))], columns)
    changes = find_changes(desired, tmp_path / "none.parquet", mapped)
    assert changes.rows["value"].to_list() == [text]


def test_a_property_that_the_ledger_has_never_seen_differs(tmp_path):
    before = replace(CONTACTS, properties=CONTACTS.properties[:1])
    path = write_ledger(
        tmp_path / "ledger.parquet",
        [{"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated"}],
        before,
    )
    desired = write_rows(tmp_path / "desired.parquet", [contact("u1", "1", pql_score=8)], CONTACT_COLUMNS)
    assert values(find_changes(desired, path, CONTACTS)) == {("u1", "1"): {"zo_pql_score": (None, "8")}}


def test_one_column_may_be_two_properties(differ):
    again = mapped_property("product_active_users_count", "active_users_30d", "number")
    mapped = replace(COMPANIES, properties=(*COMPANIES.properties, again))
    changes = differ([company("c1", "9", active_users_30d=4)], mapped=mapped)
    assert values(changes)[("c1", "9")] == {
        "zo_company_id": (None, "c1"),
        "zo_company_active_users": (None, "4"),
        "product_active_users_count": (None, "4"),
    }


def test_an_object_without_properties_never_differs(differ):
    held = [{"hubspot_id": "1", "record_key": "u1"}]
    nothing = replace(CONTACTS, properties=())
    assert differ([contact("u1", "1", pql_score=8), contact("u2", "2")], held, nothing).rows.is_empty()


# What is un-set


def test_an_unknown_value_empties_what_clears_and_leaves_what_keeps(differ):
    record = {
        "hubspot_id": "1",
        "record_key": "u1",
        "zo_activation_status": "activated",
        "zo_pql_score": "8",
        "zo_handoff_at": ACTIVE_TEXT,
        "lifecyclestage": "salesqualifiedlead",
    }
    changes = differ([contact("u1", "1", activation_status="")], [record])
    assert values(changes) == {("u1", "1"): {"zo_activation_status": ("activated", None), "zo_pql_score": ("8", None)}}
    assert not changes.updates()[0].is_gone
    assert changes.emptied_record_count == 0


def test_an_unknown_value_that_hubspot_does_not_hold_is_no_change(differ):
    record = {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated"}
    assert differ([contact("u1", "1")], [record]).rows.is_empty()


def test_a_record_that_is_no_longer_desired_is_emptied_but_for_what_is_kept(differ):
    held = [
        {"hubspot_id": "1", "record_key": "u1", "zo_pql_score": "8", "zo_handoff_at": ACTIVE_TEXT},
        {"hubspot_id": "2", "record_key": "u2", "zo_handoff_at": ACTIVE_TEXT},
        {"hubspot_id": "3", "record_key": "u3"},
    ]
    changes = differ([], held)
    assert values(changes) == {("u1", "1"): {"zo_pql_score": ("8", None)}}
    (update,) = changes.updates()
    assert update.is_gone
    assert (update.upsert_key, update.made_with) == (None, {})
    assert changes.emptied_record_count == 1


def test_the_ledger_is_counted_by_what_could_be_emptied(differ):
    held = [{"hubspot_id": str(number), "record_key": f"u{number}", "zo_pql_score": "8"} for number in range(3)]
    # Emptied long ago; they would make every later loss look small.
    held += [
        {"hubspot_id": str(number), "record_key": f"u{number}", "zo_handoff_at": ACTIVE_TEXT}
        for number in range(10, 60)
    ]
    changes = differ([], held)
    assert (changes.emptied_record_count, changes.ledger_record_count) == (3, 3)


# Which record


def test_a_record_made_since_hubspot_was_read_is_found_through_the_key_that_made_it(differ):
    held = [{"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_pql_score": "8"}]
    changes = differ([contact("u1", pql_score=9)], held)
    assert values(changes) == {("u1", "1"): {"zo_pql_score": ("8", "9")}}
    assert changes.left_out == {}


def test_of_two_records_that_a_key_wrote_the_later_one_is_found(differ):
    held = [
        {"hubspot_id": "9", "record_key": "u1", "zo_pql_score": "8"},
        {"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_pql_score": "8"},
    ]
    changes = differ([contact("u1", pql_score=8)], held)
    assert [update.place for update in changes.updates()] == [("u1", "9")]
    assert changes.updates()[0].is_gone


def test_a_record_that_holds_nothing_of_ours_any_more_is_not_looked_for(differ):
    held = [{"hubspot_id": "1", "record_key": "u1"}]
    changes = differ([contact("u1", pql_score=8)], held)
    assert changes.rows.is_empty()
    assert changes.left_out == {"absent": 1}


def test_what_hubspot_was_read_to_say_comes_before_what_the_ledger_remembers(differ):
    # u1 wrote record 1 once; by now it is u2's.
    held = [{"hubspot_id": "1", "record_key": "u1", "zo_activation_status": "activated", "zo_pql_score": "8"}]
    changes = differ([contact("u1", pql_score=1), contact("u2", "1", pql_score=2)], held)
    assert values(changes) == {("u2", "1"): {"zo_pql_score": ("8", "2")}}
    assert changes.left_out == {"same_record_as_another_user": 1}


def test_a_user_who_moved_to_another_record_leaves_the_first_one_empty(differ):
    held = [{"hubspot_id": "1", "record_key": "u1", "zo_pql_score": "8"}]
    updates = differ([contact("u1", "2", pql_score=8)], held).updates()
    assert {update.place: (update.is_gone, update.values) for update in updates} == {
        ("u1", "1"): (True, {"zo_pql_score": None}),
        ("u1", "2"): (False, {"zo_activation_status": "activated", "zo_pql_score": "8"}),
    }


def test_of_two_users_on_one_record_only_the_one_who_speaks_for_it_is_sent(differ):
    shadow = contact("u2", "1", pql_score=3, matched_by="same_record_as_another_user")
    held = [{"hubspot_id": "1", "record_key": "u2", "zo_activation_status": "activated", "zo_pql_score": "3"}]
    changes = differ([contact("u1", "1", pql_score=8), shadow], held)
    assert values(changes) == {("u1", "1"): {"zo_pql_score": ("3", "8")}}
    # Its values stand in the ledger already: it does not differ, so nothing of it is left out.
    assert changes.left_out == {}


def test_two_companies_on_one_record_are_told_as_companies(differ):
    held = [{"hubspot_id": "1", "record_key": "c1", "zo_company_id": "c1", "zo_company_active_users": "1"}]
    changes = differ([company("c1"), company("c2", "1")], held, COMPANIES)
    assert changes.left_out == {}
    changes = differ([company("c1", active_users_30d=2), company("c2", "1")], held, COMPANIES)
    assert changes.left_out == {"same_record_as_another_company": 1}


# Who is left out


def test_records_that_cannot_be_written_are_counted_by_reason(differ):
    rows = [
        contact("a1"),
        contact("a2"),
        contact("n1", matched_by="no_email", contact_email=None),
        contact("s1", "1", matched_by="same_record_as_another_user"),
        contact("k1", matched_by="not_looked_up"),
        contact("e1", "2"),
        contact("nothing", activation_status=None),  # nothing is known of it, so nothing is left out
    ]
    changes = differ(rows)
    assert changes.left_out == {"absent": 2, "no_email": 1, "same_record_as_another_user": 1}
    assert [update.place for update in changes.updates()] == [("e1", "2"), ("k1", None)]


def test_with_upsert_absent_records_are_made_if_there_is_something_to_find_them_by(differ):
    rows = [contact("a1"), contact("a2", contact_email=None), contact("n1", matched_by="no_email", contact_email=None)]
    changes = differ(rows, (), upserting(CONTACTS))
    assert changes.left_out == {"absent": 1, "no_email": 1}
    (update,) = changes.updates()
    expected = Update(
        "a1", None, "a1@a.example", {"zo_activation_status": "activated"}, {"zo_activation_status": None}, {}
    )
    assert update == expected


def test_a_company_is_made_with_its_name_and_domain(differ):
    rows = [
        company("c1", company_name="Acme", domain="acme.example"),
        company("c2", company_name=None, domain=""),
        company("c3", matched_by="several_candidates"),
    ]
    changes = differ(rows, (), upserting(COMPANIES))
    assert {update.record_key: (update.upsert_key, update.made_with) for update in changes.updates()} == {
        "c1": ("c1", {"domain": "acme.example", "name": "Acme"}),
        "c2": ("c2", {}),
    }
    assert changes.left_out == {"several_candidates": 1}


def test_updates_come_in_the_order_of_their_keys(differ):
    rows = [contact(f"u{number}", str(number)) for number in (3, 1, 2)]
    assert [update.record_key for update in differ(rows).updates()] == ["u1", "u2", "u3"]


# Against a diff in plain Python

KEYS, IDS = "abcdefghijkl", "0123456789"
MOMENTS = [datetime(2026, 6, 29, 8, 30, 15, microsecond) for microsecond in (0, 123000, 123456, 999999)]
SCORES = [0, 8, 10]


def writings(moment):
    """One instant as it may stand in a ledger."""
    instant = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    elsewhere = instant.astimezone(timezone(timedelta(hours=5, minutes=30)))
    return [hubspot_text(instant), elsewhere.isoformat(), str(round(instant.timestamp() * 1000))]


held_records = st.fixed_dictionaries(
    {
        "record_key": st.sampled_from(KEYS),
        "zo_activation_status": st.sampled_from([None, "activated", "not_activated"]),
        "zo_pql_score": st.sampled_from([None, *(text for score in SCORES for text in (f"{score}", f"{score}.00"))]),
        "zo_last_active_at": st.sampled_from([None, *(text for moment in MOMENTS for text in writings(moment))]),
        "zo_handoff_at": st.sampled_from([None, *writings(MOMENTS[1])]),
        "lifecyclestage": st.sampled_from([None, "lead", "salesqualifiedlead"]),
        "hubspot_owner_id": st.sampled_from([None, "201"]),
    }
)
wanted_values = st.fixed_dictionaries(
    {
        "activation_status": st.sampled_from([None, "", "activated", "not_activated"]),
        "pql_score": st.sampled_from([None, *SCORES]),
        "last_active_at": st.sampled_from([None, *MOMENTS]),
        "handoff_at": st.sampled_from([None, *MOMENTS]),
        "lifecycle_stage": st.sampled_from([None, "salesqualifiedlead"]),
        "owner_id": st.sampled_from([None, "201", "202"]),
    }
)
HOW_UNKNOWN = ["absent", "no_email", "not_looked_up", "several_candidates"]


@st.composite
def ledgers(draw):
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=12))
    return [{"hubspot_id": record_id, **draw(held_records)} for record_id in ids]


@st.composite
def desired_tables(draw):
    """As the marts promise it: of several users on one record one speaks for it."""
    taken, rows = set(), []
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=12)):
        record_id = draw(st.sampled_from([None, None, *IDS]))
        if record_id is None:
            matched_by = draw(st.sampled_from(HOW_UNKNOWN))
        else:
            matched_by = "same_record_as_another_user" if record_id in taken else "email"
            taken.add(record_id)
        email = None if matched_by == "no_email" else f"{key}@a.example"
        rows.append(contact(key, record_id, matched_by=matched_by, contact_email=email, **draw(wanted_values)))
    return rows


def wanted_text(mapped, row):
    value = row.get(mapped.source_column)
    if isinstance(value, datetime):
        return hubspot_text(value.replace(tzinfo=UTC))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return None if value is None or value == "" else str(value)


def is_same(property_, wanted, held):
    """Also what differs by less than the map asks for; only of numbers here."""
    if property_.min_change is None or wanted is None or held is None:
        return same_value(property_.value_type, wanted, held)
    return abs(Decimal(wanted) - Decimal(held)) < property_.min_change


def plain_differences(row, record, mapped):
    """{property: (held, wanted)} between a desired row (or none) and a ledger record (or none)."""
    found = {}
    for property_ in mapped.properties:
        wanted, held = wanted_text(property_, row or {}), (record or {}).get(property_.name)
        if not is_same(property_, wanted, held) and (wanted is not None or property_.clears_when_unknown):
            found[property_.name] = (held, wanted)
    return found


def plain_diff(rows, records, mapped):
    """(what to send, who is left out), by other means than the SQL."""
    by_id = {record["hubspot_id"]: record for record in records}
    last_written = {}
    for record in records:  # in the order they were written
        if any(record.get(property_.name) is not None for property_ in mapped.properties):
            last_written[record["record_key"]] = record["hubspot_id"]
    read_ids = {row["hubspot_id"] for row in rows if row["hubspot_id"]}
    to_send, left_out, met = {}, {}, set()
    for row in rows:
        target, why = row["hubspot_id"], row["matched_by"]
        if target is None and row["record_key"] in last_written:
            target = last_written[row["record_key"]]
            why = "same_record_as_another_user" if target in read_ids else why
        met.add(target)
        differences = plain_differences(row, by_id.get(target), mapped)
        can_be_made = why == "not_looked_up" or (mapped.makes_unknown_records and why == "absent")
        if differences and not why.startswith("same_record_as_another") and (target or can_be_made):
            to_send[row["record_key"], target] = differences
        elif differences:
            left_out[why] = left_out.get(why, 0) + 1
    for record in records:
        if record["hubspot_id"] not in met and (differences := plain_differences(None, record, mapped)):
            to_send[record["record_key"], record["hubspot_id"]] = differences
    return to_send, left_out


@settings(deadline=None, max_examples=50)
@given(desired_tables(), ledgers(), st.booleans())
def test_the_diff_equals_one_in_plain_python_and_names_no_record_twice(rows, records, makes_unknown):
    mapped = upserting(CONTACTS) if makes_unknown else CONTACTS
    with TemporaryDirectory() as folder:
        desired_path = write_rows(Path(folder) / "desired.parquet", rows, CONTACT_COLUMNS)
        ledger_path = write_ledger(Path(folder) / "ledger.parquet", records, CONTACTS)
        changes = find_changes(desired_path, ledger_path, mapped)
    assert (values(changes), changes.left_out) == plain_diff(rows, records, mapped)
    # HubSpot refuses a batch that names a record twice.
    updates = changes.updates()
    for keys in (
        [update.hubspot_id for update in updates if update.hubspot_id],
        [update.upsert_key for update in updates if not update.hubspot_id],
    ):
        assert len(keys) == len(set(keys))


@pytest.fixture(scope="module")
def shared_engine(new_shared_state, tmp_path_factory):
    return new_shared_state(tmp_path_factory.mktemp("state"))


def acknowledge(engine, updates):
    """Every update as HubSpot takes it; one that it does not know gets a record of its own."""
    entries = [
        crm_ledger.Acknowledged(
            update.record_key, update.hubspot_id or f"made-{update.record_key}", name, value, update.previous[name]
        )
        for update in updates
        for name, value in update.values.items()
    ]
    with engine.begin() as connection:
        crm_ledger.append(connection, "contacts", entries, run_id="run", as_of=AS_OF, acknowledged_at=AS_OF)


@settings(deadline=None, max_examples=12)
@given(tables=st.lists(desired_tables(), min_size=1, max_size=3), makes_unknown=st.booleans())
def test_once_everything_is_acknowledged_nothing_differs(shared_engine, tables, makes_unknown):
    mapped = upserting(CONTACTS) if makes_unknown else CONTACTS
    with shared_engine.begin() as connection:
        connection.execute(ledger_log.delete())
    with TemporaryDirectory() as folder:
        state_dir = Path(folder) / "state"
        for rows in tables:
            desired_path = write_rows(Path(folder) / "desired.parquet", rows, CONTACT_COLUMNS)

            def find(desired_path=desired_path):
                return find_changes(desired_path, crm_ledger.fold(shared_engine, state_dir, "contacts"), mapped)

            acknowledge(shared_engine, find().updates())
            if makes_unknown:
                # Whoever lost a record to another user in the first sync gets one of their own in the second.
                acknowledge(shared_engine, find().updates())
            assert find().rows.is_empty()
        held = read_ledger(crm_ledger.fold(shared_engine, state_dir, "contacts"))
    # What is desired of a record that HubSpot knows is what the ledger ends with.
    for row in tables[-1]:
        if row["hubspot_id"] and row["matched_by"] == "email":
            for property_ in CONTACTS.properties:
                wanted = wanted_text(property_, row)
                if wanted is not None or property_.clears_when_unknown:
                    found = held.get(row["hubspot_id"], {}).get(property_.name)
                    assert same_value(property_.value_type, wanted, found)


# The SQL and the Python of the same rules

numbers = st.one_of(st.integers(-(10**6), 10**6), st.sampled_from([0, 8, 100]))
number_texts = st.one_of(
    st.builds(lambda number, zeros: f"{number}" + (f".{'0' * zeros}" if zeros else ""), numbers, st.integers(0, 4)),
    st.decimals(-100, 100, allow_nan=False, places=3).map(lambda number: f"{number:f}"),
    st.sampled_from(["8", "8.0", "08", "+8", "8e0", "eight", "-0"]),
)
moments = st.one_of(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)), st.sampled_from(MOMENTS))
moment_texts = st.one_of(moments.flatmap(lambda moment: st.sampled_from(writings(moment))), st.sampled_from(["soon"]))


@st.composite
def number_pairs(draw):
    number = draw(numbers)
    near = st.integers(0, 3).map(lambda zeros: f"{number}." + "0" * (zeros + 1))
    return number, draw(st.one_of(number_texts, near))


@st.composite
def moment_pairs(draw):
    moment = draw(moments)
    return moment, draw(st.one_of(moment_texts, st.sampled_from(writings(moment))))


@settings(deadline=None, max_examples=20)
@given(st.lists(number_pairs(), min_size=1, max_size=40), st.lists(moment_pairs(), min_size=1, max_size=40))
def test_the_sql_and_the_python_agree_on_what_is_the_same(number_list, moment_list):
    mapped = replace(CONTACTS, properties=CONTACTS.properties[1:3])
    desired, held, expected = [], [], set()
    pairs = [("zo_pql_score", "pql_score", "number", str, pair) for pair in number_list]
    pairs += [
        (
            "zo_last_active_at",
            "last_active_at",
            "datetime",
            lambda moment: hubspot_text(moment.replace(tzinfo=UTC)),
            pair,
        )
        for pair in moment_list
    ]
    for position, (name, column, value_type, as_text, (wanted, text)) in enumerate(pairs):
        desired.append(contact(f"u{position}", str(position), **{column: wanted}))
        held.append({"hubspot_id": str(position), "record_key": f"u{position}", name: text})
        if not same_value(value_type, as_text(wanted), text):
            expected.add((f"u{position}", as_text(wanted)))
    with TemporaryDirectory() as folder:
        desired_path = write_rows(Path(folder) / "desired.parquet", desired, CONTACT_COLUMNS)
        rows = find_changes(desired_path, write_ledger(Path(folder) / "ledger.parquet", held, mapped), mapped).rows
    assert set(zip(rows["record_key"], rows["value"], strict=True)) == expected
