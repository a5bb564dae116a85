select
    'segment' as source,
    group_id as company_id,
    {{ first_text('traits', ['name', 'company_name']) }} as company_name,
    {{ first_text('traits', ['domain', 'website']) }} as domain,
    {{ whole_or_null(first_text('traits', ['employee_count', 'employees', 'employeeCount'])) }} as employee_count,
    {{ first_text('traits', ['industry']) }} as industry,
    {{ first_text('traits', ['country', 'address.country']) }} as country,
    {{ first_text('traits', ['plan']) }} as plan,
    {{ number_or_null(first_text('traits', ['usage_count', 'usageCount'])) }} as usage_count,
    {{ number_or_null(first_text('traits', ['usage_limit', 'usageLimit'])) }} as usage_limit,
    {{ number_or_null(first_text('traits', ['acv'])) }} as acv,
    {{ first_text('traits', ['hubspot_id', 'hubspotId']) }} as hubspot_id,
    occurred_at as described_at,
    load_id,
    line_number,
    call_number
from {{ ref('stg_segment__statements') }}
where call_type = 'group'
