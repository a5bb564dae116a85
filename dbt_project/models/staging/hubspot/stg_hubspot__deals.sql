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
    last_modified_at
from {{ source('raw', 'hubspot_deals') }}
