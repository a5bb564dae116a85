with owed as (
    select
        {{ dbt.hash(dbt.concat(["handoffs.handoff_id", "'|'", "triggers.trigger_id"])) }} as action_id,
        triggers.trigger_id,
        triggers.action as kind,
        triggers.target,
        triggers.due_minutes,
        {{ dbt.dateadd('minute', 'triggers.due_minutes', 'handoffs.handed_off_at') }} as due_at,
        {{ dbt.dateadd('hour', 'triggers.expires_hours', 'handoffs.handed_off_at') }} as expires_at,
        handoffs.handoff_id,
        handoffs.record_key,
        handoffs.owner_id,
        handoffs.owner_email,
        handoffs.owner_name
    from {{ ref('handoffs') }} as handoffs
    cross join {{ ref('triggers') }} as triggers
    where triggers.is_enabled and handoffs.handoff_state not in ('waiting', 'in_review')
)
select
    owed.action_id,
    owed.trigger_id,
    owed.kind,
    owed.target,
    owed.due_minutes,
    owed.due_at,
    owed.expires_at,
    owed.handoff_id,
    owed.record_key,
    owed.owner_id,
    owed.owner_email,
    owed.owner_name,
    scores.contact_email,
    nullif(trim(coalesce(scores.first_name, '') || ' ' || coalesce(scores.last_name, '')), '') as contact_name,
    companies.company_name,
    companies.employee_count,
    scores.combined_score,
    cast(floor({{ elapsed_microseconds('scores.activated_at', as_of()) }} / cast(86400000000 as {{ type_double() }})) as bigint) as activated_days_ago,
    scores.teammates_invited_count,
    scores.key_action_7d_count
from owed
inner join {{ ref('contact_scores') }} as scores on scores.user_id = owed.record_key
left join {{ ref('company_scores') }} as companies on companies.company_id = scores.company_id
left join {{ ref('stg_pipeline__deliveries') }} as deliveries on deliveries.action_id = owed.action_id
left join {{ ref('int_contacts_suppressed') }} as suppressed on suppressed.user_id = owed.record_key
where suppressed.user_id is null
    and (deliveries.action_id is null or deliveries.delivery_state not in ('delivered', 'failed', 'expired', 'cancelled'))
