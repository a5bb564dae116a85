-- One row per conflict of identity and candidate, with what the pipeline uses for that candidate: see the mart
-- report.identity_conflicts, which makes one row of each conflict.
with contacts as (
    select
        records.user_id,
        users.contact_email,
        coalesce(records.hubspot_id, users.contact_email, records.user_id) as contact_key,
        records.is_leading
    from {{ ref('int_contact_records') }} as records
    inner join {{ ref('int_users') }} as users on users.user_id = records.user_id
),
shared_emails as (
    select contact_email from contacts where contact_email is not null group by contact_email having count(*) > 1
),
stated_companies as (
    {{ said_of_users('company_id') }}
),
users_of_several_companies as (
    select user_id from stated_companies group by user_id having count(*) > 1
),
malformed_emails as (
    {{ said_of_users('malformed_email') }}
),
stated_domains as (
    select {{ trimmed('domain') }} as domain, company_id, lower({{ trimmed('domain') }}) as domain_key
    from {{ ref('int_company_descriptions') }}
    where {{ trimmed('domain') }} <> ''
    union distinct
    -- Many sources use the domain as the company's key. A key that only looks like one matters where there is no other.
    select company_id, company_id, lower(company_id)
    from {{ ref('int_companies_named') }}
    where domain is null and {{ matches('company_id', "'^[^\\s]+\\.[^\\s.]*\\p{L}[^\\s.]*$'") }}
),
visitors as (
    select distinct links.anonymous_id, coalesce(aliases.user_id, links.user_id) as user_id
    from {{ ref('int_identity_links') }} as links
    left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = links.user_id
    where links.anonymous_id is not null
),
shared_visitors as (
    select anonymous_id from visitors group by anonymous_id having count(*) > 1
)
select
    'email_of_several_users' as conflict_type,
    contacts.contact_email as subject,
    contacts.user_id as candidate,
    leaders.user_id as choice
from contacts
inner join shared_emails on shared_emails.contact_email = contacts.contact_email
inner join contacts as leaders on leaders.contact_key = contacts.contact_key and leaders.is_leading
union all
select 'user_in_several_companies', stated_companies.user_id, stated_companies.company_id, users.company_id
from stated_companies
inner join users_of_several_companies on users_of_several_companies.user_id = stated_companies.user_id
left join {{ ref('int_users') }} as users on users.user_id = stated_companies.user_id
union all
select 'email_malformed', malformed_emails.malformed_email, malformed_emails.user_id, users.contact_email
from malformed_emails
left join {{ ref('int_users') }} as users on users.user_id = malformed_emails.user_id
union all
select 'domain_malformed', stated_domains.domain, stated_domains.company_id, named.domain
from stated_domains
left join {{ ref('int_domains_classified') }} as domains on domains.domain = stated_domains.domain_key
left join {{ ref('int_companies_named') }} as named on named.company_id = stated_domains.company_id
where domains.registrable_domain is null
union all
select 'anonymous_id_of_several_users', visitors.anonymous_id, visitors.user_id, latest.user_id
from visitors
inner join shared_visitors on shared_visitors.anonymous_id = visitors.anonymous_id
left join {{ ref('int_anonymous_users') }} as latest
    on latest.anonymous_id = visitors.anonymous_id and latest.until_at is null
