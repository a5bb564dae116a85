select
    owner_id,
    lower(trim(email)) as email,
    first_name,
    last_name
from {{ source('raw', 'hubspot_owners') }}
