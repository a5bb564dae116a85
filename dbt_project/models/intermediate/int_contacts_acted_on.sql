{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per contact about whom an owner is to do something because of what was used or not, and whom nobody has.
with episodes as (
    select * from {{ ref('int_trigger_episodes') }} where gives_way_to_strength is null
),
owed as (
    {{ actions_open('episodes') }}
)
select distinct owed.record_key as user_id, scores.combined_score
from owed
inner join {{ ref('contact_scores') }} as scores on scores.user_id = owed.record_key
left join {{ ref('int_present_owners') }} as present_owners on present_owners.user_id = owed.record_key
-- With whom it was begun, if HubSpot still has them.
left join {{ ref('stg_hubspot__owners') }} as begun_with on begun_with.owner_id = owed.owner_id
where owed.is_done_by_owner
    and present_owners.user_id is null
    and begun_with.owner_id is null
    and {{ dbt.dateadd('hour', 'owed.expires_hours', 'owed.moment_at') }} > {{ as_of() }}
