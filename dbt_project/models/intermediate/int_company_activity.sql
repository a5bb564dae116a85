-- A person counts in each company they were active in.
select
    company_id,
    count(distinct case when occurred_at > {{ hours_before_as_of(30 * 24) }} then user_id end) as active_users_30d,
    max(occurred_at) as last_active_at
from {{ ref('int_events') }}
where is_activity and company_id is not null and occurred_at <= {{ as_of() }}
group by company_id
