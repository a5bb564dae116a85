select
    hubspot_id,
    nullif(trim(user_id), '') as user_id,
    {{ normalised_email('email') }} as email,
    first_name,
    last_name,
    -- A value that was cleared is answered as an empty text.
    nullif(trim(job_title), '') as job_title,
    nullif(trim(country), '') as country,
    nullif(trim(enriched_job_title), '') as enriched_job_title,
    nullif(trim(enriched_country), '') as enriched_country,
    lifecycle_stage,
    owner_id,
    last_email_open_at,
    handoff_at,
    nullif(trim(original_source), '') as original_source,
    became_sql_at
from {{ source('raw', 'hubspot_contacts') }}
