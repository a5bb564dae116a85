{{ config(materialized='view') }}
{{ segment_conditions_of('companies') }}
