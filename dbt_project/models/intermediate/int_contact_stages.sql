-- One row per contact that signed up: when it came to each stage for the first and for the last time, and whether ever.
{% set stages = funnel_stages() + ['mql'] %}
with stages as (
    select
        contact_id
        {%- for stage in stages %},
        max(case when stage = '{{ stage }}' then 1 else 0 end) = 1 as is_{{ stage }},
        min(case when stage = '{{ stage }}' then happened_at end) as {{ stage }}_at,
        max(case when stage = '{{ stage }}' then happened_at end) as {{ stage }}_last_at
        {%- endfor %}
        {%- for stage in ['mql', 'pql'] %},
        min(case when stage = '{{ stage }}' and is_since_before then happened_at end) as {{ stage }}_since_before_at
        {%- endfor %}
    from {{ ref('int_stage_moments') }}
    group by contact_id
)
select
    contacts.contact_id,
    {{ columns_of('contacts', ['company_id', 'hubspot_id', 'source', 'industry', 'tier', 'track']) }}
    {%- for stage in stages %},
    stages.is_{{ stage }}, stages.{{ stage }}_at, stages.{{ stage }}_last_at
    {%- endfor %},
    -- The first time is known to be the first one only after the first build.
    coalesce(stages.mql_since_before_at = stages.mql_at, false) as is_mql_since_before,
    coalesce(stages.pql_since_before_at = stages.pql_at, false) as is_pql_since_before
from {{ ref('int_contacts_reported') }} as contacts
inner join stages on stages.contact_id = contacts.contact_id
where contacts.user_id = contacts.contact_id
