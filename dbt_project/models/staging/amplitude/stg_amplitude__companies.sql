-- Properties of the group that stands for companies, as events carry them: {"company": {"Acme": {"industry": …}}}.
with named as (
    select
        {{ first_text('groups', [var('amplitude_group_type') ~ '[0]', var('amplitude_group_type')]) }} as company_id,
        {{ json_object_at('group_properties', "'" ~ var('amplitude_group_type') ~ "'") }} as by_name,
        occurred_at,
        load_id,
        line_number
    from {{ landed('amplitude_events') }}
    where coalesce(groups, '{}') <> '{}'
),
described as (
    select company_id, {{ json_object_at('by_name', 'company_id') }} as traits, occurred_at, load_id, line_number
    from named
    where company_id is not null
)
select
    'amplitude' as source,
    company_id,
    {{ first_text('traits', ['name']) }} as company_name,
    {{ first_text('traits', ['domain', 'website']) }} as domain,
    {{ whole_or_null(first_text('traits', ['employee_count', 'employees'])) }} as employee_count,
    {{ first_text('traits', ['industry']) }} as industry,
    {{ first_text('traits', ['country']) }} as country,
    {{ first_text('traits', ['plan']) }} as plan,
    {{ number_or_null(first_text('traits', ['usage_count'])) }} as usage_count,
    {{ number_or_null(first_text('traits', ['usage_limit'])) }} as usage_limit,
    {{ number_or_null(first_text('traits', ['acv'])) }} as acv,
    {{ first_text('traits', ['hubspot_id', 'hubspotId']) }} as hubspot_id,
    occurred_at as described_at,
    load_id,
    line_number,
    1 as call_number
from described
