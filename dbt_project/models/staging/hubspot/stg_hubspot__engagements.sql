select
    hubspot_id,
    engagement_type,
    owner_id,
    lower(status) as status,
    occurred_at,
    last_modified_at,
    completed_at
from {{ source('raw', 'hubspot_engagements') }}
