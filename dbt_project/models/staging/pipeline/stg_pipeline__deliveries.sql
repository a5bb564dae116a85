select
    action_id,
    trigger_id,
    kind,
    target,
    record_key,
    coalesce(subject_key, record_key) as subject_key,
    coalesce(episode, 1) as episode,
    moment_at,
    owner_id,
    pool,
    turn,
    state as delivery_state
from {{ source('raw', 'pipeline_deliveries') }}
