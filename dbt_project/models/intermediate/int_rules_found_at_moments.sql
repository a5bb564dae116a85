{#
  Rules that are looked at whenever their answer can change: at their events, and when one leaves the window. One row per user
  and rule that found something: what, whether it is met, when it last was, and which event proved it.
#}
with rules as (
    select * from {{ ref('int_rules_in_use') }} where computed_from = 'moments'
),
clock as (
    select {{ microseconds_of(as_of()) }} as now_at
),
events as (
    select
        events.user_id, rules.rule_id, events.event_id, events.happened_on, events.property_text, events.measure, events.divisor,
        events.occurred_microseconds as moved_at,
        rules.aggregate, rules.operator, rules.threshold, rules.window_microseconds
    from {{ ref('int_events_read_identified') }} as events
    inner join rules on rules.rule_id = events.reading_id
),
moments as (
    select * from events
    union all
    select
        user_id, rule_id, null, null, null, null, null, moved_at + window_microseconds,
        aggregate, operator, threshold, window_microseconds
    from events
    cross join clock
    where moved_at + window_microseconds <= clock.now_at
),
measured as (
    {{ measured_at_moments('moments', 'events') }}
),
judged as (
    select
        measured.*,
        divisor > 0 and {{ compared('operator', 'value', 'cast(threshold * divisor as decimal(38, 4))') }} as is_held
    from measured
),
stretches as (
    select
        user_id,
        rule_id,
        max(case when until_at is null and is_held then 1 else 0 end) = 1 as is_held_now,
        max(case when is_held then moved_at end) as held_from,
        max(case when is_held then coalesce(until_at, 0) end) as held_until,
        {{ latest_known('case when is_held then value end', ['moved_at']) }} as held_value,
        {{ latest_known('case when is_held then divisor end', ['moved_at']) }} as held_divisor,
        max(case when until_at is null then value end) as value_now,
        max(case when until_at is null then divisor end) as divisor_now
    from judged
    group by user_id, rule_id
),
from_events as (
    select
        stretches.user_id,
        stretches.rule_id,
        rules.aggregate,
        case when rules.holds = 'current' then stretches.is_held_now else stretches.held_from is not null end as is_met,
        case
            when rules.holds = 'current' or (rules.window_hours is not null and stretches.is_held_now) then {{ as_of() }}
            when rules.window_hours is null then {{ instant_of('stretches.held_from') }}
            else {{ instant_of('stretches.held_until') }}
        end as last_met_at,
        rules.holds = 'latched' and not (rules.window_hours is not null and stretches.is_held_now) as is_over,
        stretches.held_from,
        stretches.held_value,
        stretches.held_divisor,
        stretches.value_now,
        stretches.divisor_now
    from stretches
    inner join rules on rules.rule_id = stretches.rule_id
),
proofs as (
    select
        events.user_id,
        events.rule_id,
        {{ latest_known('events.event_id', ['events.moved_at', 'events.event_id']) }} as event_id
    from events
    inner join from_events on from_events.user_id = events.user_id and from_events.rule_id = events.rule_id
    where from_events.is_met and events.moved_at <= from_events.held_from
    group by events.user_id, events.rule_id
)
select
    from_events.user_id,
    from_events.rule_id,
    {% set shown = "case when from_events.is_met then from_events.held_%s else from_events.%s_now end" %}
    case
        when from_events.aggregate = 'ratio_of_latest' then {{ ratio_cut(shown % ('value', 'value'), shown % ('divisor', 'divisor')) }}
        else {{ shown % ('value', 'value') }}
    end as found,
    from_events.is_met,
    from_events.last_met_at,
    case when from_events.is_over then from_events.last_met_at end as decays_from,
    proofs.event_id as proof_event_id
from from_events
left join proofs on proofs.user_id = from_events.user_id and proofs.rule_id = from_events.rule_id
-- A rule that is not met and of which there is nothing now has nothing to tell.
where from_events.is_met or (from_events.value_now <> 0 and from_events.divisor_now > 0)
