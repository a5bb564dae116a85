-- One row per delivery of a call; Segment delivers at least once.
select
    -- Warehouse tables number each kind of call by itself.
    case
        when message_id is null
            then {{ dbt.concat(["'segment:'", text('load_id'), "':'", text('line_number'), "':'", text('call_number')]) }}
        else {{ dbt.concat(["'segment:'", "call_type", "':'", "message_id"]) }}
    end as call_id,
    call_type,
    user_id,
    {{ dbt.concat(["'segment:'", "anonymous_id"]) }} as anonymous_id,
    previous_id,
    group_id,
    name,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    traits,
    properties,
    load_id,
    line_number,
    call_number
from {{ landed('segment_calls') }}
