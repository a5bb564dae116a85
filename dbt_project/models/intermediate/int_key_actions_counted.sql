-- Key actions of the last 7 and 30 × 24 hours, in each company they were done in.
with counted as (
    {{ counts_in_windows("select 'week' as wanted_id, 'is_key_action' as events, cast(168 as bigint) as window_hours"
        ~ " union all select 'month', 'is_key_action', cast(720 as bigint)") }}
)
select
    user_id,
    company_id,
    cast(sum(case when wanted_id = 'week' then event_count else 0 end) as bigint) as key_action_7d_count,
    cast(sum(case when wanted_id = 'month' then event_count else 0 end) as bigint) as key_action_30d_count
from counted
group by user_id, company_id
