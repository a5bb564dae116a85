-- Simplified ID merge: an event with both ids. The original one: $identify, $create_alias and $merge events.
with events as (
    select
        event_name, distinct_id, user_id, device_id, properties, occurred_at
    from {{ source('raw', 'mixpanel_events') }}
)
select
    'mixpanel' as source,
    {{ dbt.concat(["'mixpanel:'", "device_id"]) }} as anonymous_id,
    cast(null as {{ dbt.type_string() }}) as other_user_id,
    user_id,
    occurred_at as linked_at
from events
where user_id is not null and device_id is not null
union all
select 'mixpanel', null, {{ first_text('properties', ['$anon_distinct_id', '$anon_id']) }}, {{ first_text('properties', ['$identified_id', '$user_id']) }}, occurred_at
from events
where event_name = '$identify'
union all
select 'mixpanel', null, {{ first_text('properties', ['alias']) }}, distinct_id, occurred_at
from events
where event_name = '$create_alias'
union all
select 'mixpanel', null, {{ first_text('properties', ['$distinct_ids[1]']) }}, {{ first_text('properties', ['$distinct_ids[0]']) }}, occurred_at
from events
where event_name = '$merge'
