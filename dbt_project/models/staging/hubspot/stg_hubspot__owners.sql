select
    owner_id,
    lower({{ trimmed('email') }}) as email,
    first_name,
    last_name
from {{ source('raw', 'hubspot_owners') }}
