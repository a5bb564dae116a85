-- The strongest reasons of everybody's PQL score in a line that people read: "Free trial started +20; …".
with numbered as (
    select
        user_id,
        {{ dbt.concat(["label", "case when points > 0 then ' +' else ' ' end", plain_number('round(points, 1)')]) }} as told,
        row_number() over (partition by user_id order by abs(points) desc, rule_id) as place
    from {{ ref('contact_score_reasons') }}
    where score_name = 'pql' and kind in ('engagement', 'negative') and round(points, 1) <> 0
)
-- Piece by piece: sorting the pieces of each of a million people takes much longer.
select user_id, {{ first_five('told', 'place') }} as score_reasons
from numbered
where place <= 5
group by user_id
