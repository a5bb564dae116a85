{{ config(materialized='view') }}
-- The engagement rules that are switched on, and those that such a rule requires, or a segment or a trigger asks for: these
-- are looked at and give no points.
with rules as (
    select * from {{ ref('engagement_rules') }}
),
asked_for as (
    select value as rule_id from {{ ref('int_contact_segment_conditions') }} where property = 'engagement_rule'
    union distinct
    select starts_with_id from {{ ref('triggers') }} where is_enabled and starts_with = 'engagement_rule'
    union distinct
    select conditions.value
    from {{ ref('trigger_conditions') }} as conditions
    inner join {{ ref('triggers') }} as triggers on triggers.trigger_id = conditions.trigger_id and triggers.is_enabled
    where conditions.property = 'engagement_rule'
),
required as (
    select distinct rules.rule_id
    from rules
    inner join rules as requiring on requiring.is_enabled and {{ is_among('rules.rule_id', 'requiring.requires') }}
    union distinct
    -- What such a rule requires is looked at with it: a required rule requires no more than the profile.
    select distinct rules.rule_id
    from asked_for
    inner join rules as asked on asked.rule_id = asked_for.rule_id
    inner join rules on rules.rule_id = asked.rule_id or {{ is_among('rules.rule_id', "coalesce(asked.requires, '')") }}
)
select
    rules.*,
    -- Longer than any log, for a rule without a window.
    coalesce(rules.window_hours * cast(3600000000 as bigint), cast(100000000000000000 as bigint)) as window_microseconds,
    case
        when rules.aggregate in ('company_usage_ratio', 'all_of') then rules.aggregate
        -- What only grows was last met by the last event, and is known from days.
        when rules.aggregate in ('count', 'distinct_days')
            and rules.window_hours is null
            and rules.filter_property is null
            and (rules.holds = 'current' or rules.operator in ('>=', '>'))
        then 'days'
        when rules.aggregate = 'count' and rules.window_hours is not null and rules.operator in ('>=', '>') then 'windows'
        -- What only grows is known from all its events together, and what holds now from what there is now.
        when rules.aggregate in ('count', 'distinct_days', 'distinct_values', 'max', 'sum')
            and rules.window_hours is null
            and (rules.holds = 'current' or (rules.operator in ('>=', '>') and rules.aggregate <> 'sum'))
        then 'totals'
        else 'moments'
    end as computed_from
from rules
left join required on required.rule_id = rules.rule_id
where rules.is_enabled or required.rule_id is not null
