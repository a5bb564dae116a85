-- Which HubSpot contact is ours: the one a sync has met before, else the one with the person's address.
with users as (
    select user_id, contact_email from {{ ref('int_users') }}
),
by_identity as (
    select identities.record_key as user_id, identities.hubspot_id
    from {{ ref('stg_pipeline__identities') }} as identities
    inner join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = identities.hubspot_id
    where identities.object_type = 'contacts'
),
copies as (
    select count(*) as copy_count from {{ ref('stg_hubspot__copies') }} where object_type = 'contacts'
)
select
    users.user_id,
    coalesce(by_identity.hubspot_id, by_email.hubspot_id) as hubspot_id,
    case
        when by_identity.hubspot_id is not null then 'identity'
        when by_email.is_primary then 'email'
        when by_email.hubspot_id is not null then 'secondary_email'
        when copies.copy_count = 0 then 'not_looked_up'
        else 'absent'
    end as matched_by
from users
left join by_identity on by_identity.user_id = users.user_id
left join {{ ref('stg_hubspot__contact_emails') }} as by_email on by_email.email = users.contact_email
cross join copies
