{#
  One row per signal of many active users and company that ever showed it: the first and the last UTC day at whose end (of
  today: now) as many people as its threshold had been active there in the thirty UTC days up to it; and since when, the last
  time, it had them without a break.
#}
with signals as (
    select signal_id, threshold from {{ ref('signals') }} where is_enabled and condition = 'company_active_users'
),
months as (
    select
        company_id, user_id, first_on, last_on,
        lag(last_on) over (partition by company_id, user_id order by period) as last_on_before
    from {{ ref('int_company_users_active') }}
    where user_id is not null
),
-- From the first day of activity until the thirtieth after the last: a person is one of the active users.
begun as (
    select
        company_id, user_id, first_on, last_on,
        sum(case when last_on_before is null or first_on > {{ days_after(30, 'last_on_before') }} then 1 else 0 end) over (
            partition by company_id, user_id order by first_on rows between unbounded preceding and current row
        ) as stay
    from months
),
stays as (
    select company_id, user_id, stay, min(first_on) as from_on, {{ days_after(30, 'max(last_on)') }} as gone_on
    from begun
    group by company_id, user_id, stay
),
changes as (
    select company_id, changed_on, sum(change) as change
    from (
        select company_id, from_on as changed_on, 1 as change from stays
        union all
        select company_id, gone_on, -1 from stays
    ) as comings_and_goings
    group by company_id, changed_on
),
counted as (
    select
        company_id,
        changed_on,
        sum(change) over (
            partition by company_id order by changed_on rows between unbounded preceding and current row
        ) as active_users,
        lead(changed_on) over (partition by company_id order by changed_on) as changed_next_on
    from changes
),
expanded as (
    select
        counted.company_id,
        signals.signal_id,
        counted.changed_on,
        counted.changed_next_on,
        lag(counted.changed_next_on) over (
            partition by counted.company_id, signals.signal_id order by counted.changed_on
        ) as last_changed_next_on
    from counted
    inner join signals on counted.active_users >= signals.threshold
)
select
    company_id,
    signal_id,
    min(changed_on) as first_on,
    max(case when last_changed_next_on is null or changed_on > last_changed_next_on then changed_on end) as since_on,
    least({{ days_after(-1, 'max(changed_next_on)') }}, cast({{ as_of() }} as date)) as last_on
from expanded
group by company_id, signal_id
