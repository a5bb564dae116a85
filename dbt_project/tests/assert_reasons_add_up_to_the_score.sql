{{ config(meta={'dagster': {'ref': {'name': 'contact_score_reasons'}}}) }}
with added as (
    select
        user_id,
        sum(case when score_name = 'pql' then points else 0 end) as pql_points,
        sum(case when score_name = 'fit' then points else 0 end) as fit_points
    from {{ ref('contact_score_reasons') }}
    group by user_id
)
select scores.user_id, scores.pql_score, added.pql_points, scores.fit_score, added.fit_points
from {{ ref('contact_scores') }} as scores
left join added on added.user_id = scores.user_id
where coalesce(added.pql_points, 0) <> scores.pql_score or coalesce(added.fit_points, 0) <> scores.fit_score
