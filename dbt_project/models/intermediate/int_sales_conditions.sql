{{ config(materialized='view') }}
-- What a contact must meet to go to sales: what people agreed on, and the smallest fit, where one is asked for.
select condition_id, property, operator, value
from {{ ref('sql_definition') }}
union all
select setting_id, 'zo_fit_score', '>=', value
from {{ ref('handoff_settings') }}
where setting_id = 'min_fit_score' and value <> '0'
