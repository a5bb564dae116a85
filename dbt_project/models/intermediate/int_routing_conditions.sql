{{ config(materialized='view') }}
-- The id of a condition is one over all routes.
select
    conditions.route_id,
    {{ dbt.concat(['conditions.route_id', "'/'", 'conditions.condition_id']) }} as condition_id,
    conditions.property,
    conditions.operator,
    conditions.value
from {{ ref('routing_conditions') }} as conditions
inner join {{ ref('routing_rules') }} as routes on routes.route_id = conditions.route_id
where routes.is_enabled
