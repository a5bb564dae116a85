-- Which HubSpot contact is ours: the one a sync has met before, else the one our own data names, else the one that carries
-- our user id, else the one with the person's address.
with users as (
    select user_id, contact_email, stated_hubspot_id from {{ ref('int_users') }}
),
in_hubspot as (
    select hubspot_id, user_id from {{ ref('stg_hubspot__contacts') }}
),
by_identity as (
    {{ hubspot_records_met('user_id', 'contacts') }}
),
by_statement as (
    {{ hubspot_records_stated('users', 'user_id', 'contacts') }}
),
by_key as (
    {{ hubspot_records_keyed('user_id') }}
),
copies as (
    select count(*) as copy_count from {{ ref('stg_hubspot__copies') }} where object_type = 'contacts'
)
select
    users.user_id,
    case
        when by_identity.hubspot_id is not null then by_identity.hubspot_id
        when by_statement.hubspot_id is not null then by_statement.hubspot_id
        when by_key.candidate_count = 1 then by_key.hubspot_id
        when by_key.candidate_count is null then by_email.hubspot_id
    end as hubspot_id,
    case
        when by_identity.hubspot_id is not null then 'identity'
        when by_statement.hubspot_id is not null then 'hubspot_id'
        when by_key.candidate_count = 1 then 'user_id'
        when by_key.candidate_count > 1 then 'several_candidates'
        when by_email.is_primary then 'email'
        when by_email.hubspot_id is not null then 'secondary_email'
        when copies.copy_count = 0 then 'not_looked_up'
        else 'absent'
    end as matched_by
from users
left join by_identity on by_identity.user_id = users.user_id
left join by_statement on by_statement.user_id = users.user_id
left join by_key on by_key.user_id = users.user_id
left join {{ ref('stg_hubspot__contact_emails') }} as by_email on by_email.email = users.contact_email
cross join copies
