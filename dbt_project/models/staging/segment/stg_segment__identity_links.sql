-- Any call that carries both ids says whose the anonymous one is; an alias says it of its previous id, which is another
-- user id only where somebody ever used it as one.
with calls as (
    select * from {{ ref('stg_segment__calls') }}
),
user_ids as (
    select distinct user_id from calls where user_id is not null
),
aliases as (
    select calls.previous_id, calls.user_id, calls.occurred_at, user_ids.user_id is not null as is_user_id
    from calls
    left join user_ids on user_ids.user_id = calls.previous_id
    where calls.call_type = 'alias'
)
select 'segment' as source, anonymous_id, cast(null as {{ dbt.type_string() }}) as other_user_id, user_id, occurred_at as linked_at
from calls
where user_id is not null and anonymous_id is not null
union all
select
    'segment',
    case when not is_user_id then {{ dbt.concat(["'segment:'", "previous_id"]) }} end,
    case when is_user_id then previous_id end,
    user_id,
    occurred_at
from aliases
