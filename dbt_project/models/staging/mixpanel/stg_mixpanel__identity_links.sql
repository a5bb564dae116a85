-- The original ID merge has events of its own for it; the simplified one names both ids in ordinary events.
with events as (
    select event_name, distinct_id, properties, occurred_at
    from {{ landed('mixpanel_events') }}
    where event_name in ('$identify', '$create_alias', '$merge')
),
links as (
    select
        {{ first_text('properties', ['$anon_distinct_id', '$anon_id']) }} as other_user_id,
        {{ first_text('properties', ['$identified_id', '$user_id']) }} as user_id,
        occurred_at
    from events
    where event_name = '$identify'
    union all
    select {{ first_text('properties', ['alias']) }}, distinct_id, occurred_at
    from events
    where event_name = '$create_alias'
    union all
    select {{ first_text('properties', ['$distinct_ids[1]']) }}, {{ first_text('properties', ['$distinct_ids[0]']) }}, occurred_at
    from events
    where event_name = '$merge'
)
select
    'mixpanel' as source,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    other_user_id,
    cast(null as {{ dbt.type_string() }}) as previous_id,
    user_id,
    occurred_at as linked_at
from links
