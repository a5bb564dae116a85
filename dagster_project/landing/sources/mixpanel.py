"""Mixpanel: raw export lines, people and group profiles, and the event table as Fivetran writes it.

Source: Mixpanel raw data export (https://developer.mixpanel.com/reference/raw-event-export), profile queries
(https://developer.mixpanel.com/reference/engage-query), Fivetran's schema
(https://fivetran.com/docs/connectors/applications/mixpanel).
"""

from dagster_project.landing.contract import Column, Contract, RawTable, Source, texts_at

EVENTS = RawTable(
    name="mixpanel_events",
    noun="Mixpanel event",
    nouns="Mixpanel events",
    step="ingest_mixpanel_events",
    description="What users did as Mixpanel exports it, one row an event.",
    create="""
    create table if not exists raw.mixpanel_events (
        event_name varchar not null,
        distinct_id varchar,
        user_id varchar,
        device_id varchar,
        insert_id varchar,
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
    name="mixpanel_users",
    noun="Mixpanel user",
    nouns="Mixpanel users",
    step="ingest_mixpanel_users",
    description="Who the users are, one row for each time a file holds a Mixpanel people profile.",
    create="""
    create table if not exists raw.mixpanel_users (
        distinct_id varchar not null,
        properties varchar,
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    """,
)
GROUPS = RawTable(
    name="mixpanel_groups",
    noun="Mixpanel group",
    nouns="Mixpanel groups",
    step="ingest_mixpanel_groups",
    description="Which companies or other groups there are, one row for each time a file holds a group profile.",
    create="""
    create table if not exists raw.mixpanel_groups (
        group_key varchar not null,
        group_id varchar not null,
        properties varchar,
        file_name varchar not null,
        line_number bigint not null,
        load_id bigint not null
    );
    """,
)

# A profile without `$group_key` is a flat object: `companies_course_id.jsonl` has ids under the key `course_id`. Of two
# keys that the name of the file begins with, the longer is meant.
KEY_IN_FILE_NAME = (
    "list_filter(list_reverse_sort(json_keys(flat)), "
    "lambda key: key <> '' and starts_with(regexp_replace(file_name, '^companies[^a-zA-Z0-9]*', ''), key))[1]"
)
PROFILE = (
    "case when properties is not null then properties when group_key is not null and flat is not null "
    "then nullif(cast(json_merge_patch(flat, json_object(group_key, null)) as varchar), '{}') end"
)

MIXPANEL = Source(
    "mixpanel",
    (
        Contract(
            source="mixpanel",
            kind="events",
            table=EVENTS,
            columns=(
                Column("event", "word", required=True, raw_name="event_name", names=("event", "name")),
                Column("distinct_id", "word", names=("properties.distinct_id", "distinct_id")),
                Column(
                    "user_id",
                    "word",
                    names=("properties.$user_id", "$user_id"),
                    required_when="distinct_id is null and device_id is null",
                ),
                Column("device_id", "word", names=("properties.$device_id", "$device_id", "device_id")),
                Column("insert_id", names=("properties.$insert_id", "$insert_id", "insert_id")),
                Column("time", "instant", required=True, raw_name="occurred_at", names=("properties.time", "time")),
                Column(
                    "mp_processing_time_ms",
                    "milliseconds",
                    raw_name="received_at",
                    names=("properties.mp_processing_time_ms", "mp_processing_time_ms"),
                ),
                Column("properties", "json"),
            ),
        ),
        Contract(
            source="mixpanel",
            kind="users",
            table=USERS,
            columns=(
                Column("distinct_id", "word", required=True, names=("$distinct_id", "distinct_id")),
                Column("properties", "json", names=("$properties", "$set", "properties")),
            ),
        ),
        Contract(
            source="mixpanel",
            kind="companies",
            table=GROUPS,
            columns=(
                Column("flat", "json", gathers_rest=True, is_kept=False),
                Column("group_key", "word", required_when="true", names=("$group_key",), otherwise=KEY_IN_FILE_NAME),
                Column(
                    "group_id",
                    "word",
                    required_when="true",
                    names=("$group_id",),
                    otherwise="""flat ->> ('$."' || group_key || '"')""",
                ),
                Column("properties", "json", names=("$properties", "$set"), is_kept=False),
            ),
            computed={"properties": PROFILE},
            rest_without=("$",),
        ),
    ),
    emails_seen=(
        *texts_at(EVENTS, "properties", "email", "$email"),
        *texts_at(USERS, "properties", "email", "$email"),
        "select user_id from raw.mixpanel_events",
        "select distinct_id from raw.mixpanel_events",
        "select distinct_id from raw.mixpanel_users",
    ),
    domains_seen=(
        *texts_at(EVENTS, "properties", "company_id"),
        *texts_at(USERS, "properties", "company_id"),
        *texts_at(GROUPS, "properties", "domain", "website"),
        "select group_id from raw.mixpanel_groups",
    ),
)
