{{ config(materialized='view') }}
{{ event_days_identified() }}
