{{ config(materialized='view') }}
select rule_id as condition_id, property, operator, value
from {{ ref('return_rules') }}
where is_enabled and condition = 'property'
