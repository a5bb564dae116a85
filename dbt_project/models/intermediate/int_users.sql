{% set later = ['precedence', 'described_at', 'load_id', 'line_number', 'call_number'] %}
with described as (
    select
        user_id,
        {{ latest_known('email', later) }} as email,
        {{ latest_known('first_name', later) }} as first_name,
        {{ latest_known('last_name', later) }} as last_name,
        {{ latest_known('job_title', later) }} as job_title,
        {{ latest_known('country', later) }} as country,
        {{ latest_known('company_id', later) }} as company_id,
        {{ latest_known('hubspot_id', later) }} as stated_hubspot_id,
        {{ latest_known('created_at', later) }} as created_at
    from {{ ref('int_user_descriptions') }}
    group by user_id
),
seen as (
    select
        seen.user_id,
        -- Of what was said at one instant, the last by name: a rerun must not choose otherwise.
        {{ latest_known('actors.email', ['seen.last_at', 'actors.email']) }} as email,
        {{ latest_known('actors.company_id', ['seen.last_at', 'actors.company_id']) }} as company_id,
        min(seen.first_at) as first_seen_at
    from {{ ref('int_actors_seen') }} as seen
    inner join {{ ref('int_actors_resolved') }} as actors on actors.actor_key = seen.actor_key
    where seen.user_id is not null
    group by seen.user_id
),
users as (
    select
        coalesce(described.user_id, seen.user_id) as user_id,
        coalesce(described.email, seen.email) as contact_email,
        described.first_name,
        described.last_name,
        described.job_title,
        described.country,
        coalesce(described.company_id, seen.company_id) as stated_company_id,
        described.stated_hubspot_id,
        coalesce(described.created_at, seen.first_seen_at) as created_at
    from described
    full outer join seen on seen.user_id = described.user_id
),
-- One domain of several companies says nothing about which of them a person belongs to.
companies_by_domain as (
    select domain, min(company_id) as company_id
    from {{ ref('int_companies_named') }}
    where domain is not null
    group by domain
    having count(*) = 1
)
select
    users.user_id,
    {{ email_in_ascii('users.contact_email', 'domains.ascii_domain') }} as contact_email,
    users.first_name,
    users.last_name,
    users.job_title,
    users.country,
    users.created_at,
    users.stated_hubspot_id,
    coalesce(
        named.company_id,
        companies_by_domain.company_id,
        case when not domains.is_free_mail then domains.registrable_domain end
    ) as company_id,
    domains.registrable_domain as email_domain,
    domains.is_free_mail as is_personal_email_domain,
    coalesce(domains.is_competitor, false) as is_competitor
from users
left join {{ ref('int_companies_named') }} as named on named.company_id = users.stated_company_id
left join {{ ref('int_domains_classified') }} as domains on domains.domain = {{ email_domain('users.contact_email') }}
left join companies_by_domain
    on companies_by_domain.domain = domains.registrable_domain and not domains.is_free_mail
