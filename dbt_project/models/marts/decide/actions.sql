with owed as (
    select * from {{ ref('int_trigger_actions_open') }} where gives_way_to is null and action <> 'segment'
),
begun_with as (
    select owners.owner_id, owners.email as owner_email, {{ owner_name('owners') }} as owner_name
    from {{ ref('stg_hubspot__owners') }} as owners
),
signals_live as (
    select user_id, {{ dbt.listagg('label', "'; '", 'order by strength, signal_id') }} as signals
    from {{ ref('contact_signals') }}
    where is_live
    group by user_id
),
-- A handoff and a return say who has the contact; a begun episode stays with whom it was begun; else it is whoever has the
-- contact, or whose turn it is.
owned as (
    select
        owed.*,
        handoffs.handoff_reason,
        handoffs.handed_off_at,
        coalesce(handoffs.track, assignees.track) as track,
        returns.return_reason,
        {%- for name, of_owner in [('id', 'owner_id'), ('email', 'owner_email'), ('name', 'owner_name')] %}
        case
            when handoffs.handoff_id is not null then handoffs.{{ of_owner }}
            when returns.return_id is not null then returns.{{ of_owner }}
            else coalesce(begun_with.{{ of_owner }}, present_owners.{{ of_owner }}, assignees.{{ of_owner }})
        end as acting_{{ name }},
        {%- endfor %}
        case
            when handoffs.handoff_id is not null then handoffs.owner_reason
            when returns.return_id is not null then 'returned_by'
            when begun_with.owner_id is not null then case when owed.turn is null then 'existing_owner' else 'round_robin' end
            else coalesce(present_owners.owner_reason, assignees.owner_reason)
        end as acting_reason,
        {%- for name in ['pool', 'turn'] %}
        case
            when handoffs.handoff_id is not null then handoffs.{{ name }}
            when begun_with.owner_id is not null then owed.{{ name }}
            when returns.return_id is null and present_owners.owner_id is null then assignees.{{ name }}
        end as acting_{{ name }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from owed
    left join {{ ref('handoffs') }} as handoffs on handoffs.handoff_id = owed.decided_as
    left join {{ ref('returns') }} as returns on returns.return_id = owed.decided_as
    left join begun_with on begun_with.owner_id = owed.owner_id
    left join {{ ref('int_present_owners') }} as present_owners on present_owners.user_id = owed.record_key
    left join {{ ref('int_assignees') }} as assignees on assignees.user_id = owed.record_key
)
select
    {{ dbt.hash(dbt.concat([
        'owned.trigger_id', "'|'", 'owned.subject_key', "'|'", 'cast(owned.episode as ' ~ dbt.type_string() ~ ')',
        "'|'", 'owned.action', "'|'", 'owned.target'
    ])) }} as action_id,
    owned.trigger_id,
    owned.label,
    owned.action as kind,
    owned.target,
    owned.template,
    owned.priority,
    owned.moment_at,
    owned.not_before_minutes,
    owned.due_minutes,
    owned.expires_hours,
    owned.in_working_hours,
    owned.subject,
    owned.subject_key,
    cast(owned.episode as bigint) as episode,
    owned.record_key,
    owned.hubspot_id,
    owned.company_key,
    company_records.hubspot_id as company_hubspot_id,
    owned.handoff_id,
    owned.return_id,
    owned.acting_id as owner_id,
    owned.acting_email as owner_email,
    owned.acting_name as owner_name,
    owned.acting_reason as owner_reason,
    owned.acting_pool as pool,
    cast(owned.acting_turn as bigint) as turn,
    scores.contact_email,
    scores.first_name,
    {{ full_name('scores') }} as contact_name,
    scores.job_title,
    companies.company_name,
    companies.domain,
    companies.industry,
    coalesce(scores.country, companies.country) as country,
    companies.employee_count,
    scores.pql_score,
    scores.fit_score,
    scores.combined_score,
    scores.band,
    {{ days_since('scores.activated_at') }} as activated_days_ago,
    {{ days_since('scores.last_login_at') }} as days_since_login,
    {{ days_since('scores.last_active_at') }} as days_since_active,
    scores.teammates_invited_count,
    scores.key_action_7d_count,
    companies.active_users_30d as company_active_users,
    case when companies.active_users_30d > 0 then companies.active_users_30d - 1 else companies.active_users_30d end as colleagues_active,
    owned.detail as feature_name,
    webinars.topic,
    scores.score_reasons,
    signals_live.signals,
    lately.recent_pages,
    lately.features_used,
    owned.track,
    described.plan,
    owned.return_reason,
    owned.handoff_reason,
    owned.handed_off_at
from owned
inner join {{ ref('contact_scores') }} as scores on scores.user_id = owned.record_key
left join {{ ref('company_scores') }} as companies on companies.company_id = owned.company_key
left join {{ ref('int_company_records') }} as company_records on company_records.record_key = owned.company_key
left join {{ ref('int_companies') }} as described on described.company_id = owned.company_key
left join {{ ref('int_webinars_attended') }} as webinars on webinars.user_id = owned.record_key
left join signals_live on signals_live.user_id = owned.record_key
left join {{ ref('int_recent_use_told') }} as lately on lately.user_id = owned.record_key
