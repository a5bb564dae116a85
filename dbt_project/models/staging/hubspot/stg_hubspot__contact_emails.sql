with emails as (
    select hubspot_id, {{ normalised_email('email') }} as email, is_primary
    from {{ source('raw', 'hubspot_contact_emails') }}
    where {{ normalised_email('email') }} is not null
),
in_ascii as (
    select emails.hubspot_id, {{ email_in_ascii('emails.email', 'domains.ascii_domain') }} as email, emails.is_primary
    from emails
    left join {{ ref('stg_reference__email_domains') }} as domains on domains.domain = {{ email_domain('emails.email') }}
),
-- HubSpot may hold two spellings of one address on two contacts.
numbered as (
    select
        in_ascii.*,
        row_number() over (partition by email order by case when is_primary then 0 else 1 end, hubspot_id) as place
    from in_ascii
)
select hubspot_id, email, is_primary
from numbered
where place = 1
