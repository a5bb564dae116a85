-- One row per company and condition of account_signals that holds there now.
with rules as (
    select * from {{ ref('account_signals') }} where is_enabled
),
counted as (
    {{ counts_in_windows("select condition_id as wanted_id, events, window_hours from " ~ ref('account_signals')
        ~ " where is_enabled and condition = 'events'") }}
)
select counted.company_id, rules.condition_id
from counted
inner join rules on rules.condition_id = counted.wanted_id
where counted.company_id is not null
group by counted.company_id, rules.condition_id, rules.threshold
having sum(counted.event_count) >= rules.threshold
union all
select activity.company_id, rules.condition_id
from {{ ref('int_company_activity') }} as activity
inner join rules on rules.condition = 'active_users' and activity.active_users_30d >= rules.threshold
union all
select companies.company_id, rules.condition_id
from {{ ref('int_companies') }} as companies
inner join rules on rules.condition = 'usage_ratio'
where companies.usage_limit > 0 and companies.usage_count >= rules.threshold * companies.usage_limit
