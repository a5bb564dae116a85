-- What was added a file at a time adds up: each event that is kept stands in the row of its day, once.
{{ config(meta={'dagster': {'ref': {'name': 'int_event_days'}}}) }}
with kept as (
    select count(*) as event_count from {{ ref('int_events_deduplicated') }}
),
counted as (
    select coalesce(sum(event_count), 0) as event_count from {{ ref('int_event_days') }}
)
select kept.event_count as kept_count, counted.event_count as counted_count
from kept
cross join counted
where kept.event_count <> counted.event_count
