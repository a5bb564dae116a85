"""The raw tables that ingest fills. They exist, empty, before anything is loaded, so that every model can build."""

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.landing.sources import LANDING_TABLES

# In place of the hash of a file: the row stands in a table that is in the warehouse already.
NO_FILE = "in the warehouse"
# The schema of the views on such tables, each named as the raw table that it stands for.
VIEWS = "in_warehouse"
RAW_TABLES = """
create schema if not exists raw;

-- One row a file that was taken or refused; the content decides whether a file of a kind is new.
create table if not exists raw.landing_files (
    content_hash varchar not null,
    source varchar not null,
    kind varchar not null,
    file_name varchar not null,
    state varchar not null,
    loaded_count bigint not null,
    quarantined_count bigint not null,
    reason varchar,
    load_id bigint not null,
    primary key (content_hash, source, kind, file_name)
);
-- The last write of rows of the file: its load, or a later replay. Whoever read up to a write missed only higher ones.
alter table raw.landing_files add column if not exists write_id bigint;

-- What a file looked like when it was hashed, so that an unchanged file is not read again.
create table if not exists raw.landing_sightings (
    source varchar not null,
    file_name varchar not null,
    size_bytes bigint not null,
    modified_ns bigint not null,
    content_hash varchar not null,
    primary key (source, file_name)
);

create table if not exists raw.quarantine (
    content_hash varchar not null,
    source varchar not null,
    kind varchar not null,
    file_name varchar not null,
    line_number bigint,
    reason varchar not null,
    raw_text varchar,
    load_id bigint not null
);
-- 0: the raw text is the whole line; else which call of the line it is. Null where an earlier version put it aside.
alter table raw.quarantine add column if not exists call_number bigint;

-- Loads whose good rows are not here: the engine that read the files has them.
create table if not exists raw.loads_elsewhere (
    load_id bigint primary key,
    engine varchar not null,
    row_count bigint not null
);

-- What may be a domain in rows that are not here.
create table if not exists raw.domains_elsewhere (
    domain varchar primary key
);

create table if not exists raw.email_domains (
    domain varchar primary key,
    registrable_domain varchar,
    is_free_mail boolean not null
);
-- The whole domain as DNS writes it.
alter table raw.email_domains add column if not exists ascii_domain varchar;

-- In small letters, with single blanks between words.
create table if not exists raw.country_spellings (
    spelling varchar primary key,
    country_code varchar not null
);

create table if not exists raw.hubspot_contacts (
    hubspot_id varchar not null,
    email varchar,
    first_name varchar,
    last_name varchar,
    job_title varchar,
    country varchar,
    lifecycle_stage varchar,
    owner_id varchar
);

alter table raw.hubspot_contacts add column if not exists enriched_job_title varchar;
alter table raw.hubspot_contacts add column if not exists enriched_country varchar;
alter table raw.hubspot_contacts add column if not exists last_email_open_at timestamp;
alter table raw.hubspot_contacts add column if not exists user_id varchar;
alter table raw.hubspot_contacts add column if not exists handoff_at timestamp;
alter table raw.hubspot_contacts add column if not exists original_source varchar;
alter table raw.hubspot_contacts add column if not exists became_sql_at timestamp;

-- One row an address: a contact can be found by its secondary addresses too.
create table if not exists raw.hubspot_contact_emails (
    hubspot_id varchar not null,
    email varchar not null,
    is_primary boolean not null
);

create table if not exists raw.hubspot_companies (
    hubspot_id varchar not null,
    company_id varchar,
    name varchar,
    domain varchar,
    employee_count varchar,
    industry varchar,
    country varchar
);

alter table raw.hubspot_companies add column if not exists enriched_employee_count varchar;
alter table raw.hubspot_companies add column if not exists enriched_industry varchar;
alter table raw.hubspot_companies add column if not exists enriched_country varchar;
alter table raw.hubspot_companies add column if not exists owner_id varchar;

create table if not exists raw.hubspot_owners (
    owner_id varchar not null,
    email varchar,
    first_name varchar,
    last_name varchar
);

create table if not exists raw.hubspot_lifecycle_stages (
    stage varchar not null,
    label varchar,
    display_order bigint not null
);

create table if not exists raw.hubspot_deals (
    hubspot_id varchar not null,
    deal_name varchar,
    stage varchar,
    pipeline varchar,
    amount varchar,
    owner_id varchar,
    closes_at timestamp,
    created_at timestamp,
    last_modified_at timestamp
);
alter table raw.hubspot_deals add column if not exists is_closed varchar;
alter table raw.hubspot_deals add column if not exists is_closed_won varchar;
alter table raw.hubspot_deals add column if not exists annual_amount varchar;
alter table raw.hubspot_deals add column if not exists deal_type varchar;
alter table raw.hubspot_deals add column if not exists stage_entered_at timestamp;

-- Calls, e-mails, meetings, notes and tasks.
create table if not exists raw.hubspot_engagements (
    hubspot_id varchar not null,
    engagement_type varchar not null,
    owner_id varchar,
    status varchar,
    occurred_at timestamp,
    last_modified_at timestamp
);
-- Of tasks: their own time is when they were due.
alter table raw.hubspot_engagements add column if not exists completed_at timestamp;

-- One row a label of a pair; types are named in the plural, as in HubSpot's paths.
create table if not exists raw.hubspot_associations (
    from_type varchar not null,
    from_id varchar not null,
    to_type varchar not null,
    to_id varchar not null,
    type_category varchar not null,
    type_id bigint not null,
    type_label varchar
);

-- Which record each record that was merged away went into; never forgotten, for HubSpot cannot take a merge back.
create table if not exists raw.hubspot_merges (
    object_type varchar not null,
    merged_id varchar not null,
    into_id varchar not null
);

-- One row an object type, or pair of them, that was ever read: without it, "HubSpot does not hold this" is not known.
create table if not exists raw.hubspot_copies (
    object_type varchar primary key,
    copied_at timestamp not null,
    record_count bigint not null
);
-- Up to when changes are in the copy by HubSpot's clock, when it was last read whole, and which properties it has.
alter table raw.hubspot_copies add column if not exists changed_until timestamp;
alter table raw.hubspot_copies add column if not exists read_whole_at timestamp;
alter table raw.hubspot_copies add column if not exists properties varchar;

create table if not exists raw.pipeline_identities (
    object_type varchar not null,
    record_key varchar not null,
    hubspot_id varchar not null
);

create table if not exists raw.pipeline_handoffs (
    handoff_id varchar not null,
    record_key varchar not null,
    episode bigint not null,
    owner_id varchar,
    owner_reason varchar not null,
    handed_off_at timestamp not null,
    acknowledged_at timestamp,
    pool varchar,
    track varchar,
    route_id varchar,
    turn integer,
    reason varchar
);
-- A warehouse of an earlier version has the table without them.
alter table raw.pipeline_handoffs add column if not exists pool varchar;
alter table raw.pipeline_handoffs add column if not exists track varchar;
alter table raw.pipeline_handoffs add column if not exists route_id varchar;
alter table raw.pipeline_handoffs add column if not exists turn integer;
alter table raw.pipeline_handoffs add column if not exists reason varchar;

create table if not exists raw.pipeline_returns (
    return_id varchar not null,
    handoff_id varchar,
    record_key varchar not null,
    episode bigint not null,
    rule_id varchar not null,
    reason varchar not null,
    owner_id varchar,
    returned_at timestamp not null,
    acknowledged_at timestamp
);

create table if not exists raw.pipeline_deliveries (
    action_id varchar not null,
    trigger_id varchar,
    kind varchar,
    target varchar,
    record_key varchar,
    subject_key varchar,
    episode bigint,
    moment_at timestamp,
    owner_id varchar,
    pool varchar,
    turn integer,
    state varchar not null
);
alter table raw.pipeline_deliveries add column if not exists trigger_id varchar;
alter table raw.pipeline_deliveries add column if not exists kind varchar;
alter table raw.pipeline_deliveries add column if not exists target varchar;
alter table raw.pipeline_deliveries add column if not exists record_key varchar;
alter table raw.pipeline_deliveries add column if not exists subject_key varchar;
alter table raw.pipeline_deliveries add column if not exists episode bigint;
alter table raw.pipeline_deliveries add column if not exists moment_at timestamp;
alter table raw.pipeline_deliveries add column if not exists owner_id varchar;
alter table raw.pipeline_deliveries add column if not exists pool varchar;
alter table raw.pipeline_deliveries add column if not exists turn integer;

-- One row per opt-out, and per user whose contact was deleted in HubSpot under the GDPR; either column may be null.
create table if not exists raw.pipeline_suppressed (
    user_id varchar,
    email varchar,
    reason varchar not null
);

-- As score.score_changes has it; filled for the first build of a warehouse that was made anew.
create table if not exists raw.pipeline_score_history (
    user_id varchar not null,
    changed_at timestamp not null,
    contact_email varchar,
    pql_score_to integer,
    fit_score_to integer,
    combined_score_to integer,
    band_to varchar,
    reasons varchar,
    pql_score_from integer,
    fit_score_from integer,
    combined_score_from integer,
    band_from varchar,
    reasons_moved varchar
);
"""


