select
    object_type,
    record_key,
    hubspot_id
from {{ source('raw', 'pipeline_identities') }}
