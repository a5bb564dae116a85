{% set later = ['precedence', 'described_at', 'load_id', 'line_number', 'call_number'] %}
-- Companies that a source names by a key of its own; those known by a mail domain only come with their people.
with described as (
    select
        companies.company_id,
        {{ latest_known('domains.registrable_domain', later) }} as domain,
        {{ latest_known('companies.hubspot_id', later) }} as stated_hubspot_id
    from {{ ref('int_company_descriptions') }} as companies
    left join {{ ref('int_domains_classified') }} as domains on domains.domain = lower({{ trimmed('companies.domain') }})
    group by companies.company_id
),
named as (
    select company_id from described
    union distinct
    select company_id from {{ ref('int_user_descriptions') }} where company_id is not null
    union distinct
    select actors.company_id
    from {{ ref('int_actors_seen') }} as seen
    inner join {{ ref('int_event_actors') }} as actors on actors.actor_key = seen.actor_key
    where actors.company_id is not null
)
select
    named.company_id,
    -- Many sources use the mail domain as the company's key.
    coalesce(described.domain, key_domains.registrable_domain) as domain,
    described.stated_hubspot_id
from named
left join described on described.company_id = named.company_id
left join {{ ref('int_domains_classified') }} as key_domains on key_domains.domain = lower(named.company_id)
-- A free mail domain is never a company, also when the source says so.
where not coalesce(key_domains.is_free_mail, false)
