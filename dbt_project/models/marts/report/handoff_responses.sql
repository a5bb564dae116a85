{# A handoff is over for its owner when it went back to marketing or when the contact was handed over again. #}
with handoffs as (
    select
        handoffs.handoff_id,
        handoffs.record_key,
        handoffs.episode,
        handoffs.owner_id,
        handoffs.handed_off_at,
        lead(handoffs.handed_off_at) over (
            partition by contacts.contact_id order by handoffs.handed_off_at, handoffs.handoff_id
        ) as next_handed_off_at,
        {{ columns_of('contacts', split_by()) }},
        contacts.hubspot_id
    from {{ ref('stg_pipeline__handoffs') }} as handoffs
    inner join {{ ref('int_contacts_reported') }} as contacts on contacts.user_id = handoffs.record_key
    where handoffs.acknowledged_at is not null and handoffs.handed_off_at <= {{ as_of() }}
),
returned as (
    select handoff_id, min(returned_at) as returned_at
    from {{ ref('stg_pipeline__returns') }}
    where acknowledged_at is not null and returned_at <= {{ as_of() }}
    group by handoff_id
),
-- Whoever has the contact now may have taken it over from the one it was handed to.
answers as (
    select
        handoffs.handoff_id,
        activities.engagement_type,
        activities.owner_id,
        activities.done_at,
        row_number() over (
            partition by handoffs.handoff_id order by activities.done_at, activities.engagement_type, activities.engagement_id
        ) as place
    from handoffs
    left join returned on returned.handoff_id = handoffs.handoff_id
    left join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = handoffs.hubspot_id
    inner join {{ ref('int_owner_activities') }} as activities
        on activities.hubspot_id = handoffs.hubspot_id
        and activities.owner_id in (handoffs.owner_id, in_hubspot.owner_id)
        and activities.done_at > handoffs.handed_off_at
        and (handoffs.next_handed_off_at is null or activities.done_at <= handoffs.next_handed_off_at)
        and (returned.returned_at is null or activities.done_at <= returned.returned_at)
),
-- Without a copy of what is done in HubSpot nothing can be told.
copies as (
    select
        count(distinct case when object_type in (
            'calls', 'emails', 'meetings', 'notes', 'tasks',
            'calls_contacts', 'emails_contacts', 'meetings_contacts', 'notes_contacts', 'tasks_contacts'
        ) then object_type end) = 10 as has_activity
    from {{ ref('stg_hubspot__copies') }}
),
timed as (
    select
        handoffs.*,
        returned.returned_at,
        answers.engagement_type as first_activity_type,
        answers.owner_id as answered_by,
        answers.done_at as first_activity_at,
        {{ elapsed('handoffs.handed_off_at', 'answers.done_at', 'minute') }} as response_minutes,
        {{ elapsed('handoffs.handed_off_at', as_of(), 'minute') }} as waited_minutes,
        60 * {{ whole_report_setting('first_activity_hours') }} as allowed_minutes,
        {{ whole_report_setting('quick_response_minutes') }} as quick_minutes,
        copies.has_activity
    from handoffs
    cross join copies
    left join returned on returned.handoff_id = handoffs.handoff_id
    left join answers on answers.handoff_id = handoffs.handoff_id and answers.place = 1
)
select
    timed.handoff_id,
    timed.record_key,
    timed.episode,
    timed.owner_id,
    coalesce(owners.email, timed.owner_id, 'nobody') as owner,
    {{ columns_of('timed', split_by()) }},
    timed.handed_off_at,
    {{ week_of('cast(timed.handed_off_at as date)') }} as handed_off_week,
    timed.first_activity_at,
    timed.first_activity_type,
    timed.answered_by,
    timed.response_minutes,
    case
        when timed.response_minutes <= timed.allowed_minutes then 'in_time'
        when not timed.has_activity then 'not_known'
        when timed.response_minutes is null and timed.returned_at is null and timed.waited_minutes <= timed.allowed_minutes then 'still_open'
        else 'breached'
    end as response_state,
    case
        when timed.response_minutes <= timed.quick_minutes then true
        when not timed.has_activity or (timed.response_minutes is null and timed.waited_minutes <= timed.quick_minutes) then null
        else false
    end as is_quick,
    timed.returned_at
from timed
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = timed.owner_id
