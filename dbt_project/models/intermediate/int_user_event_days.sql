select
    user_id,
    {{ dbt.date_trunc('day', 'occurred_at') }} as happened_on,
    event_type,
    is_activity,
    is_key_action,
    is_login,
    count(*) as event_count,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from {{ ref('int_events') }}
where user_id is not null and occurred_at <= {{ as_of() }}
group by user_id, {{ dbt.date_trunc('day', 'occurred_at') }}, event_type, is_activity, is_key_action, is_login
