-- Rules that count all events there are, or their days: whatever they look at only grows.
with rules as (
    select * from {{ ref('int_rules_in_use') }} where computed_from = 'days'
),
counted as (
    select seen.user_id, rules.rule_id, cast(sum(seen.event_count) as decimal(38, 4)) as found, max(seen.last_at) as last_at
    from {{ ref('int_actor_names_seen') }} as seen
    inner join {{ ref('int_reading_names') }} as names on names.name_key = seen.name_key
    inner join rules on rules.rule_id = names.reading_id and rules.aggregate = 'count'
    where seen.user_id is not null
    group by seen.user_id, rules.rule_id
    union all
    select days.user_id, rules.rule_id, cast(count(distinct days.happened_on) as decimal(38, 4)), max(days.last_at)
    from {{ ref('int_user_event_days') }} as days
    inner join {{ ref('int_reading_names') }} as names on names.name_key = days.name_key
    inner join rules on rules.rule_id = names.reading_id and rules.aggregate = 'distinct_days'
    group by days.user_id, rules.rule_id
)
select
    counted.user_id,
    counted.rule_id,
    counted.found,
    {{ compared('rules.operator', 'counted.found', 'rules.threshold') }} as is_met,
    case when rules.holds = 'current' then {{ as_of() }} else counted.last_at end as last_met_at,
    -- From when on it decays if nothing happens; null where it goes on holding.
    case when rules.holds = 'latched' then counted.last_at end as decays_from,
    counted.last_at as proved_at
from counted
inner join rules on rules.rule_id = counted.rule_id
