"""Amplitude: export lines, and the event table as Fivetran writes it.

Source: Amplitude Export API (https://amplitude.com/docs/apis/analytics/export), Fivetran's schema
(https://fivetran.com/docs/connectors/applications/amplitude).
"""

from dagster_project.landing.contract import Column, Contract, RawTable, Source, texts_at

EVENTS = RawTable(
    name="amplitude_events",
    noun="Amplitude event",
    nouns="Amplitude events",
    step="ingest_amplitude_events",
    description="What users did as Amplitude exports it, one row an event.",
    create="""
    create table if not exists raw.amplitude_events (
        uuid varchar,
        insert_id varchar,
        event_type varchar not null,
        user_id varchar,
        device_id varchar,
        amplitude_id varchar,
        occurred_at timestamp not null,
        received_at timestamp,
        groups varchar,
        event_properties varchar,
        user_properties varchar,
        group_properties varchar,
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    """,
)

AMPLITUDE = Source(
    "amplitude",
    (
        Contract(
            source="amplitude",
            kind="events",
            table=EVENTS,
            columns=(
                Column("uuid"),
                Column("insert_id", names=("$insert_id", "insert_id", "_insert_id")),
                Column("event_type", "word", required=True),
                Column("user_id", "word", required_when="device_id is null"),
                Column("device_id", "word"),
                Column("amplitude_id", "word"),
                Column("event_time", "instant", required=True, raw_name="occurred_at"),
                Column(
                    "server_upload_time",
                    "instant",
                    raw_name="received_at",
                    names=("server_upload_time", "server_received_time"),
                ),
                Column("groups", "json"),
                Column("event_properties", "json"),
                Column("user_properties", "json"),
                Column("group_properties", "json"),
            ),
        ),
    ),
    emails_seen=(
        *texts_at(EVENTS, "user_properties", "email", "Email", "$email"),
        *texts_at(EVENTS, "event_properties", "email", "$email"),
        "select user_id from raw.amplitude_events",
    ),
    # Groups are `{"company": ["Acme"]}` or `{"company": "Acme"}`, their properties `{"company": {"Acme": {…}}}`.
    domains_seen=(
        *texts_at(EVENTS, "groups", "*", "*[*]"),
        *texts_at(EVENTS, "group_properties", "*.*.domain", "*.*.website"),
    ),
)
