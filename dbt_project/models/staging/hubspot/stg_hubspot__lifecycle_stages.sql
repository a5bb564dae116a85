select
    stage,
    label,
    display_order
from {{ source('raw', 'hubspot_lifecycle_stages') }}
