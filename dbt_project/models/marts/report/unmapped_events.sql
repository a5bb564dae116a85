select
    source,
    source_event,
    count(*) as event_count,
    count(distinct user_id) as user_count,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from {{ ref('int_events') }}
where not is_in_taxonomy and occurred_at <= {{ as_of() }}
group by source, source_event
