"""What an occurrence says is checked before it is sent; what is not sent as stated is counted."""

import json
from collections import Counter

import pytest

from dagster_project.crm.event_map import EventProperty, MappedEvent
from dagster_project.crm.occurrence_values import values_of


def said(text, value_type="text", name="value"):
    changed = Counter()
    event = MappedEvent("paywall_hit", "L", "D", (EventProperty(name, value_type, "L"),))
    return values_of(event, json.dumps({name: text}), changed).get(name), dict(changed)


@pytest.mark.parametrize(
    ("text", "value_type", "sent"),
    [
        ("Export", "text", "Export"),
        ("a" * 256, "text", "a" * 256),
        ("7", "number", "7"),
        (" 2.50 ", "number", "2.50"),
        ("1e3", "number", "1000"),
        ("-0.5", "number", "-0.5"),
        ("2026-11-20T09:00:00Z", "datetime", "1795165200000"),
        ("2026-11-20T10:00:00.5+01:00", "datetime", "1795165200500"),
        ("1795165200000", "datetime", "1795165200000"),
    ],
)
def test_a_good_value_is_sent_as_hubspot_takes_it(text, value_type, sent):
    assert said(text, value_type) == (sent, {})


def test_a_text_that_is_too_long_is_cut_and_says_so():
    sent, changed = said("a" * 257)
    assert (len(sent), sent) == (256, "a" * 255 + "…")
    assert changed == {"paywall_hit.value: cut to 256 characters": 1}


@pytest.mark.parametrize("text", ["many", "NaN", "Infinity", "1e500", "true", ""])
def test_what_is_no_number_is_left_out_and_counted(text):
    assert said(text, "number") == (None, {"paywall_hit.value: left out, no number": 1})


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "9" * 40])
def test_what_is_no_instant_is_left_out_and_counted(text):
    assert said(text, "datetime") == (None, {"paywall_hit.value: left out, no instant": 1})


def test_an_address_may_be_longer_and_is_never_cut():
    address = "https://a.example/" + "a" * 1_006
    assert said(address, name="hs_url") == (address, {})
    assert said(address + "a", name="hs_url") == (
        None,
        {"paywall_hit.hs_url: left out, longer than 1024 characters": 1},
    )


def test_what_the_rules_do_not_name_any_more_is_not_sent():
    event = MappedEvent("paywall_hit", "L", "D", (EventProperty("kept", "text", "L"),))
    assert values_of(event, '{"kept": "a", "gone": "b"}', Counter()) == {"kept": "a"}
