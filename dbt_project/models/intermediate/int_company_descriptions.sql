-- Every row of every source that says something of a company; precedence as with users.
{% for source in var('event_sources') %}
select
    company_id, company_name, domain, employee_count, industry, country, plan, usage_count, usage_limit, acv, hubspot_id,
    case when source = 'product' then 1 else 0 end as precedence,
    coalesce(described_at, cast('0001-01-01' as timestamp)) as described_at,
    load_id,
    line_number,
    call_number
from {{ ref('stg_' ~ source ~ '__companies') }}
where company_id is not null and coalesce(described_at, {{ as_of() }}) <= {{ as_of() }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
