{{ config(materialized='view', meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Why somebody goes to sales now, in words.
select
    eligible.user_id,
    {{ dbt.concat([
        "'PQL score '", text('scores.pql_score'), "', fit score '", text('scores.fit_score'), "'. '",
        "coalesce('Strongest signal: ' || signals.label || '. ', '')",
        text('scores.company_active_users_30d'),
        "case when scores.company_active_users_30d = 1 then ' active user' else ' active users' end",
        "' at the company in 30 days.'",
        "coalesce(' Route ' || routes.route_id || ', ' || case routes.track when 'enterprise' then 'enterprise' else 'self-service' end || ' track.', '')",
    ]) }} as handoff_reason
from {{ ref('int_handoffs_eligible') }} as eligible
inner join {{ ref('contact_scores') }} as scores on scores.user_id = eligible.user_id
left join {{ ref('signals') }} as signals on signals.signal_id = scores.strongest_signal
left join {{ ref('int_contact_routes') }} as routes on routes.user_id = eligible.user_id
