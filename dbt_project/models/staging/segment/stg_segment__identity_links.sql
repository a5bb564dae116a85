-- What calls say of ids beside events. The previous id of an alias may be an anonymous one or a user's; Segment does not
-- say which.
select
    'segment' as source,
    anonymous_id,
    cast(null as {{ dbt.type_string() }}) as other_user_id,
    previous_id,
    user_id,
    occurred_at as linked_at
from {{ ref('stg_segment__statements') }}
