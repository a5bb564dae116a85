{# What the segments of an object type ask for that are switched on; the id of a condition is one over all segments. #}
{% macro segment_conditions_of(object_type) %}
    select
        conditions.segment_id,
        {{ dbt.concat(['conditions.segment_id', "'/'", 'conditions.condition_id']) }} as condition_id,
        conditions.property,
        conditions.operator,
        conditions.value
    from {{ ref('segment_conditions') }} as conditions
    inner join {{ ref('segments') }} as segments on segments.segment_id = conditions.segment_id
    where segments.is_enabled and segments.object_type = '{{ object_type }}'
{%- endmacro %}

{# The segments of which all conditions hold, by the key of whom they hold for. `answered`, what `conditions_answered` says
   of these conditions, must be in scope. #}
{% macro segments_met(key, conditions) %}
select answered.user_id as {{ key }}, conditions.segment_id
from answered
inner join {{ ref(conditions) }} as conditions on conditions.condition_id = answered.condition_id
group by answered.user_id, conditions.segment_id
having min(case when answered.is_met then 1 else 0 end) = 1
{%- endmacro %}
