"""The product's own log: events, users and companies as its backend writes them."""

from dagster_project.landing.contract import Column, Contract, RawTable, Source

EVENTS = RawTable(
    name="product_events",
    noun="event",
    nouns="events",
    step="ingest_events",
    description="What users did in the product, one row an event, as its backend logged it.",
    create="""
    create table if not exists raw.product_events (
        event_id varchar not null,
        user_id varchar not null,
        email varchar,
        company_id varchar,
        event_type varchar not null,
        occurred_at timestamp not null,
        received_at timestamp,
        properties varchar,
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    """,
)
USERS = RawTable(
    name="product_users",
    noun="user",
    nouns="users",
    step="ingest_users",
    description="Who the users are, one row for each time a file names a user.",
    create="""
    create table if not exists raw.product_users (
        user_id varchar not null,
        email varchar,
        first_name varchar,
        last_name varchar,
        job_title varchar,
        country varchar,
        company_id varchar,
        created_at timestamp,
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    alter table raw.product_users add column if not exists hubspot_id varchar;
    """,
)
COMPANIES = RawTable(
    name="product_companies",
    noun="company",
    nouns="companies",
    step="ingest_companies",
    description="Which companies they belong to, one row for each time a file names a company.",
    create="""
    create table if not exists raw.product_companies (
        company_id varchar not null,
        name varchar,
        domain varchar,
        employee_count bigint,
        industry varchar,
        country varchar,
        plan varchar,
        usage_count decimal(38, 4),
        usage_limit decimal(38, 4),
        acv decimal(38, 4),
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    alter table raw.product_companies add column if not exists hubspot_id varchar;
    """,
)
ALIASES = RawTable(
    name="product_aliases",
    noun="alias",
    nouns="aliases",
    step="ingest_aliases",
    description="Which user ids were given up for others, one row a merge of two accounts.",
    create="""
    create table if not exists raw.product_aliases (
        alias_user_id varchar not null,
        user_id varchar not null,
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    """,
)

PRODUCT = Source(
    "product",
    (
        Contract(
            source="product",
            kind="events",
            table=EVENTS,
            columns=(
                Column("event_id", "word", required=True),
                Column("user_id", "word", required=True),
                Column("email", "word"),
                Column("company_id", "word"),
                Column("event_type", "word", required=True),
                Column("timestamp", "instant", required=True, raw_name="occurred_at"),
                Column("received_at", "instant"),
                Column("properties", "json"),
            ),
        ),
        Contract(
            source="product",
            kind="users",
            table=USERS,
            columns=(
                Column("user_id", "word", required=True),
                Column("email", "word"),
                Column("first_name", "word"),
                Column("last_name", "word"),
                Column("job_title", "word"),
                Column("country", "word"),
                Column("company_id", "word"),
                Column("created_at", "instant"),
                Column("hubspot_id", "word"),
            ),
        ),
        Contract(
            source="product",
            kind="companies",
            table=COMPANIES,
            columns=(
                Column("company_id", "word", required=True),
                Column("name", "word"),
                Column("domain", "word"),
                Column("employee_count", "whole"),
                Column("industry", "word"),
                Column("country", "word"),
                Column("plan", "word"),
                Column("usage_count", "number"),
                Column("usage_limit", "number"),
                Column("acv", "number"),
                Column("hubspot_id", "word"),
            ),
        ),
        Contract(
            source="product",
            kind="aliases",
            table=ALIASES,
            columns=(
                Column("alias_user_id", "word", required=True),
                Column("canonical_user_id", "word", required=True, raw_name="user_id"),
            ),
        ),
    ),
    emails_seen=("select email from raw.product_events", "select email from raw.product_users"),
    domains_seen=(
        "select domain from raw.product_companies",
        "select company_id from raw.product_events",
        "select company_id from raw.product_users",
        "select company_id from raw.product_companies",
    ),
)
