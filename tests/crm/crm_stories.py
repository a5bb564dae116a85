"""What can happen around a sync: users and companies, people in HubSpot, faults and runs, as hypothesis draws them."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
from crm_world import COMPANIES, COMPANY_COLUMNS, CONTACT_COLUMNS, CONTACTS, mapped_property
from hypothesis import strategies as st

from dagster_project.sandbox.faults import KINDS

KEYS = ["u0", "u1", "u2", "u3", "u4"]
COMPANY_KEYS = ["c0", "c1", "c2"]
ADDRESSES = [None, *(f"p{number}@a.example" for number in range(6))]
DOMAINS = ["a.example", "b.example", "c.example"]
STAGES = ["lead", "marketingqualifiedlead", "salesqualifiedlead"]
NO_STAGE = "no_such_stage"
MOMENTS = [datetime(2026, 6, 29, 8, 30, 15, micros) for micros in (0, 123_000, 123_456, 999_999)]
SHARES = [Decimal("0.500"), Decimal("-12.250"), Decimal("100.000")]
NOTES = ["", "a;b", ' "quoted", O\'Neil\\ ', "ünïcödé\nline", "0"]
MADE_UP = (mapped_property("zo_note", "note"), mapped_property("zo_share", "share", "number"))
MAPS = {
    "contacts": replace(CONTACTS, properties=(*CONTACTS.properties, *MADE_UP), max_cleared_pct=100),
    "companies": replace(COMPANIES, max_cleared_pct=100),
}
COLUMNS = {
    "contacts": CONTACT_COLUMNS | {"note": pl.String, "share": pl.Decimal(9, 3)},
    "companies": COMPANY_COLUMNS,
}
FAULTS = [kind for kind in KINDS if kind != "latency"]

object_types = st.sampled_from(["contacts", "contacts", "companies"])
places = st.integers(0, 7)
values = {
    "activation_status": st.sampled_from([None, "activated", "not_activated"]),
    "pql_score": st.sampled_from([None, 0, 7, 8, 10, 100]),
    "last_active_at": st.sampled_from([None, *MOMENTS]),
    "handoff_at": st.sampled_from([None, *MOMENTS]),
    "lifecycle_stage": st.sampled_from([None, *STAGES, NO_STAGE]),
    "owner_id": st.sampled_from([None, 0, 1]),
    "note": st.sampled_from([None, *NOTES]),
    "share": st.sampled_from([None, *SHARES]),
}
users = st.dictionaries(
    st.sampled_from(KEYS),
    st.none() | st.fixed_dictionaries({"contact_email": st.sampled_from(ADDRESSES)}, optional=values),
    min_size=1,
)
companies = st.dictionaries(
    st.sampled_from(COMPANY_KEYS),
    st.none() | st.fixed_dictionaries({"domain": st.sampled_from(DOMAINS), "active_users_30d": st.integers(0, 3)}),
    min_size=1,
)
contact_edits = st.sampled_from(
    [
        {"zo_pql_score": "55"},
        {"zo_note": ""},
        {"zo_activation_status": "theirs"},
        {"lifecyclestage": "customer"},
        {"lifecyclestage": "lead"},
        {"email": "p1@a.example"},
        {"hs_additional_emails": "p2@a.example;p3@a.example"},
    ]
)
company_edits = st.sampled_from(
    [{"zo_company_id": "c1"}, {"zo_company_id": ""}, {"zo_company_active_users": "9"}, {"domain": "b.example"}]
)


@dataclass(frozen=True)
class Run:
    """How a run goes: what is read, new and built before it, and at which of its moments it is cut off.

    `news`: 0, or how far everybody's score and every company's number of users moves, so that there is much to send.
    """

    object_type: str
    reads: bool = True
    builds: bool = True
    cut_at: int | None = None
    at_once: int = 1
    news: int = 0


runs = st.none() | st.builds(
    Run,
    object_types,
    reads=st.booleans(),
    builds=st.sampled_from([True, True, False]),
    cut_at=st.none() | st.integers(0, 16),
    at_once=st.sampled_from([1, 1, 3]),
    news=st.integers(0, 3),
)
first_users = st.fixed_dictionaries(
    {key: st.fixed_dictionaries({"contact_email": st.sampled_from(ADDRESSES), **values}) for key in KEYS}
)


def nth(items: Any, place: int) -> Any:
    """The same one for the same place, however many there are."""
    return list(items)[place % len(items)]
