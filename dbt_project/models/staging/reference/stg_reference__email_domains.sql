select
    domain,
    registrable_domain,
    ascii_domain,
    is_free_mail
from {{ source('raw', 'email_domains') }}
