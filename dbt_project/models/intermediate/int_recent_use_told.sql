{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Of the contacts about whom something is sent now: the pages they saw and the features they used in the last seven days, the
-- newest first. Only these days of events are read, and of them only what these contacts did.
with contacts as (
    select distinct record_key as user_id
    from {{ ref('int_trigger_actions_open') }}
    where gives_way_to is null and action <> 'segment'
),
names as (
    select name_key, known_as, event_type in ('page_viewed', 'pricing_page_viewed') as is_page, is_key_action
    from {{ ref('int_event_meanings') }}
    where is_key_action or event_type in ('page_viewed', 'pricing_page_viewed')
),
events as (
    select
        events.user_id,
        {{ microseconds_of('events.occurred_at') }} as occurred_microseconds,
        case when names.is_page then coalesce(
            {{ json_text('events.properties', "'path'") }},
            {{ json_text('events.properties', "'url'") }},
            {{ json_text('events.properties', "'page'") }}
        ) end as page,
        case when names.is_key_action then coalesce(
            {{ json_text('events.properties', "'feature_name'") }}, replace(names.known_as, '_', ' ')
        ) end as feature
    from {{ ref('int_events_identified') }} as events
    inner join names on names.name_key = events.name_key
    inner join contacts on contacts.user_id = events.user_id
    where events.occurred_at > {{ hours_before_as_of(7 * 24) }} and events.occurred_at <= {{ as_of() }}
),
last_used as (
    select user_id, 'page' as kind, page as told, max(occurred_microseconds) as last_microseconds
    from events
    where page is not null
    group by user_id, page
    union all
    select user_id, 'feature', feature, max(occurred_microseconds)
    from events
    where feature is not null
    group by user_id, feature
),
numbered as (
    select
        user_id, kind, told,
        row_number() over (partition by user_id, kind order by last_microseconds desc, told) as place
    from last_used
)
select
    user_id,
    {{ first_five("case when kind = 'page' then told end", 'place') }} as recent_pages,
    {{ first_five("case when kind = 'feature' then told end", 'place') }} as features_used
from numbered
where place <= 5
group by user_id
