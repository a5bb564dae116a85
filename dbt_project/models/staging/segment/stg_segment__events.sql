select
    call_id as event_id,
    'segment' as source,
    user_id,
    anonymous_id,
    {{ normalised_email(json_text('properties', "'email'")) }} as email,
    {{ json_text('properties', "'email'") }} as email_as_written,
    group_id as company_id,
    -- A page is known by its name where the taxonomy lists it, and as a page otherwise.
    case when call_type = 'track' then name else coalesce({{ dbt.concat(["call_type", "': '", "name"]) }}, call_type) end as source_event,
    case when call_type <> 'track' then call_type end as event_kind,
    occurred_at,
    received_at,
    properties,
    load_id,
    line_number,
    call_number
from {{ ref('stg_segment__calls') }}
where call_type in ('track', 'page', 'screen')
