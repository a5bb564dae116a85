-- A person counts in each company they were active in.
with ever as (
    select coalesce(named.company_id, users.company_id) as company_id, max(days.last_at) as last_active_at
    from {{ ref('int_event_days_identified') }} as days
    inner join {{ ref('int_event_meanings') }} as meanings
        on {{ is_meaning_of('days') }}
    left join {{ ref('int_companies_named') }} as named on named.company_id = days.company_id
    left join {{ ref('int_users') }} as users on users.user_id = days.user_id
    where meanings.is_activity
    group by coalesce(named.company_id, users.company_id)
),
lately as (
    select company_id, count(distinct user_id) as active_users_30d
    from {{ ref('int_events') }}
    where is_activity
        and occurred_at > {{ hours_before_as_of(30 * 24) }}
        and occurred_at <= {{ as_of() }}
    group by company_id
)
select ever.company_id, coalesce(lately.active_users_30d, 0) as active_users_30d, ever.last_active_at
from ever
left join lately on lately.company_id = ever.company_id
where ever.company_id is not null
