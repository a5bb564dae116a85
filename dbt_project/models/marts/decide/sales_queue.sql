with numbered as (
    select
        handoffs.*,
        row_number() over (partition by record_key order by episode desc) as place
    from {{ ref('stg_pipeline__handoffs') }} as handoffs
    where acknowledged_at is not null
),
returned as (
    select record_key, max(episode) as episode, max(returned_at) as returned_at
    from {{ ref('stg_pipeline__returns') }}
    where acknowledged_at is not null
    group by record_key
),
copies as (
    select
        count(distinct case when object_type in (
            'calls', 'emails', 'meetings', 'notes', 'tasks',
            'calls_contacts', 'emails_contacts', 'meetings_contacts', 'notes_contacts', 'tasks_contacts'
        ) then object_type end) = 10 as has_activity,
        min(case when object_type in ('calls', 'emails', 'meetings', 'notes', 'tasks') then copied_at end) as activity_copied_at,
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
        coalesce(records.owner_id, numbered.owner_id) as owner_id,
        coalesce(numbered.episode, 0) as episode,
        numbered.handed_off_at,
        in_hubspot.handoff_at as hubspot_handoff_at,
        returned.episode as returned_episode,
        coalesce(returned.episode >= coalesce(numbered.episode, 0), false) as is_back,
        coalesce(returned.episode >= coalesce(numbered.episode, 0) and in_hubspot.handoff_at > returned.returned_at, false) as is_again
    from {{ ref('int_contact_records') }} as records
    inner join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = records.hubspot_id
    left join numbered on numbered.record_key = records.user_id and numbered.place = 1
    left join returned on returned.record_key = records.user_id
    where records.lifecycle_stage = 'salesqualifiedlead'
        and records.is_leading
        and records.suppressed_because is null
),
-- Our own handoff; without a memory of it, or when it was taken back, what HubSpot holds of our property: a workflow may
-- have handed the contact off. Who is at sales qualified without any was made so by hand.
told as (
    select
        user_id,
        hubspot_id,
        owner_id,
        case when is_again then returned_episode + 1 else episode end as episode,
        case when not is_back and episode > 0 then {{ handoff_id('user_id', 'episode') }} end as handoff_id,
        case
            when is_again then hubspot_handoff_at
            when not is_back then coalesce(handed_off_at, hubspot_handoff_at)
        end as handed_off_at
    from at_sql
)
select
    told.user_id as record_key,
    told.hubspot_id,
    told.handoff_id,
    told.episode,
    told.handed_off_at,
    cast(floor({{ elapsed_microseconds('told.handed_off_at', as_of()) }} / cast(86400000000 as {{ type_double() }})) as bigint) as days_since_handoff,
    told.owner_id,
    owners.email as owner_email,
    {{ owner_name('owners') }} as owner_name,
    activity.last_activity_at as last_owner_activity_at,
    -- Null where it cannot be told: not handed off by us, or HubSpot was never asked what its people do.
    case
        when told.handed_off_at is not null and copies.has_activity
            then coalesce(activity.last_activity_at <= told.handed_off_at, true)
    end as is_stale,
    case when copies.has_deals then deals.user_id is not null end as has_open_deal,
    copies.activity_copied_at
from told
cross join copies
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = told.owner_id
left join {{ ref('int_owner_activity') }} as activity
    on activity.hubspot_id = told.hubspot_id and activity.owner_id = told.owner_id
left join deals on deals.user_id = told.user_id
