{{ config(materialized='view') }}
-- Every delivery of every event of every source, as the source states it.
{% for source in var('event_sources') %}
select
    event_id, source, user_id, anonymous_id, email_as_written, company_id, source_event, event_kind,
    occurred_at, cast(occurred_at as date) as happened_on, received_at, properties, load_id, line_number, call_number
from {{ ref('stg_' ~ source ~ '__events') }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
