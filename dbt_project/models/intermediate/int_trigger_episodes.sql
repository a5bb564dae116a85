{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per trigger that use or its absence starts, and contact or company of whom all that it asks for holds: the episode
-- that is begun or would begin, and what stronger one of these it gives way to. Ids are counts of earlier episodes.
with triggers as (
    select
        triggers.trigger_id, triggers.label, triggers.subject, triggers.strength, triggers.gives_way_hours, triggers.cool_down_days,
        actions.lives_hours
    from {{ ref('triggers') }} as triggers
    inner join (
        select trigger_id, max(expires_hours) as lives_hours
        from {{ ref('trigger_actions') }}
        where is_enabled
        group by trigger_id
    ) as actions on actions.trigger_id = triggers.trigger_id
    where triggers.is_enabled
),
remembered as (
    select
        trigger_id, subject_key, episode,
        max(moment_at) as moment_at,
        max(record_key) as record_key,
        max(owner_id) as owner_id,
        max(pool) as pool,
        max(turn) as turn,
        row_number() over (partition by trigger_id, subject_key order by episode desc) as place
    from {{ ref('int_actions_remembered') }}
    group by trigger_id, subject_key, episode
),
moments as (
    select
        moments.trigger_id,
        case when triggers.subject = 'company' then moments.company_id else moments.user_id end as subject_key,
        moments.user_id,
        moments.company_id,
        moments.moment_at,
        moments.detail
    from {{ ref('int_trigger_moments') }} as moments
    inner join triggers on triggers.trigger_id = moments.trigger_id
),
counted as (
    select
        moments.*,
        last.record_key as begun_with,
        last.moment_at as begun_at,
        last.owner_id,
        last.pool,
        last.turn,
        coalesce(last.episode, 0) as last_episode,
        last.trigger_id is null or (
            triggers.cool_down_days is not null
            and moments.moment_at > last.moment_at
            and moments.moment_at >= {{ dbt.dateadd('day', 'triggers.cool_down_days', 'last.moment_at') }}
        ) as is_new
    from moments
    inner join triggers on triggers.trigger_id = moments.trigger_id
    left join remembered as last
        on last.trigger_id = moments.trigger_id and last.subject_key = moments.subject_key and last.place = 1
),
episodes as (
    select
        trigger_id,
        subject_key,
        company_id,
        case when coalesce(is_new, false) then last_episode + 1 else last_episode end as episode,
        not coalesce(is_new, false) as is_begun,
        case when coalesce(is_new, false) then moment_at else coalesce(begun_at, moment_at) end as moment_at,
        case when coalesce(is_new, false) then user_id else coalesce(begun_with, user_id) end as record_key,
        case when not coalesce(is_new, false) then owner_id end as owner_id,
        case when not coalesce(is_new, false) then pool end as pool,
        case when not coalesce(is_new, false) then turn end as turn,
        detail
    from counted
),
-- Whom something can be done about: known, not suppressed, and the one who speaks for the contact.
candidates as (
    select
        {{ dbt.concat(['episodes.trigger_id', "'|'", 'episodes.subject_key']) }} as user_id,
        episodes.trigger_id,
        triggers.label,
        triggers.subject,
        triggers.strength,
        triggers.gives_way_hours,
        episodes.subject_key,
        episodes.record_key,
        records.hubspot_id,
        coalesce(episodes.company_id, scores.company_id) as company_key,
        episodes.episode,
        episodes.is_begun,
        episodes.moment_at,
        episodes.owner_id,
        episodes.pool,
        episodes.turn,
        episodes.detail
    from episodes
    inner join triggers on triggers.trigger_id = episodes.trigger_id
    inner join {{ ref('int_contact_records') }} as records on records.user_id = episodes.record_key
    inner join {{ ref('contact_scores') }} as scores on scores.user_id = episodes.record_key
    inner join {{ ref('crm_objects') }} as objects on objects.object_type = 'contacts'
    where episodes.moment_at > {{ hours_before_as_of('triggers.lives_hours + 7 * 24') }}
        and records.is_leading
        and records.suppressed_because is null
        and scores.contact_email is not null
        and records.matched_by <> 'several_candidates'
        and (records.matched_by <> 'absent' or objects.unknown_records = 'upsert')
),
-- Of an episode of a company the company is asked, also where the person belongs to another one.
people as (
    select
        candidates.user_id,
        asked.pql_score,
        asked.fit_score,
        asked.combined_score,
        asked.fit_completeness_pct,
        asked.dormant_for_days,
        asked.days_since_active,
        asked.key_action_7d_count,
        asked.key_feature_count_30d,
        asked.active_teammates_30d,
        asked.teammates_invited_count,
        case when candidates.subject = 'company' then companies.active_users_30d else asked.company_active_users_30d end as company_active_users_30d,
        case when candidates.subject = 'company' then companies.employee_count else asked.employee_count end as employee_count,
        case when candidates.subject = 'company' then companies.industry else asked.industry end as industry,
        asked.activation_status,
        asked.sales_priority,
        asked.band,
        asked.is_icp_match,
        asked.is_habitual,
        asked.is_dormant,
        asked.is_personal_email_domain,
        asked.engagement_rules,
        asked.live_signals,
        asked.lifecycle_stage,
        asked.country_code,
        {{ true_or_false('candidates.detail is not null') }} as has_feature_name
    from candidates
    inner join {{ ref('int_contacts_asked') }} as asked on asked.user_id = candidates.record_key
    left join {{ ref('company_scores') }} as companies on companies.company_id = candidates.company_key
),
answered as (
    {{ conditions_answered(
        'people', 'trigger_conditions',
        texts=contact_texts({'has_feature_name': 'has_feature_name'}),
        numbers=contact_numbers(),
        condition_id=dbt.concat(['conditions.trigger_id', "'/'", 'conditions.condition_id'])
    ) }}
),
refused as (
    select distinct candidates.user_id
    from candidates
    inner join {{ ref('trigger_conditions') }} as conditions on conditions.trigger_id = candidates.trigger_id
    inner join answered
        on answered.user_id = candidates.user_id
        and answered.condition_id = {{ dbt.concat(['conditions.trigger_id', "'/'", 'conditions.condition_id']) }}
    where not answered.is_met
),
found as (
    select candidates.*
    from candidates
    left join refused on refused.user_id = candidates.user_id
    where refused.user_id is null
),
-- Also what was begun before and is done by now.
stronger as (
    select trigger_id, label, strength, subject, record_key, company_key, moment_at from found
    union all
    select
        remembered.trigger_id, triggers.label, triggers.strength, triggers.subject, remembered.record_key,
        case when triggers.subject = 'company' then remembered.subject_key else scores.company_id end,
        remembered.moment_at
    from remembered
    inner join triggers on triggers.trigger_id = remembered.trigger_id
    left join {{ ref('contact_scores') }} as scores on scores.user_id = remembered.record_key
),
giving_way as (
    select
        found.user_id,
        min(stronger.strength) as strength,
        max({{ dbt.dateadd('hour', 'found.gives_way_hours', 'stronger.moment_at') }}) as until_at
    from found
    inner join stronger on {{ gives_way('found', 'stronger') }}
    where not found.is_begun and found.gives_way_hours is not null
    group by found.user_id
)
select
    found.trigger_id,
    found.label,
    found.subject,
    found.subject_key,
    found.record_key,
    found.hubspot_id,
    found.company_key,
    found.episode,
    found.is_begun,
    found.moment_at,
    found.strength,
    found.gives_way_hours,
    found.detail,
    found.owner_id,
    found.pool,
    found.turn,
    giving_way.strength as gives_way_to_strength,
    giving_way.until_at as gives_way_until
from found
left join giving_way on giving_way.user_id = found.user_id
