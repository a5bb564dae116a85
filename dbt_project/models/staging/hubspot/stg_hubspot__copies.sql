select
    object_type,
    copied_at,
    record_count
from {{ source('raw', 'hubspot_copies') }}
