-- Whose contact each user is, and what reports split that contact by. What is not known of it is called unknown.
with users as (
    select
        records.user_id,
        people.company_id,
        people.hubspot_id,
        people.created_at,
        -- Of the users of one contact exactly one leads.
        min(case when records.is_leading then records.user_id end) over (
            partition by coalesce(records.hubspot_id, people.contact_email, records.user_id)
        ) as contact_id
    from {{ ref('int_contact_records') }} as records
    inner join {{ ref('int_people') }} as people on people.user_id = records.user_id
),
tracks as (
    select
        users.contact_id,
        handoffs.track,
        row_number() over (partition by users.contact_id order by handoffs.handed_off_at desc, handoffs.handoff_id) as place
    from {{ ref('stg_pipeline__handoffs') }} as handoffs
    inner join users on users.user_id = handoffs.record_key
    where handoffs.track is not null
)
select
    users.user_id,
    users.contact_id,
    users.created_at,
    leading_one.company_id,
    leading_one.hubspot_id,
    coalesce(in_hubspot.original_source, 'unknown') as source,
    coalesce(profiles.industry, 'unknown') as industry,
    coalesce(tiers.tier, 'unknown') as tier,
    coalesce(tracks.track, 'unknown') as track
from users
inner join users as leading_one on leading_one.user_id = users.contact_id
inner join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = users.contact_id
left join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = leading_one.hubspot_id
left join {{ ref('tiers') }} as tiers
    on profiles.employee_count >= tiers.min_employees
    and profiles.employee_count <= coalesce(tiers.max_employees, profiles.employee_count)
left join tracks on tracks.contact_id = users.contact_id and tracks.place = 1
