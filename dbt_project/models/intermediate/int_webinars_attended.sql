-- Per user the topic of the webinar they attended last: as the event says, else its title.
with told as (
    select
        user_id,
        occurred_microseconds,
        event_id,
        max(case when reading_id = 'contact/webinar_topic' then property_text end) as topic,
        max(case when reading_id = 'contact/webinar_title' then property_text end) as title
    from {{ ref('int_events_read_identified') }}
    where reading_id in ('contact/webinar_topic', 'contact/webinar_title')
    group by user_id, occurred_microseconds, event_id
)
select user_id, {{ latest_known('coalesce(topic, title)', ['occurred_microseconds', 'event_id']) }} as topic
from told
group by user_id
