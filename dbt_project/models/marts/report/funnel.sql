{% set stages = funnel_stages() %}
{# order × filter → how a stage is told: whether it was reached, and when. In any order, a stage counts with all stages only
   where all before it were reached as well. #}
{% set ways = [
    ('journey', 'all_stages', 'journey'),
    ('journey', 'any_stage', 'path'),
    ('any_order', 'all_stages', 'all'),
    ('any_order', 'any_stage', 'any'),
] %}
with segment_types as (
    {{ segment_types() }}
),
told as (
    select
        journeys.*,
        {% for stage in stages %}
        {% for way in ['journey', 'path'] %}
        {{ way }}_{{ stage }}_at is not null as {{ way }}_{{ stage }},
        {{ way }}_{{ stage }}_at as {{ way }}_{{ stage }}_on,
        {% endfor %}
        {% for before in stages[:loop.index] %}is_{{ before }}{% if not loop.last %} and {% endif %}{% endfor %} as all_{{ stage }},
        {{ stage }}_at as all_{{ stage }}_on,
        is_{{ stage }} as any_{{ stage }},
        {{ stage }}_at as any_{{ stage }}_on{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('contact_journeys') }} as journeys
),
split as (
    select segment_types.segment_type, {{ segment_of('told', split_by()) }} as segment, told.*
    from told
    cross join segment_types
    where segment_types.segment_type <> 'owner'
),
-- Everything in one pass over the contacts; told row by row after that.
counted as (
    select
        segment_type,
        segment
        {% for _, _, way in ways %}
        {% for stage in stages %}
        {% set at, first = way ~ '_' ~ stage, way ~ '_' ~ stages[0] %},
        sum(case when {{ at }} then 1 else 0 end) as {{ at }}_count,
        sum(case when {{ at }} and {{ first }} then 1 else 0 end) as {{ at }}_from_first
        {% if not loop.first %}
        {% set before = way ~ '_' ~ loop.previtem %}
        {% set is_timed = at ~ ' and ' ~ before ~ ' and ' ~ at ~ '_on >= ' ~ before ~ '_on' ~ (' and not is_pql_since_before' if 'pql' in (loop.previtem, stage) else '') %}
        {% set hours = 'case when ' ~ is_timed ~ ' then ' ~ elapsed(before ~ '_on', at ~ '_on', 'hour') ~ ' end' %},
        sum(case when {{ at }} and {{ before }} then 1 else 0 end) as {{ at }}_went_on,
        count({{ hours }}) as {{ at }}_timed,
        {{ percentile(hours, 0.5) }} as {{ at }}_median,
        {{ percentile(hours, 0.9) }} as {{ at }}_p90
        {% endif %}
        {% endfor %}
        {% endfor %}
    from split
    group by segment_type, segment
),
rows_told as (
    {% set rows = [] %}
    {% for order_mode, stage_filter, way in ways %}
    {% for stage in stages %}
    {% set at = way ~ '_' ~ stage %}
    {% set before = none if loop.first else way ~ '_' ~ loop.previtem %}
    {% do rows.append({
        'order_mode': "'" ~ order_mode ~ "'",
        'stage_filter': "'" ~ stage_filter ~ "'",
        'segment_type': 'segment_type',
        'segment': 'segment',
        'stage_number': loop.index,
        'stage': "'" ~ stage ~ "'",
        'contact_count': at ~ '_count',
        'first_count': way ~ '_' ~ stages[0] ~ '_count',
        'from_first_count': at ~ '_from_first',
        'previous_count': before ~ '_count' if before else 'cast(null as bigint)',
        'went_on_count': at ~ '_went_on' if before else 'cast(null as bigint)',
        'timed_count': at ~ '_timed' if before else 'cast(null as bigint)',
        'median_hours': at ~ '_median' if before else 'cast(null as ' ~ type_double() ~ ')',
        'p90_hours': at ~ '_p90' if before else 'cast(null as ' ~ type_double() ~ ')',
    }) %}
    {% endfor %}
    {% endfor %}
    {{ rows_from('counted', rows) }}
)
select
    order_mode,
    stage_filter,
    segment_type,
    segment,
    cast(stage_number as integer) as stage_number,
    stage,
    cast(contact_count as bigint) as contact_count,
    cast(previous_count as bigint) as previous_count,
    cast(went_on_count as bigint) as went_on_count,
    {{ share_of('went_on_count', 'previous_count') }} as next_step_share,
    cast(from_first_count as bigint) as from_first_count,
    {{ share_of('from_first_count', 'first_count') }} as cumulative_share,
    cast(timed_count as bigint) as timed_count,
    cast(median_hours as {{ type_double() }}) as median_hours,
    cast(p90_hours as {{ type_double() }}) as p90_hours,
    {{ is_few('coalesce(previous_count, contact_count)') }} as is_small
from rows_told
