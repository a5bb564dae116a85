select
    user_id,
    {{ normalised_email('email') }} as email,
    first_name,
    last_name,
    job_title,
    country,
    company_id,
    created_at,
    load_id,
    line_number
from {{ source('raw', 'product_users') }}
