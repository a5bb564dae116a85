{# The ways of contacts through the stages of the funnel, as report.contact_journeys tells them. #}

{# CTEs, of which the last is `ways`: one row per contact in the CTE `moments` (contact_id, stage and happened_at, each once), and
   for each stage journey_<stage>_at and path_<stage>_at, null where the way does not come to it. #}
{% macro ways_through_stages(moments, stages) -%} {{ return(adapter.dispatch('ways_through_stages', 'pql')(moments, stages)) }} {%- endmacro %}
{% macro default__ways_through_stages(moments, stages) -%}
{% for stage in stages %}
journey_{{ stage }} as (
    {% if loop.first %}
    select contact_id, min(happened_at) as happened_at from {{ moments }} as moments where stage = '{{ stage }}' group by contact_id
    {% else %}
    select moments.contact_id, min(moments.happened_at) as happened_at
    from {{ moments }} as moments
    inner join journey_{{ loop.previtem }} as before on before.contact_id = moments.contact_id
    where moments.stage = '{{ stage }}' and moments.happened_at >= before.happened_at
    group by moments.contact_id
    {% endif %}
),
{% endfor %}
-- Only whoever came to a stage that the journey does not get to may have a path that is another one.
counted as (
    select contact_id, count(distinct stage) as stage_count from {{ moments }} as moments group by contact_id
),
beside as (
    select counted.contact_id
    from counted
    {% for stage in stages %}
    left join journey_{{ stage }} on journey_{{ stage }}.contact_id = counted.contact_id
    {% endfor %}
    where counted.stage_count > {% for stage in stages %}case when journey_{{ stage }}.contact_id is null then 0 else 1 end{% if not loop.last %} + {% endif %}{% endfor %}
),
{% for stage in stages %}
{% set bit = 64 + 2 ** (stages | length - loop.index) %}
paths_{{ stage }} as (
    {% if not loop.first %}
    select * from paths_{{ loop.previtem }}
    union all
    {% endif %}
    select moments.contact_id, moments.happened_at, {% if loop.first %}{{ bit }}{% else %}coalesce(max(paths.path), 0) + {{ bit }}{% endif %} as path
    from {{ moments }} as moments
    inner join beside on beside.contact_id = moments.contact_id
    {% if not loop.first %}
    left join paths_{{ loop.previtem }} as paths
        on paths.contact_id = moments.contact_id and paths.happened_at <= moments.happened_at
    {% endif %}
    where moments.stage = '{{ stage }}'
    group by moments.contact_id, moments.happened_at
),
{% endfor %}
longest as (
    select contact_id, max(path) as path from paths_{{ stages[-1] }} group by contact_id
),
on_path as (
    select moments.contact_id, moments.stage, moments.happened_at
    from {{ moments }} as moments
    inner join longest on longest.contact_id = moments.contact_id
    where case moments.stage
        {% for stage in stages %}
        {% set bit = 2 ** (stages | length - loop.index) %}
        when '{{ stage }}' then mod(cast(floor(longest.path / {{ bit }}) as bigint), 2) = 1
        {% endfor %}
    end
),
{% for stage in stages %}
path_{{ stage }} as (
    {% if loop.first %}
    select longest.contact_id, min(on_path.happened_at) as happened_at, min(on_path.happened_at) as reached_at
    from longest
    left join on_path on on_path.contact_id = longest.contact_id and on_path.stage = '{{ stage }}'
    group by longest.contact_id
    {% else %}
    select before.contact_id, min(on_path.happened_at) as happened_at, coalesce(min(on_path.happened_at), max(before.reached_at)) as reached_at
    from path_{{ loop.previtem }} as before
    left join on_path
        on on_path.contact_id = before.contact_id
        and on_path.stage = '{{ stage }}'
        and (before.reached_at is null or on_path.happened_at >= before.reached_at)
    group by before.contact_id
    {% endif %}
),
{% endfor %}
ways as (
    select
        counted.contact_id
        {% for stage in stages %},
        journey_{{ stage }}.happened_at as journey_{{ stage }}_at,
        case when longest.contact_id is null then journey_{{ stage }}.happened_at else path_{{ stage }}.happened_at end as path_{{ stage }}_at
        {% endfor %}
    from counted
    left join longest on longest.contact_id = counted.contact_id
    {% for stage in stages %}
    left join journey_{{ stage }} on journey_{{ stage }}.contact_id = counted.contact_id
    left join path_{{ stage }} on path_{{ stage }}.contact_id = counted.contact_id
    {% endfor %}
)
{%- endmacro %}
