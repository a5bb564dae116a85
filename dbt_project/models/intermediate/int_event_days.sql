{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='happened_on',
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_what_was_made_otherwise(['int_event_days']) }}",
    post_hook="delete from {{ this }} where event_count = 0",
) }}
{#
  One row per UTC day and what its events say alike: who, where and what, as the source states it.

  A day is made again when the events that are kept for it are others than those it was made of: when its newest was
  written by another build, or their number differs.
#}
{% set said = ['source', 'user_id', 'anonymous_id', 'company_id', 'email', 'malformed_email', 'source_event', 'event_kind'] %}
with
{% if goes_on() %}
-- Two columns of a large table: named twice, it is read twice and not set aside whole.
kept as (
    select happened_on, count(*) as event_count, max(build_number) as build_number
    from {{ ref('int_events_deduplicated') }}
    group by happened_on
),
counted as (
    select happened_on, sum(event_count) as event_count, max(build_number) as build_number from {{ this }} group by happened_on
),
changed as (
    select coalesce(kept.happened_on, counted.happened_on) as happened_on, kept.happened_on is null as is_gone
    from kept
    full outer join counted on counted.happened_on = kept.happened_on
    where kept.happened_on is null
        or counted.happened_on is null
        or kept.event_count <> counted.event_count
        or kept.build_number <> counted.build_number
),
{% endif %}
days as (
    select
        happened_on, {{ said | join(', ') }},
        count(*) as event_count,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        max(build_number) as build_number
    from {{ ref('int_events_deduplicated') }}
    {% if goes_on() %}where happened_on in (select happened_on from changed){% endif %}
    group by happened_on, {{ said | join(', ') }}
)
select days.*, '{{ made_by(['int_event_days']) }}' as made_by
from days
{% if goes_on() %}
-- A day that has no event any more takes the place of what was there, and then goes itself.
union all
select
    happened_on, {% for column in said %}null, {% endfor %} 0, null, null, null, '{{ made_by(['int_event_days']) }}'
from changed
where is_gone
{% endif %}
