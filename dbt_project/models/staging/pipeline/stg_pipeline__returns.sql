select
    return_id,
    handoff_id,
    record_key,
    episode,
    rule_id,
    reason,
    owner_id,
    returned_at,
    acknowledged_at
from {{ source('raw', 'pipeline_returns') }}
