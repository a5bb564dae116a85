{{ config(meta={'dagster': {'ref': {'name': 'contact_scores'}}}) }}
-- A gap between the bands, or no active profile, would drop people without a word.
select users.user_id
from {{ ref('int_users') }} as users
left join {{ ref('contact_scores') }} as scores on scores.user_id = users.user_id
where scores.user_id is null
