-- An event with both ids says whose the device is.
select
    'amplitude' as source,
    {{ dbt.concat(["'amplitude:'", "device_id"]) }} as anonymous_id,
    cast(null as {{ dbt.type_string() }}) as other_user_id,
    user_id,
    occurred_at as linked_at
from {{ source('raw', 'amplitude_events') }}
where user_id is not null and device_id is not null
