"""Product events of nobody, straight into the raw tables as loading leaves them; the same ones in every run.

A user for a hundred events, the n-th of whom does an n-th of what the first does; 20 types of events; half a year of
them. Events of a higher number are later, so that more of them are what the next days bring. One in a thousand is
delivered twice, the second time some 50 minutes later.
"""

from datetime import datetime, timedelta
from pathlib import Path

from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.tables import create_raw_tables, next_write_id
from dagster_project.resources.warehouse import open_warehouse

EVENTS_A_FILE = 1_000_000
EVENTS_A_USER = 100
USERS_A_COMPANY = 20
FIRST_AT = datetime(2026, 5, 22)
SPAN = timedelta(days=180)
# As the product names them, the commonest first; the last three mean nothing to the shipped taxonomy.
EVENT_TYPES = [
    "page_viewed", "logged_in", "dashboard_viewed", "report_created", "file_uploaded", "report_shared",
    "pricing_page_viewed", "teammate_invited", "paywall_encountered", "api_key_created", "content_downloaded",
    "webinar_attended", "trial_started", "onboarding_completed", "admin_panel_visited", "signed_up",
    "subscription_started", "export_run", "search_run", "comment_added",
]  # fmt: skip
# A copy comes this share of all events after the event, and of so many events one is copied.
COPY_IS_LATER_BY = 5_000
EVENTS_A_COPY = 1_000


def clock_after(total: int, count: int) -> str:
    """An hour after the last of so many events; `total` of them fill the half year."""
    return (FIRST_AT + SPAN * (count / total) + timedelta(hours=1)).replace(microsecond=0).isoformat() + "Z"


def create_empty(warehouse: Path) -> None:
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)


def add_events(warehouse: str, total: str, first: str, until: str) -> None:
    """The events from one number up to another, each file as a load of its own, after all that were loaded before."""
    with open_warehouse(Path(warehouse)) as connection:
        create_raw_tables(connection)
        # As many as a line of a file: nobody reads these tables in the order of rows.
        connection.execute("set preserve_insertion_order = false")
        for start in range(int(first), int(until), EVENTS_A_FILE):
            stop = min(start + EVENTS_A_FILE, int(until))
            load_id = next_write_id(connection)
            file_name = f"events_{start:012}.jsonl.gz"
            connection.execute(events_sql(int(total), start, stop, file_name, load_id))
            connection.execute(
                "insert into raw.landing_files values (?, 'product', 'events', ?, 'loaded', "
                "(select count(*) from raw.product_events where load_id = ?), 0, null, ?, ?)",
                [f"hash of {file_name}", file_name, load_id, load_id, load_id],
            )
        refresh_email_domains(connection)


def events_sql(total: int, first: int, until: int, file_name: str, load_id: int) -> str:
    users = max(total // EVENTS_A_USER, 1)
    companies = max(users // USERS_A_COMPANY, 1)
    later_by = total // COPY_IS_LATER_BY
    first_copy = -(-max(first - later_by, 0) // EVENTS_A_COPY) * EVENTS_A_COPY
    return f"""
        insert into raw.product_events by name
        with lines as (
            select i, i - {first} + 1 as line_number, false as is_copy from range({first}, {until}) as numbers(i)
            union all
            select i, {until - first} + 1 + (i - {first_copy}) // {EVENTS_A_COPY}, true
            from range({first_copy}, {max(until - later_by, first_copy)}, {EVENTS_A_COPY}) as numbers(i)
        ),
        drawn as (
            select
                *,
                {drawn(0)} as user_draw, {drawn(1)} as type_draw,
                timestamp '{FIRST_AT}' + to_microseconds(cast(i * {SPAN.total_seconds() * 1e6 / total} as bigint))
                    as occurred_at
            from lines
        ),
        named as (
            select
                *,
                least(cast(floor(exp(user_draw * ln({users} + 1))) as bigint), {users}) as user_number,
                {EVENT_TYPES}[1 + cast(floor({len(EVENT_TYPES)} * type_draw * type_draw) as integer)] as event_type
            from drawn
        )
        select
            'e' || i as event_id,
            'u' || user_number as user_id,
            'u' || user_number || '@c' || user_number % {companies} || '.example' as email,
            'c' || user_number % {companies} as company_id,
            event_type,
            occurred_at,
            occurred_at + to_seconds(cast(hash(i * 4 + 2) % 100 as bigint))
                + case when is_copy then to_seconds(3000) else to_seconds(0) end as received_at,
            case
                when event_type <> 'teammate_invited' then '{{"feature_name":"f' || hash(i * 4 + 3) % 20 || '"}}'
                when hash(i * 4 + 3) % 50 = 0 then '{{"role":"viewer"}}'
                else '{{"role":"viewer","invitee_email":"p' || hash(i * 4 + 3) % 1000 || '@x.example"}}'
            end as properties,
            '{file_name}' as file_name,
            line_number,
            {load_id} as load_id
        from named
    """


def drawn(number: int) -> str:
    """SQL: a number of [0, 1) that is the row's own."""
    return f"(hash(i * 4 + {number}) % 1000000007) / 1000000007.0"
