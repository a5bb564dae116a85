with groups_capped as (
    select
        points.user_id,
        case when sum(points.decayed_points) > groups.cap
            then cast(groups.cap as {{ type_points() }})
            else cast(sum(points.decayed_points) as {{ type_points() }})
        end as points
    from {{ ref('int_engagement_points_decayed') }} as points
    inner join {{ ref('score_groups') }} as groups on groups.score_group = points.score_group
    group by points.user_id, groups.score_group, groups.cap
),
engagement as (
    select user_id, least(cast(sum(points) as {{ type_points() }}), cast(100 as {{ type_points() }})) as points
    from groups_capped
    group by user_id
),
negative as (
    select user_id, cast(sum(points) as {{ type_points() }}) as points
    from {{ ref('int_negative_points') }}
    group by user_id
),
fit as (
    select user_id, least(cast(sum(points) as {{ type_points() }}), cast(100 as {{ type_points() }})) as points
    from {{ ref('int_fit_points') }}
    group by user_id
),
summed as (
    select
        people.user_id,
        coalesce(engagement.points, cast(0 as {{ type_points() }})) as engagement_points,
        coalesce(negative.points, cast(0 as {{ type_points() }})) as negative_points,
        greatest(
            coalesce(engagement.points, cast(0 as {{ type_points() }})) + coalesce(negative.points, cast(0 as {{ type_points() }})),
            cast(0 as {{ type_points() }})
        ) as pql_points,
        coalesce(fit.points, cast(0 as {{ type_points() }})) as fit_points
    from {{ ref('int_people') }} as people
    left join engagement on engagement.user_id = people.user_id
    left join negative on negative.user_id = people.user_id
    left join fit on fit.user_id = people.user_id
),
-- Rounded once, at the end and from exact points; bands and thresholds compare the number people see.
scored as (
    select
        summed.*,
        {{ round_half_up('summed.pql_points') }} as pql_score,
        {{ round_half_up('summed.fit_points') }} as fit_score,
        {{ round_half_up('weights.fit_weight * summed.fit_points + weights.engagement_weight * summed.pql_points') }} as combined_score
    from summed
    inner join {{ ref('score_weights') }} as weights on weights.is_active
)
select
    people.user_id,
    people.contact_email,
    people.first_name,
    people.last_name,
    people.job_title,
    people.country,
    people.company_id,
    cast(scored.engagement_points as {{ type_points() }}) as engagement_points,
    cast(scored.negative_points as {{ type_points() }}) as negative_points,
    cast(scored.pql_points as {{ type_points() }}) as pql_points,
    cast(scored.fit_points as {{ type_points() }}) as fit_points,
    scored.pql_score,
    scored.fit_score,
    scored.combined_score,
    bands.band,
    case when activated.user_id is null then 'not_activated' else 'activated' end as activation_status,
    activated.activated_at,
    activity.last_active_at,
    activity.last_login_at,
    -- Whoever was activated within the week was there; whoever never logged in since is away.
    coalesce(
        activated.activated_at <= {{ hours_before_as_of(7 * 24) }}
        and coalesce(activity.last_login_at <= {{ hours_before_as_of(7 * 24) }}, true),
        false
    ) as is_dormant,
    activity.key_action_7d_count,
    activity.teammates_invited_count,
    coalesce(company_activity.active_users_30d, 0) as company_active_users_30d,
    people.is_personal_email_domain,
    {{ as_of() }} as scored_at
from scored
inner join {{ ref('int_people') }} as people on people.user_id = scored.user_id
inner join {{ ref('score_bands') }} as bands
    on scored.combined_score between bands.min_score and bands.max_score
left join {{ ref('int_users_activated') }} as activated on activated.user_id = people.user_id
left join {{ ref('int_contact_activity') }} as activity on activity.user_id = people.user_id
left join {{ ref('int_company_activity') }} as company_activity on company_activity.company_id = people.company_id
