-- Every event of every source, and the user it belongs to; null where a visitor was never identified.
with events as (
    {% for source in var('event_sources') %}
    select
        event_id, source, user_id, anonymous_id, email, email_as_written, company_id, source_event, event_kind,
        occurred_at, received_at, properties
    from {{ ref('stg_' ~ source ~ '__events') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
select
    events.event_id,
    events.source,
    coalesce(aliases.user_id, events.user_id, anonymous.user_id) as user_id,
    events.anonymous_id,
    events.email,
    case when events.email is null then nullif(trim(events.email_as_written), '') end as malformed_email,
    events.company_id,
    events.source_event,
    events.event_kind,
    events.occurred_at,
    events.received_at,
    events.properties
from events
left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = events.user_id
left join {{ ref('int_anonymous_users') }} as anonymous
    on events.user_id is null
    and anonymous.anonymous_id = events.anonymous_id
    and (anonymous.after_at is null or events.occurred_at > anonymous.after_at)
    and (anonymous.until_at is null or events.occurred_at <= anonymous.until_at)
