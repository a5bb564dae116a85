-- Who is suppressed, by anything they are known by: any id that was ever theirs, any address that was ever said of them,
-- any address of their contact in HubSpot. One contact is one person: whoever shares it is suppressed too.
with listed as (
    select user_id, email, reason from {{ ref('stg_pipeline__suppressed') }}
),
stated as (
    {{ said_of_users('email') }}
),
addresses as (
    select stated.user_id, {{ email_in_ascii('stated.email', 'domains.ascii_domain') }} as email
    from stated
    left join {{ ref('stg_reference__email_domains') }} as domains on domains.domain = {{ email_domain('stated.email') }}
    union distinct
    select user_id, contact_email from {{ ref('int_users') }} where contact_email is not null
),
named as (
    select coalesce(aliases.user_id, listed.user_id) as user_id, listed.reason
    from listed
    left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = listed.user_id
    where listed.user_id is not null
    union all
    select addresses.user_id, listed.reason
    from listed
    inner join addresses on addresses.email = listed.email
),
in_hubspot as (
    select emails.hubspot_id, listed.reason
    from listed
    inner join {{ ref('stg_hubspot__contact_emails') }} as emails on emails.email = listed.email
    union all
    select matches.hubspot_id, named.reason
    from named
    inner join {{ ref('int_contact_matches') }} as matches on matches.user_id = named.user_id
    where matches.hubspot_id is not null
),
sharing as (
    select others.user_id, named.reason
    from named
    inner join {{ ref('int_users') }} as users on users.user_id = named.user_id
    inner join {{ ref('int_users') }} as others on others.contact_email = users.contact_email
    union all
    select matches.user_id, in_hubspot.reason
    from in_hubspot
    inner join {{ ref('int_contact_matches') }} as matches on matches.hubspot_id = in_hubspot.hubspot_id
),
everybody as (
    select user_id, cast(null as {{ dbt.type_string() }}) as hubspot_id, reason from named
    union all
    select user_id, cast(null as {{ dbt.type_string() }}), reason from sharing
    union all
    select matches.user_id, in_hubspot.hubspot_id, in_hubspot.reason
    from in_hubspot
    left join {{ ref('int_contact_matches') }} as matches on matches.hubspot_id = in_hubspot.hubspot_id
)
select user_id, max(hubspot_id) as hubspot_id, min(reason) as reason
from everybody
where user_id is not null
group by user_id
union all
select cast(null as {{ dbt.type_string() }}), hubspot_id, min(reason)
from everybody
where user_id is null
group by hubspot_id
