{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='happened_on',
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_unless_there_are(['actor_key', 'made_of']) }}",
    post_hook="delete from {{ this }} where event_count = 0",
) }}
{#
  One row per UTC day, actor and name of an event, as the source states them: how often, when first and last.

  A day is made again when it is made of other events than before.
#}
{% set made_by_now = made_by(event_models() + ['int_event_days']) %}
-- As a number: as texts, what is the same in all rows of a day would be half of what is written.
with wanted as (
    select happened_on, {{ key_of(['made_of', "'" ~ made_by_now ~ "'"]) }} as made_of from {{ ref('int_event_days_written') }}
),
{% if goes_on(['actor_key', 'made_of']) %}
found as (
    select happened_on, max(made_of) as made_of from {{ this }} group by happened_on
),
changed as (
    {{ days_made_otherwise('made_of') }}
),
{% endif %}
days as (
    select
        happened_on,
        actor_key,
        name_key,
        count(*) as event_count,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from {{ ref('int_events_deduplicated') }}
    {% if goes_on(['actor_key', 'made_of']) %}where happened_on in (select happened_on from changed){% endif %}
    group by happened_on, actor_key, name_key
)
select days.*, wanted.made_of
from days
inner join wanted on wanted.happened_on = days.happened_on
{% if goes_on(['actor_key', 'made_of']) %}
-- A day that has no event any more takes the place of what was there, and then goes itself.
union all
select happened_on, null, null, 0, null, null, null from changed where is_gone
{% endif %}
