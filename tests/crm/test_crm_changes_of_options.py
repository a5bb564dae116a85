"""Several options, yes or no, and days: what differs from what HubSpot holds, whatever way it is written there."""

from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest
from crm_world import CONTACTS, mapped_property, write_ledger, write_rows

from dagster_project.crm.changes import find_changes
from dagster_project.crm.values import same_value

TYPES = {
    "multi_select": pl.String,
    "boolean": pl.Boolean,
    "date": pl.Datetime("us"),
}
COLUMNS = dict.fromkeys(("record_key", "hubspot_id", "matched_by", "contact_email"), pl.String)


def change(tmp_path, value_type, desired, held, *, clears=True):
    """The value that would be sent for one contact, as a list of none or one."""
    mapped = replace(CONTACTS, properties=(mapped_property("zo_x", "x", value_type, clears=clears),))
    row = {
        "record_key": "u1",
        "hubspot_id": "101",
        "matched_by": "email",
        "contact_email": "u1@a.example",
        "x": desired,
    }
    path = write_rows(tmp_path / "desired.parquet", [row], COLUMNS | {"x": TYPES[value_type]})
    ledger = write_ledger(
        tmp_path / "ledger.parquet", [{"hubspot_id": "101", "record_key": "u1", "zo_x": held}], mapped
    )
    return find_changes(path, ledger, mapped).rows["value"].to_list()


SAME = [
    ("multi_select", "cold;hot", "cold;hot"),
    ("multi_select", "cold;hot", "hot;cold"),
    ("multi_select", "hot", ";hot"),
    ("multi_select", None, None),
    ("multi_select", "", None),
    ("boolean", True, "true"),
    ("boolean", False, "FALSE"),
    ("date", datetime(2026, 6, 30, 23, 59, 59), "2026-06-30"),
    ("date", datetime(2026, 6, 30), "1782777600000"),
    ("date", datetime(2026, 6, 30, 12), "2026-06-30T00:00:00.000Z"),
]
OTHERS = [
    ("multi_select", "cold;hot", "hot", "cold;hot"),
    ("multi_select", "hot", "cold;hot", "hot"),
    ("multi_select", "hot", None, "hot"),
    ("multi_select", None, "hot", None),
    ("boolean", True, "false", "true"),
    ("boolean", False, None, "false"),
    ("boolean", None, "true", None),
    ("date", datetime(2026, 6, 30, 23, 59, 59), "2026-07-01", "2026-06-30"),
    ("date", datetime(2026, 7, 1), "1782777600000", "2026-07-01"),
    ("date", datetime(2026, 7, 1), "soon", "2026-07-01"),
    ("date", None, "2026-06-30", None),
]


@pytest.mark.parametrize(("value_type", "desired", "held"), SAME)
def test_what_hubspot_holds_in_another_way_is_not_sent_again(tmp_path, value_type, desired, held):
    assert change(tmp_path, value_type, desired, held) == []


@pytest.mark.parametrize(("value_type", "desired", "held", "sent"), OTHERS)
def test_what_differs_is_sent_as_hubspot_takes_it(tmp_path, value_type, desired, held, sent):
    assert change(tmp_path, value_type, desired, held) == [sent]


@pytest.mark.parametrize(("value_type", "desired", "held", "sent"), OTHERS)
def test_the_echo_of_what_was_sent_is_judged_alike(value_type, desired, held, sent):
    assert same_value(value_type, sent, sent)
    assert not same_value(value_type, sent, held)


@pytest.mark.parametrize("value_type", TYPES)
def test_an_unknown_value_that_is_kept_is_not_emptied(tmp_path, value_type):
    assert change(tmp_path, value_type, None, "true", clears=False) == []
