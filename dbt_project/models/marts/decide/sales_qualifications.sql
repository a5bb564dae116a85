with people as (
    select * from {{ ref('int_people_asked') }}
),
answered as (
    {{ people_answered('people', 'int_sales_conditions') }}
)
select
    user_id,
    condition_id,
    property,
    operator,
    value,
    found,
    is_met,
    min(case when is_met then 1 else 0 end) over (partition by user_id) = 1 as is_sales_qualified
from answered
