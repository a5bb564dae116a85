{#
  Rules of so many events in a window, the commonest kind. Such a rule holds from the event that makes the number full until
  the first of them leaves the window.
#}
with rules as (
    select
        int_rules_in_use.*,
        cast(floor(threshold) as bigint) + case when operator = '>' then 1 else 0 end as needed
    from {{ ref('int_rules_in_use') }} as int_rules_in_use
    where computed_from = 'windows'
),
clock as (
    select {{ microseconds_of(as_of()) }} as now_at
),
read_events as (
    select
        events.user_id,
        rules.rule_id,
        events.event_id,
        events.occurred_microseconds,
        rules.window_microseconds,
        rules.holds,
        rules.needed - 1 as needed_before
    from {{ ref('int_events_read_identified') }} as events
    inner join rules on rules.rule_id = events.reading_id
),
events as (
    {{ with_value_before(
        'read_events', 'occurred_microseconds', 'needed_before',
        part=['user_id', 'rule_id'], order=['occurred_microseconds', 'event_id'], name='first_microseconds'
    ) }}
),
last_full as (
    select
        user_id,
        rule_id,
        max(first_microseconds + window_microseconds) as held_until,
        {{ latest_known('event_id', ['occurred_microseconds', 'event_id']) }} as event_id
    from events
    where occurred_microseconds < first_microseconds + window_microseconds
    group by user_id, rule_id
),
-- The window that ends with the last moment the rule held, or now where that is still to come: up to here, this excluded.
windows as (
    select
        events.user_id,
        events.rule_id,
        events.occurred_microseconds,
        events.window_microseconds,
        events.holds,
        last_full.held_until,
        last_full.event_id,
        last_full.held_until > clock.now_at as is_held_now,
        case
            when events.holds = 'latched' and last_full.held_until <= clock.now_at then last_full.held_until
            else clock.now_at + 1
        end as ends_before
    from events
    cross join clock
    left join last_full on last_full.user_id = events.user_id and last_full.rule_id = events.rule_id
),
counted as (
    select
        user_id, rule_id, holds, held_until, event_id, is_held_now,
        sum(case
            when occurred_microseconds >= ends_before - window_microseconds and occurred_microseconds < ends_before then 1
            else 0
        end) as found
    from windows
    group by user_id, rule_id, holds, held_until, event_id, is_held_now
),
judged as (
    select
        counted.*,
        case when holds = 'current' then coalesce(is_held_now, false) else held_until is not null end as is_met
    from counted
)
select
    user_id,
    rule_id,
    cast(found as decimal(38, 4)) as found,
    is_met,
    case when holds = 'current' or is_held_now then {{ as_of() }} else {{ instant_of('held_until') }} end as last_met_at,
    case when holds = 'latched' then {{ instant_of('held_until') }} end as decays_from,
    case when is_met then event_id end as proof_event_id
from judged
where is_met or found > 0
