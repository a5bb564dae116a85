select
    companies.company_id as record_key,
    companies.hubspot_id,
    records.matched_by,
    companies.company_id,
    companies.company_name,
    companies.domain,
    companies.active_users_30d,
    companies.active_users_7d,
    companies.active_users_1d,
    companies.key_action_7d_count,
    companies.pql_count,
    companies.company_score,
    companies.strongest_signal,
    told.segments,
    companies.last_active_at
from {{ ref('company_scores') }} as companies
inner join {{ ref('int_company_records') }} as records on records.record_key = companies.company_id
left join {{ ref('int_segments_told') }} as told
    on told.object_type = 'companies' and told.record_key = companies.company_id
