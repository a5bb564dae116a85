with source as (
    select * from {{ source('raw', 'product_events') }}
),
-- A backend that retries sends one event twice; the first arrival wins, whatever file it came in.
numbered as (
    select
        source.*,
        row_number() over (
            partition by event_id
            order by coalesce(received_at, occurred_at), occurred_at, load_id, line_number
        ) as arrival
    from source
)
select
    event_id,
    'product' as source,
    user_id,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    {{ normalised_email('email') }} as email,
    email as email_as_written,
    company_id,
    event_type as source_event,
    cast(null as {{ dbt.type_string() }}) as event_kind,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    properties
from numbered
where arrival = 1
