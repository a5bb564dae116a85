{{ config(materialized='view') }}
-- Whatever reads single events: which of them, and what it reads from each.
select
    rule_id as reading_id,
    events,
    filter_property,
    filter_operator,
    filter_value,
    property,
    divisor_property,
    case
        when aggregate in ('count', 'distinct_days') then 'event'
        when aggregate = 'distinct_values' then 'text'
        when aggregate = 'ratio_of_latest' then 'either_number'
        else 'number'
    end as needs
from {{ ref('int_rules_in_use') }}
where computed_from in ('days', 'windows', 'totals', 'moments')
union all
-- What the last event of a signal says of itself.
select {{ dbt.concat(["'signal/'", 'signal_id']) }}, events, null, null, null, 'feature_name', null, 'text'
from {{ ref('signals') }}
where is_enabled and condition = 'events'
union all
-- The event types and properties this project knows by name: sales reads the number in every handoff, and of a webinar what
-- it was about.
select 'contact/teammates_invited', 'teammate_invited', null, null, null, 'invitee_email', null, 'text'
union all
select 'contact/webinar_topic', 'webinar_attended', null, null, null, 'topic', null, 'text'
union all
select 'contact/webinar_title', 'webinar_attended', null, null, null, 'title', null, 'text'
