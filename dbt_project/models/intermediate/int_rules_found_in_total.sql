-- Rules that look at all events there are, with what is read from each: for what only grows, the last event is when the rule
-- was last met.
{% set values = {
    'count': 'count(*)',
    'distinct_days': 'count(distinct events.happened_on)',
    'distinct_values': 'count(distinct events.property_text)',
    'sum': 'sum(events.measure)',
    'max': 'max(events.measure)',
} %}
with rules as (
    select * from {{ ref('int_rules_in_use') }} where computed_from = 'totals'
),
measured as (
    {% for aggregate, value in values.items() %}
    select
        events.user_id,
        rules.rule_id,
        cast({{ value }} as decimal(38, 4)) as found,
        max(events.occurred_microseconds) as last_microseconds,
        {{ latest_known('events.event_id', ['events.occurred_microseconds', 'events.event_id']) }} as last_event_id
    from {{ ref('int_events_read_identified') }} as events
    inner join rules on rules.rule_id = events.reading_id and rules.aggregate = '{{ aggregate }}'
    group by events.user_id, rules.rule_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),
judged as (
    select
        measured.*,
        rules.holds,
        {{ compared('rules.operator', 'measured.found', 'rules.threshold') }} as is_met
    from measured
    inner join rules on rules.rule_id = measured.rule_id
)
select
    user_id,
    rule_id,
    found,
    is_met,
    case when holds = 'current' then {{ as_of() }} when is_met then {{ instant_of('last_microseconds') }} end as last_met_at,
    case when holds = 'latched' and is_met then {{ instant_of('last_microseconds') }} end as decays_from,
    case when is_met then last_event_id end as proof_event_id
from judged
where is_met or found <> 0
