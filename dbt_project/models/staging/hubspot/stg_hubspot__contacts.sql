select
    hubspot_id,
    {{ normalised_email('email') }} as email,
    first_name,
    last_name,
    job_title,
    country,
    lifecycle_stage,
    owner_id
from {{ source('raw', 'hubspot_contacts') }}
