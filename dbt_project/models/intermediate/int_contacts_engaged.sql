-- When each user last gave any sign of life: any event at all, an opened mail, or at least the account.
with events as (
    select user_id, max(last_at) as last_event_at
    from {{ ref('int_actors_seen') }}
    where user_id is not null
    group by user_id
)
select
    people.user_id,
    nullif(
        greatest(
            coalesce(events.last_event_at, {{ instant_of(0) }}),
            coalesce(case when people.last_email_open_at <= {{ as_of() }} then people.last_email_open_at end, {{ instant_of(0) }}),
            coalesce(case when people.created_at <= {{ as_of() }} then people.created_at end, {{ instant_of(0) }})
        ),
        {{ instant_of(0) }}
    ) as last_engaged_at
from {{ ref('int_people') }} as people
left join events on events.user_id = people.user_id
