select
    hubspot_id,
    nullif({{ trimmed('user_id') }}, '') as user_id,
    {{ normalised_email('email') }} as email,
    first_name,
    last_name,
    -- A value that was cleared is answered as an empty text.
    nullif({{ trimmed('job_title') }}, '') as job_title,
    nullif({{ trimmed('country') }}, '') as country,
    nullif({{ trimmed('enriched_job_title') }}, '') as enriched_job_title,
    nullif({{ trimmed('enriched_country') }}, '') as enriched_country,
    lifecycle_stage,
    owner_id,
    last_email_open_at,
    handoff_at,
    nullif({{ trimmed('original_source') }}, '') as original_source,
    became_sql_at
from {{ source('raw', 'hubspot_contacts') }}
