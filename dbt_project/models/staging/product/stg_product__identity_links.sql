select
    'product' as source,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    alias_user_id as other_user_id,
    cast(null as {{ dbt.type_string() }}) as previous_id,
    user_id,
    cast(null as timestamp) as linked_at
from {{ landed('product_aliases') }}
