-- Two users of one address are one contact: the one with the higher score speaks for it.
select
    scores.user_id,
    people.hubspot_id,
    people.matched_by,
    people.lifecycle_stage,
    people.owner_id,
    suppressed.reason as suppressed_because,
    row_number() over (
        partition by coalesce(people.hubspot_id, people.contact_email, people.user_id)
        order by scores.combined_score desc, scores.pql_score desc, people.user_id
    ) = 1 as is_leading
from {{ ref('contact_scores') }} as scores
inner join {{ ref('int_people') }} as people on people.user_id = scores.user_id
left join {{ ref('int_contacts_suppressed') }} as suppressed on suppressed.user_id = scores.user_id
