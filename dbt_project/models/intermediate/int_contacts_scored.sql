-- The three scores of everybody, and what they are made of. Each is rounded once, at the end and from exact points.
with engagement as (
    select user_id, cast(sum(points) as {{ type_points() }}) as points
    from {{ ref('int_engagement_points_capped') }}
    group by user_id
),
negative as (
    select user_id, cast(sum(points) as {{ type_points() }}) as points
    from {{ ref('int_negative_points') }}
    group by user_id
),
-- A profile with bounds holds for companies of that size, the one without for everybody else.
profiles as (
    select score_weights.*, min_employees is not null or max_employees is not null as has_bounds
    from {{ ref('score_weights') }} as score_weights
    where is_active
),
weights as (
    select
        people.user_id,
        coalesce(sized.profile, general.profile) as profile,
        coalesce(sized.fit_weight, general.fit_weight) as fit_weight,
        coalesce(sized.engagement_weight, general.engagement_weight) as engagement_weight
    from {{ ref('int_people') }} as people
    left join {{ ref('int_companies') }} as companies on companies.company_id = people.company_id
    inner join profiles as general on not general.has_bounds
    left join profiles as sized
        on sized.has_bounds
        and companies.employee_count >= coalesce(sized.min_employees, 0)
        and companies.employee_count <= coalesce(sized.max_employees, companies.employee_count)
),
summed as (
    select
        fit.user_id,
        coalesce(engagement.points, cast(0 as {{ type_points() }})) as engagement_points,
        coalesce(negative.points, cast(0 as {{ type_points() }})) as negative_points,
        cast(greatest(
            coalesce(engagement.points, 0) + coalesce(negative.points, 0), {{ whole_setting('pql_floor') }}
        ) as {{ type_points() }}) as pql_points,
        fit.fit_points,
        fit.fit_score
    from {{ ref('int_fit_scores') }} as fit
    left join engagement on engagement.user_id = fit.user_id
    left join negative on negative.user_id = fit.user_id
)
select
    summed.*,
    {{ round_half_up('summed.pql_points') }} as pql_score,
    {{ round_half_up('weights.fit_weight * summed.fit_points + weights.engagement_weight * summed.pql_points') }} as combined_score,
    weights.profile as weight_profile,
    weights.fit_weight,
    weights.engagement_weight
from summed
inner join weights on weights.user_id = summed.user_id
