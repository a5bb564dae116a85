-- Words as the macro makes them, so that both sides of a comparison are made alike.
select {{ words('spelling') }} as spelling, min(country_code) as country_code
from {{ source('raw', 'country_spellings') }}
group by {{ words('spelling') }}
