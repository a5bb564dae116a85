-- The names that sources give to the events of each reading.
select readings.reading_id, meanings.name_key
from {{ ref('int_event_meanings') }} as meanings
inner join {{ ref('int_event_readings') }} as readings on {{ event_is_meant('readings.events', 'meanings') }}
