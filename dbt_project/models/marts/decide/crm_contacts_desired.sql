with pausing as (
    select min(at_least_days) as after_days from {{ ref('triggers') }} where is_enabled and starts_with = 'disengaged'
),
numbered_handoffs as (
    select handoffs.*, row_number() over (partition by record_key order by episode desc) as place
    from {{ ref('handoffs') }} as handoffs
    where handoff_state not in ('waiting', 'in_review')
),
handoffs as (
    select * from numbered_handoffs where place = 1
),
in_review as (
    select record_key from {{ ref('handoffs') }} where handoff_state = 'in_review'
),
qualified as (
    select distinct user_id from {{ ref('sales_qualifications') }} where is_sales_qualified
),
numbered_returns as (
    select returns.*, row_number() over (partition by record_key order by episode desc) as place
    from {{ ref('returns') }} as returns
    where return_state = 'acknowledged'
)
select
    scores.user_id as record_key,
    records.hubspot_id,
    case
        when records.suppressed_because is not null then 'suppressed'
        when not records.is_leading then 'same_record_as_another_user'
        when records.matched_by = 'several_candidates' then records.matched_by
        when records.hubspot_id is null and scores.contact_email is null then 'no_email'
        else records.matched_by
    end as matched_by,
    scores.user_id,
    scores.contact_email,
    scores.activation_status,
    scores.pql_score,
    scores.fit_score,
    scores.combined_score,
    scores.band,
    scores.score_reasons,
    scores.fit_completeness_pct,
    scores.strongest_signal,
    scores.sales_priority,
    scores.dormant_for_days,
    told.segments,
    scores.is_habitual,
    scores.is_icp_match,
    scores.activated_at,
    scores.last_active_at,
    scores.last_login_at,
    scores.time_to_value_hours,
    scores.key_action_7d_count,
    scores.key_feature_count_30d,
    scores.key_actions_per_active_day,
    scores.teammates_invited_count,
    scores.active_teammates_30d,
    scores.company_active_users_30d,
    scores.is_personal_email_domain,
    qualified.user_id is not null as is_sales_qualified,
    case when in_review.record_key is not null then true end as is_review_required,
    handoffs.handed_off_at as handoff_at,
    handoffs.handoff_reason,
    handoffs.track as sales_track,
    returns.returned_at,
    returns.return_reason,
    -- Stage and owner are written once, at the handoff; from then on they are the salesperson's.
    case when handoffs.handoff_state in ('proposed', 'claimed') then 'salesqualifiedlead' end as lifecycle_stage,
    case
        when handoffs.handoff_state in ('proposed', 'claimed') and handoffs.owner_reason <> 'existing_owner'
        then handoffs.owner_id
    end as owner_id,
    -- Said while it is so and taken back when they return: nobody else is told anything.
    case when {{ dbt.dateadd('day', 'pausing.after_days', 'engaged.last_engaged_at') }} <= {{ as_of() }} then true end as pause_sequences,
    webinars.topic as webinar_topic
from {{ ref('contact_scores') }} as scores
cross join pausing
inner join {{ ref('int_contact_records') }} as records on records.user_id = scores.user_id
left join handoffs on handoffs.record_key = scores.user_id
left join in_review on in_review.record_key = scores.user_id
left join qualified on qualified.user_id = scores.user_id
left join numbered_returns as returns on returns.record_key = scores.user_id and returns.place = 1
left join {{ ref('int_segments_told') }} as told on told.object_type = 'contacts' and told.record_key = scores.user_id
left join {{ ref('int_contacts_engaged') }} as engaged on engaged.user_id = scores.user_id
left join {{ ref('int_webinars_attended') }} as webinars on webinars.user_id = scores.user_id
