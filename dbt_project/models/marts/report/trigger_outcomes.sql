-- An episode of a trigger is what people see of it, however many messages, tasks and lists it was made of.
with episodes as (
    select
        trigger_id,
        subject_key,
        episode,
        min(moment_at) as moment_at,
        max(record_key) as record_key,
        max(owner_id) as owner_id,
        max(case when delivery_state = 'delivered' then 1 else 0 end) = 1 as is_sent,
        max(case when delivery_state in ('failed', 'expired', 'cancelled') then 1 else 0 end) = 1 as is_partly_lost
    from {{ ref('stg_pipeline__deliveries') }}
    where trigger_id is not null and (moment_at is null or moment_at <= {{ as_of() }})
    group by trigger_id, subject_key, episode
),
placed as (
    select
        episodes.*,
        contacts.contact_id,
        contacts.hubspot_id,
        {{ dbt.dateadd('day', whole_report_setting('answer_days'), 'episodes.moment_at') }} as answer_until,
        {{ dbt.dateadd('day', whole_report_setting('outcome_days'), 'episodes.moment_at') }} as outcome_until,
        min(episodes.moment_at) over (partition by episodes.trigger_id) as began_at
    from episodes
    left join {{ ref('int_contacts_reported') }} as contacts on contacts.user_id = episodes.record_key
),
owner_answers as (
    select distinct placed.trigger_id, placed.subject_key, placed.episode
    from placed
    left join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = placed.hubspot_id
    inner join {{ ref('int_owner_activities') }} as activities
        on activities.hubspot_id = placed.hubspot_id
        and activities.owner_id in (placed.owner_id, in_hubspot.owner_id)
        and activities.done_at > placed.moment_at
        and activities.done_at <= placed.answer_until
),
-- A row is of one day and an answer has a day or more: what begins before the end and ends after the start lies within.
product_answers as (
    select distinct placed.trigger_id, placed.subject_key, placed.episode
    from placed
    inner join {{ ref('int_contacts_reported') }} as users on users.contact_id = placed.contact_id
    inner join {{ ref('int_user_event_days') }} as days
        on days.user_id = users.user_id
        and days.is_activity
        and days.last_at > placed.moment_at
        and days.first_at <= placed.answer_until
),
conversions as (
    select distinct placed.trigger_id, placed.subject_key, placed.episode
    from placed
    inner join {{ ref('int_stage_moments') }} as moments
        on moments.contact_id = placed.contact_id
        and moments.stage in ('opportunity', 'won')
        and moments.happened_at > placed.moment_at
        and moments.happened_at <= placed.outcome_until
),
told as (
    select
        placed.trigger_id,
        placed.moment_at,
        placed.began_at,
        placed.is_sent,
        placed.is_partly_lost,
        placed.is_sent and owner_answers.trigger_id is not null as is_answered_by_owner,
        placed.is_sent and product_answers.trigger_id is not null as is_answered_by_contact,
        placed.is_sent and conversions.trigger_id is not null as is_converted,
        placed.is_sent and placed.contact_id is not null and placed.answer_until <= {{ as_of() }} as is_answer_time_over,
        placed.is_sent and placed.contact_id is not null and placed.outcome_until <= {{ as_of() }} as is_outcome_time_over
    from placed
    {% for outcome in ['owner_answers', 'product_answers', 'conversions'] %}
    left join {{ outcome }}
        on {{ outcome }}.trigger_id = placed.trigger_id
        and {{ outcome }}.subject_key = placed.subject_key
        and {{ outcome }}.episode = placed.episode
    {% endfor %}
),
in_spans as (
    select 'ever' as span, told.* from told
    union all
    select 'first_days', told.* from told
    where moment_at < {{ dbt.dateadd('day', whole_report_setting('outcome_days'), 'began_at') }}
    union all
    select 'last_days', told.* from told
    where moment_at > {{ dbt.dateadd('day', '-1 * ' ~ whole_report_setting('outcome_days'), as_of()) }}
),
counted as (
    select
        trigger_id,
        span,
        min(began_at) as began_at,
        count(*) as episode_count,
        {% for count, condition in [
            ('sent_count', 'is_sent'),
            ('lost_count', 'is_partly_lost and not is_sent'),
            ('answered_by_owner_count', 'is_answered_by_owner'),
            ('answered_by_contact_count', 'is_answered_by_contact'),
            ('answered_count', 'is_answered_by_owner or is_answered_by_contact'),
            ('answer_known_count', 'is_answered_by_owner or is_answered_by_contact or is_answer_time_over'),
            ('converted_count', 'is_converted'),
            ('conversion_known_count', 'is_converted or is_outcome_time_over'),
        ] %}
        cast(sum(case when {{ condition }} then 1 else 0 end) as bigint) as {{ count }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from in_spans
    group by trigger_id, span
)
select
    counted.*,
    {{ share_of('answered_count', 'answer_known_count') }} as answered_share,
    {{ share_of('converted_count', 'conversion_known_count') }} as converted_share,
    {{ is_few('conversion_known_count') }} as is_small
from counted
