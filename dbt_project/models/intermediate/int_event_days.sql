{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='happened_on',
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_unless_there_are(['actor_key', 'made_of']) }}",
    post_hook="{{ forget_days_gone('actor_key') }}",
) }}
{#
  One row per UTC day, actor and name of an event, as the source states them: how often, when first and last. And one row per
  day without an actor, which says what the day was made of.

  A day is made again when it is made of other events than before. Days are made so many at a time that what is counted of
  them finds its place in memory, and lie in the table by time.
#}
{% set made_by_now = made_by(event_models() + ['int_event_days']) %}
-- Read as often as there are stretches of days: depends_on: {{ ref('int_events_deduplicated') }}
-- As a number: it is compared for each day in every build.
{% set wanted %}
select happened_on, event_count, {{ key_of(['made_of', "'" ~ made_by_now ~ "'"]) }} as made_of from {{ ref('int_event_days_written') }}
{% endset %}
{% set goes_on_here = goes_on(['actor_key', 'made_of']) %}
with wanted as ({{ wanted }})
{% if goes_on_here %},
changed as (
    {{ days_made_otherwise('actor_key') }}
)
{% endif %}
{% for batch in batches_of_days(wanted, 'actor_key' if goes_on_here else none) %}
select
    happened_on,
    actor_key,
    name_key,
    count(*) as event_count,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    cast(null as {{ type_key() }}) as made_of
from {{ ref('int_events_deduplicated') }}
where {{ is_between_days('occurred_at', batch) }}
{% if goes_on_here %}and happened_on in (select happened_on from changed){% endif %}
group by happened_on, actor_key, name_key
union all
{% endfor %}
select
    happened_on, cast(null as {{ type_key() }}) as actor_key, cast(null as {{ type_key() }}) as name_key,
    cast(0 as bigint) as event_count, cast(null as timestamp) as first_at, cast(null as timestamp) as last_at, made_of
from wanted
{% if goes_on_here %}
where happened_on in (select happened_on from changed)
-- A day that has no event any more takes the place of what was there, and then goes itself.
union all
select happened_on, null, null, 0, null, null, null from changed where is_gone
{% endif %}
