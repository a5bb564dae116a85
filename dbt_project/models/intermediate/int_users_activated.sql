-- A user is activated when the last milestone is reached.
with activated as (
    select user_id, max(reached_at) as activated_at
    from {{ ref('int_milestones_reached') }}
    group by user_id
    having count(*) = (select count(*) from {{ ref('activation_milestones') }})
),
timed as (
    select
        activated.user_id,
        activated.activated_at,
        {{ elapsed_microseconds('users.created_at', 'activated.activated_at') }} as microseconds
    from activated
    left join {{ ref('int_users') }} as users on users.user_id = activated.user_id
)
select
    user_id,
    activated_at,
    case when microseconds >= 0 then cast({{ ratio_cut('microseconds', 3600000000) }} as decimal(18, 4)) end as time_to_value_hours
from timed
