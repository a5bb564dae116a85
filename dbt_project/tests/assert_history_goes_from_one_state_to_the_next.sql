-- What a change came from is what the one before it went to.
with changes as (
    select
        score_changes.*,
        lag(pql_score_to) over (partition by user_id order by changed_at) as pql_score_before,
        lag(fit_score_to) over (partition by user_id order by changed_at) as fit_score_before,
        lag(combined_score_to) over (partition by user_id order by changed_at) as combined_score_before,
        lag(band_to) over (partition by user_id order by changed_at) as band_before
    from {{ ref('score_changes') }} as score_changes
)
select * from changes
where coalesce(pql_score_from, -1000) <> coalesce(pql_score_before, -1000)
    or coalesce(fit_score_from, -1000) <> coalesce(fit_score_before, -1000)
    or coalesce(combined_score_from, -1000) <> coalesce(combined_score_before, -1000)
    or coalesce(band_from, '') <> coalesce(band_before, '')
