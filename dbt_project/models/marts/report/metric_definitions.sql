{% for metric in report_metrics() %}
select
    {{ loop.index }} as position,
    {% for column in ['metric_id', 'label', 'kind', 'unit', 'better', 'definition'] %}
    '{{ metric[column] | replace("'", "''") }}' as {{ column }},
    {% endfor %}
    '{{ metric['known'] }}' as known_from,
    {{ metric.get('has_floor', false) | lower }} as has_floor
{% if not loop.last %}union all{% endif %}
{% endfor %}
