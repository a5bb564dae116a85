with active as (
    select
        company_id,
        {%- for name, hours in [('30d', 30 * 24), ('7d', 7 * 24), ('1d', 24)] %}
        count(distinct case when last_active_at > {{ hours_before_as_of(hours) }} then user_id end) as active_users_{{ name }},
        {%- endfor %}
        max(last_active_at) as last_active_at
    from {{ ref('int_company_users_active') }}
    group by company_id
),
key_actions as (
    select company_id, cast(sum(key_action_7d_count) as bigint) as key_action_7d_count
    from {{ ref('int_key_actions_counted') }}
    where company_id is not null
    group by company_id
)
-- What counts as a key action need not count as activity.
select
    coalesce(active.company_id, key_actions.company_id) as company_id,
    coalesce(active.active_users_30d, 0) as active_users_30d,
    coalesce(active.active_users_7d, 0) as active_users_7d,
    coalesce(active.active_users_1d, 0) as active_users_1d,
    coalesce(key_actions.key_action_7d_count, 0) as key_action_7d_count,
    active.last_active_at
from active
full outer join key_actions on key_actions.company_id = active.company_id