def next_write_id(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the next write of rows; higher than every one before, loads and replays alike."""
    ((write_id,),) = connection.sql(
        "select coalesce(max(coalesce(write_id, load_id)), 0) + 1 from raw.landing_files"
    ).fetchall()
    return write_id


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every raw table that is missing; existing ones are left as they are."""
    connection.execute(RAW_TABLES)
    for table in LANDING_TABLES:
        connection.execute(table.create)


@dataclass(frozen=True)
class TableChange:
    """New rows of a raw table, and which of the old ones they take the place of.

    Args:
        rows: As dicts of column name and value; a column that no row names becomes null.
        gone: `{columns: values}`: an old row goes when its values in these columns are among them. None: all go.
    """

    rows: Sequence[dict] = ()
    gone: Mapping[tuple[str, ...], Collection[tuple]] | None = None


@contextmanager
def in_one_transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the block or nothing of it."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def replace_rows(connection: duckdb.DuckDBPyConnection, rows_by_table: dict[str, Sequence[dict]]) -> None:
    """Give raw tables new contents, all of them in one transaction: a reader sees every table old or every table new.

    Args:
        rows_by_table: Rows as dicts of column name and value; a column that no row names becomes null.
    """
    with in_one_transaction(connection):
        change_rows(connection, {table: TableChange(rows) for table, rows in rows_by_table.items()})


def change_rows(connection: duckdb.DuckDBPyConnection, changes: Mapping[str, TableChange]) -> None:
    """Put rows in the place of others, table by table, in the transaction of the caller."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        for table, change in changes.items():
            if change.gone is None:
                connection.execute(f"delete from {table}")
            for columns, values in (change.gone or {}).items():
                if values:
                    names = ", ".join(columns)
                    pl.DataFrame(list(values), schema=list(columns), orient="row").write_parquet(file)
                    connection.execute(
                        f"delete from {table} where ({names}) in (select ({names}) from read_parquet($file))",
                        {"file": str(file)},
                    )
            if change.rows:
                pl.DataFrame(change.rows, infer_schema_length=None).write_parquet(file)
                connection.execute(
                    f"insert into {table} by name select * from read_parquet($file)", {"file": str(file)}
                )
