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
