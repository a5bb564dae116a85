select
    handoff_id,
    record_key,
    episode,
    owner_id,
    owner_reason,
    handed_off_at,
    acknowledged_at,
    pool,
    track,
    route_id,
    turn,
    reason
from {{ source('raw', 'pipeline_handoffs') }}
