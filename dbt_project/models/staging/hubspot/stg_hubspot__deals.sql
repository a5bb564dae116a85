select
    hubspot_id,
    deal_name,
    stage,
    pipeline,
    -- HubSpot answers every number as text.
    {{ number_or_null('amount') }} as amount,
    owner_id,
    closes_at,
    created_at,
    last_modified_at,
    -- A stage of HubSpot's own may be told from its name where the portal does not say.
    coalesce(lower(is_closed) = 'true', stage in ('closedwon', 'closedlost'), false) as is_closed,
    coalesce(lower(is_closed_won) = 'true', stage = 'closedwon', false) as is_closed_won,
    {{ number_or_null('annual_amount') }} as annual_amount,
    nullif({{ trimmed('deal_type') }}, '') as deal_type,
    stage_entered_at
from {{ source('raw', 'hubspot_deals') }}
