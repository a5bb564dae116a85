-- What the sources say of whose an id is, up to the clock of the run: of an anonymous one, or of another user id.
with statements as (
    {% for source in var('event_sources') %}
    select source, anonymous_id, other_user_id, previous_id, user_id, linked_at
    from {{ ref('stg_' ~ source ~ '__identity_links') }}
    where user_id is not null and coalesce(linked_at, {{ as_of() }}) <= {{ as_of() }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),
days as (
    select actors.source, actors.anonymous_id, actors.user_id, days.happened_on, days.first_at, days.last_at
    from {{ ref('int_event_days') }} as days
    inner join {{ ref('int_event_actors') }} as actors on actors.actor_key = days.actor_key
    where actors.user_id is not null and actors.anonymous_id is not null and days.first_at <= {{ as_of() }}
),
-- An alias joins user ids only where somebody ever used the previous one as such; else it was a visitor's.
user_ids as (
    select source, user_id from statements
    union distinct
    select actors.source, actors.user_id
    from (select distinct actor_key from {{ ref('int_event_days') }} where first_at <= {{ as_of() }}) as seen
    inner join {{ ref('int_event_actors') }} as actors on actors.actor_key = seen.actor_key
    where actors.user_id is not null
),
stated as (
    select source, anonymous_id, cast(null as {{ dbt.type_string() }}) as other_user_id, user_id, linked_at
    from statements
    where anonymous_id is not null
    union all
    select source, null, other_user_id, user_id, linked_at
    from statements
    where other_user_id is not null
    union all
    select
        statements.source,
        case when user_ids.user_id is null then {{ dbt.concat(["statements.source", "':'", "statements.previous_id"]) }} end,
        user_ids.user_id,
        statements.user_id,
        statements.linked_at
    from statements
    left join user_ids on user_ids.source = statements.source and user_ids.user_id = statements.previous_id
    where statements.previous_id is not null
),
-- An event that names both ids says whose the anonymous one is. Of those of a day its first and last are enough, as long
-- as the day is one user's and over.
carried as (
    select source, anonymous_id, user_id, happened_on, min(first_at) as first_at, max(last_at) as last_at
    from days
    group by source, anonymous_id, user_id, happened_on
),
users_by_day as (
    select anonymous_id, happened_on, user_id, last_at from carried
    union distinct
    select anonymous_id, cast(linked_at as date), user_id, linked_at from stated where anonymous_id is not null
),
shared as (
    select anonymous_id, happened_on
    from users_by_day
    group by anonymous_id, happened_on
    having min(user_id) <> max(user_id) or max(last_at) > {{ as_of() }}
),
unshared as (
    select carried.*
    from carried
    left join shared on shared.anonymous_id = carried.anonymous_id and shared.happened_on = carried.happened_on
    where shared.anonymous_id is null
)
select source, anonymous_id, other_user_id, user_id, linked_at from stated
union all
select source, anonymous_id, null, user_id, first_at from unshared
union all
select source, anonymous_id, null, user_id, last_at from unshared where last_at > first_at
union all
select events.source, events.anonymous_id, null, events.user_id, events.occurred_at
from {{ ref('int_events_deduplicated') }} as events
inner join shared on shared.anonymous_id = events.anonymous_id and shared.happened_on = events.happened_on
where events.user_id is not null and events.occurred_at <= {{ as_of() }}
