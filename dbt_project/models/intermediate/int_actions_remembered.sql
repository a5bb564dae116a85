{{ config(materialized='view', meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- What was begun of which episode, by the user who stands for the contact by now: an identify that makes two users one must
-- not make anything be done again.
select
    deliveries.action_id,
    deliveries.trigger_id,
    deliveries.kind,
    deliveries.target,
    coalesce(people.user_id, deliveries.record_key) as record_key,
    case when triggers.subject = 'company' then deliveries.subject_key else coalesce(subjects.user_id, deliveries.subject_key) end
        as subject_key,
    coalesce(triggers.subject <> 'company' and subjects.user_id is not null, false) as was_another_user,
    deliveries.episode,
    deliveries.moment_at,
    deliveries.owner_id,
    deliveries.pool,
    deliveries.turn,
    deliveries.delivery_state
from {{ ref('stg_pipeline__deliveries') }} as deliveries
left join {{ ref('triggers') }} as triggers on triggers.trigger_id = deliveries.trigger_id
left join {{ ref('int_user_aliases') }} as people on people.alias_user_id = deliveries.record_key
left join {{ ref('int_user_aliases') }} as subjects on subjects.alias_user_id = deliveries.subject_key
where deliveries.trigger_id is not null and deliveries.subject_key is not null
