with numbered as (
    select
        handoffs.*,
        row_number() over (partition by record_key order by episode desc) as place
    from {{ ref('stg_pipeline__handoffs') }} as handoffs
    where acknowledged_at is not null
),
copies as (
    select
        count(distinct case when object_type in (
            'calls', 'emails', 'meetings', 'notes', 'tasks',
            'calls_contacts', 'emails_contacts', 'meetings_contacts', 'notes_contacts', 'tasks_contacts'
        ) then object_type end) = 10 as has_activity,
        count(distinct case when object_type in ('deals', 'deals_contacts', 'deals_companies') then object_type end) = 3 as has_deals
    from {{ ref('stg_hubspot__copies') }}
),
deals as (
    select user_id, count(*) as deal_count
    from {{ ref('int_open_deals') }}
    group by user_id
),
at_sql as (
    select
        records.user_id,
        records.hubspot_id,
        coalesce(numbered.episode, 0) as episode,
        -- Without a memory of it, what HubSpot holds of our property.
        coalesce(numbered.handed_off_at, in_hubspot.handoff_at) as handed_off_at,
        coalesce(records.owner_id, numbered.owner_id) as owner_id
    from {{ ref('int_contact_records') }} as records
    inner join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = records.hubspot_id
    left join numbered on numbered.record_key = records.user_id and numbered.place = 1
    where records.lifecycle_stage = 'salesqualifiedlead'
        and records.is_leading
        and records.suppressed_because is null
)
select
    at_sql.user_id as record_key,
    at_sql.hubspot_id,
    case when at_sql.episode > 0 then {{ handoff_id('at_sql.user_id', 'at_sql.episode') }} end as handoff_id,
    at_sql.episode,
    at_sql.handed_off_at,
    cast(floor({{ elapsed_microseconds('at_sql.handed_off_at', as_of()) }} / cast(86400000000 as {{ type_double() }})) as bigint) as days_since_handoff,
    at_sql.owner_id,
    owners.email as owner_email,
    {{ owner_name('owners') }} as owner_name,
    activity.last_activity_at as last_owner_activity_at,
    -- Null where it cannot be told: not handed off by us, or HubSpot was never asked what its people do.
    case
        when at_sql.handed_off_at is not null and copies.has_activity
            then coalesce(activity.last_activity_at <= at_sql.handed_off_at, true)
    end as is_stale,
    case when copies.has_deals then deals.user_id is not null end as has_open_deal
from at_sql
cross join copies
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = at_sql.owner_id
left join {{ ref('int_owner_activity') }} as activity
    on activity.hubspot_id = at_sql.hubspot_id and activity.owner_id = at_sql.owner_id
left join deals on deals.user_id = at_sql.user_id
