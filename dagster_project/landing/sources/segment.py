"""Segment: raw calls as its HTTP API takes them, and the tables as it writes them to a warehouse.

Source: Segment Spec (https://segment.com/docs/connections/spec/), warehouse schemas
(https://segment.com/docs/connections/storage/warehouses/schema/).
"""

from dagster_project.landing.contract import Column, Contract, RawTable, Source, texts_at

CALL_TYPES = ("track", "identify", "group", "page", "screen", "alias")

CALLS = RawTable(
    name="segment_calls",
    noun="Segment call",
    nouns="Segment calls",
    step="ingest_segment_calls",
    description="What Segment was told, one row a call: track, identify, group, page, screen, alias.",
    create="""
    create table if not exists raw.segment_calls (
        message_id varchar,
        call_type varchar not null,
        user_id varchar,
        anonymous_id varchar,
        previous_id varchar,
        group_id varchar,
        name varchar,
        occurred_at timestamp,
        received_at timestamp,
        traits varchar,
        properties varchar,
        context varchar,
        file_name varchar not null,
        line_number bigint not null,
        call_number bigint not null,
        load_id bigint not null
    );
    """,
)

# What a call must have depends on its type. A group call may be about a company alone, as the table `groups` is.
NEEDS_USER = "call_type = 'alias' or (call_type <> 'group' and anonymous_id is null)"
NEEDS_TIME = "call_type in ('track', 'page', 'screen')"
NAME_OF_CALL = "case when call_type = 'track' then event when call_type in ('page', 'screen') then name end"
# Key by key, at the top: a patch as in RFC 7396 would mix nested objects and drop nulls.
OF_KEYS = "'\"MAP(VARCHAR, JSON)\"'"
TRAITS_MERGED = (
    "case when traits is null then context_traits when context_traits is null then traits else cast(to_json("
    f"map_concat(json_transform(context_traits, {OF_KEYS}), json_transform(traits, {OF_KEYS}))) as varchar) end"
)


def _raw_calls(kind: str) -> Contract:
    """Calls one by one, in arrays or in batches; a batch says `context` and times for calls that have none."""
    return Contract(
        source="segment",
        kind=kind,
        table=CALLS,
        columns=(
            Column("type", "word", required=True, raw_name="call_type", one_of=CALL_TYPES),
            Column("message_id", names=("messageId",)),
            Column("event", "word", required_when="call_type = 'track'", is_kept=False),
            Column("name", "word", is_kept=False),
            Column("user_id", "word", names=("userId",), required_when=NEEDS_USER),
            Column("anonymous_id", "word", names=("anonymousId",)),
            Column("previous_id", "word", names=("previousId",), required_when="call_type = 'alias'"),
            Column(
                "group_id",
                "word",
                names=("groupId", "context.groupId", "batch.context.groupId"),
                required_when="call_type = 'group'",
            ),
            # What a call says of itself comes before what its batch says of all.
            Column(
                "timestamp",
                "instant",
                raw_name="occurred_at",
                names=("timestamp", "originalTimestamp", "batch.timestamp", "sentAt", "batch.sentAt", "receivedAt"),
                required_when=NEEDS_TIME,
            ),
            Column("received_at", "instant", names=("receivedAt",)),
            Column("properties", "json"),
            Column("traits", "json", is_kept=False),
            Column("context", "json", names=("context", "batch.context")),
            Column("context_traits", "json", names=("context.traits", "batch.context.traits"), is_kept=False),
        ),
        computed={"name": NAME_OF_CALL, "traits": TRAITS_MERGED, "call_number": "position"},
        holds_calls=True,
    )


def _table(
    kind: str,
    call_type: str,
    *,
    rest: str,
    message_id: tuple[str, ...] = ("id",),
    user_id: tuple[str, ...] = ("user_id",),
    names: tuple[str, ...] = (),
    times: tuple[str, ...] = ("timestamp", "original_timestamp", "sent_at", "received_at"),
) -> Contract:
    """A table of a warehouse: one call a row, its traits or properties as columns of their own."""
    columns = [
        Column("type", raw_name="call_type", always=call_type),
        Column("user_id", "word", names=user_id, required_when=NEEDS_USER),
        Column("anonymous_id", "word"),
        Column("previous_id", "word", required_when="call_type = 'alias'"),
        Column("group_id", "word", names=("group_id", "context_group_id"), required_when="call_type = 'group'"),
        Column("timestamp", "instant", raw_name="occurred_at", names=times, required_when=NEEDS_TIME),
        Column("received_at", "instant"),
        Column(rest, "json", gathers_rest=True),
    ]
    if message_id:
        columns.append(Column("message_id", names=message_id))
    if names:
        name = "event" if call_type == "track" else "name"
        required_when = "call_type = 'track'" if call_type == "track" else None
        columns.insert(1, Column(name, "word", raw_name="name", names=names, required_when=required_when))
    return Contract(
        source="segment",
        kind=kind,
        table=CALLS,
        columns=tuple(columns),
        computed={"call_number": "position"},
        # The device and library of a call, and when the warehouse wrote it.
        rest_without=("context_", "sent_at", "timestamp", "original_timestamp", "loaded_at", "uuid_ts"),
    )


SEGMENT = Source(
    "segment",
    (
        _raw_calls("events"),
        _raw_calls("calls"),
        _table("tracks", "track", names=("event_text", "event"), rest="properties"),
        _table("identifies", "identify", rest="traits"),
        _table("groups", "group", rest="traits"),
        _table("pages", "page", names=("name",), rest="properties"),
        _table("screens", "screen", names=("name",), rest="properties"),
        _table("aliases", "alias", rest="traits"),
        # One row a user, as last seen: `id` is the user's, and no call has an id here.
        _table("users", "identify", rest="traits", message_id=(), user_id=("id", "user_id"), times=("received_at",)),
    ),
    emails_seen=(
        *texts_at(CALLS, "traits", "email", "$email"),
        *texts_at(CALLS, "properties", "email", "$email"),
        "select user_id from raw.segment_calls",
    ),
    domains_seen=(
        *texts_at(CALLS, "traits", "domain", "website", "company_id", "companyId", "company.id"),
        "select group_id from raw.segment_calls",
    ),
)
