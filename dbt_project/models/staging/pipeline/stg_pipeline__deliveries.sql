select
    action_id,
    state as delivery_state
from {{ source('raw', 'pipeline_deliveries') }}
