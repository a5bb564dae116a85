select
    'segment' as source,
    user_id,
    anonymous_id,
    {{ normalised_email(first_text('traits', ['email'])) }} as email,
    {{ first_text('traits', ['email']) }} as email_as_written,
    {{ first_text('traits', ['first_name', 'firstName', 'firstname']) }} as first_name,
    {{ first_text('traits', ['last_name', 'lastName', 'lastname']) }} as last_name,
    {{ first_text('traits', ['job_title', 'jobTitle', 'title']) }} as job_title,
    {{ first_text('traits', ['country', 'address.country']) }} as country,
    coalesce(group_id, {{ first_text('traits', ['company_id', 'companyId', 'company.id']) }}) as company_id,
    {{ first_text('traits', ['hubspot_id', 'hubspotId']) }} as hubspot_id,
    {{ instant_or_null(first_text('traits', ['created_at', 'createdAt'])) }} as created_at,
    occurred_at as described_at,
    load_id,
    line_number,
    call_number
from {{ ref('stg_segment__statements') }}
where call_type = 'identify'
union all
-- A group call says where somebody works, and describes the company and not the person.
select
    'segment', user_id, anonymous_id, null, null, null, null, null, null, group_id, null, null, occurred_at, load_id, line_number, call_number
from {{ ref('stg_segment__statements') }}
where call_type = 'group'
