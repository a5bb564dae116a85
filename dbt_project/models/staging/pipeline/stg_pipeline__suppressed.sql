select
    user_id,
    {{ normalised_email('email') }} as email,
    reason
from {{ source('raw', 'pipeline_suppressed') }}
