select
    hubspot_id,
    {{ normalised_email('email') }} as email,
    is_primary
from {{ source('raw', 'hubspot_contact_emails') }}
where {{ normalised_email('email') }} is not null
