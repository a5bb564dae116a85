{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Of the routes of which all conditions hold, the first one; one without conditions takes everybody.
with wanted as (
    select user_id from {{ ref('int_handoffs_eligible') }}
    union distinct
    select user_id from {{ ref('int_contacts_called_upon') }}
),
people as (
    select people.*
    from {{ ref('int_people_asked') }} as people
    inner join wanted on wanted.user_id = people.user_id
),
answered as (
    {{ people_answered('people', 'int_routing_conditions') }}
),
held as (
    select answered.user_id, conditions.route_id
    from answered
    inner join {{ ref('int_routing_conditions') }} as conditions on conditions.condition_id = answered.condition_id
    group by answered.user_id, conditions.route_id
    having min(case when answered.is_met then 1 else 0 end) = 1
),
conditioned as (
    select distinct route_id from {{ ref('int_routing_conditions') }}
),
ranked as (
    select
        people.user_id,
        routes.route_id,
        routes.pool,
        routes.track,
        row_number() over (partition by people.user_id order by routes.place, routes.route_id) as place
    from people
    cross join {{ ref('routing_rules') }} as routes
    left join conditioned on conditioned.route_id = routes.route_id
    left join held on held.user_id = people.user_id and held.route_id = routes.route_id
    where routes.is_enabled and (conditioned.route_id is null or held.user_id is not null)
)
select user_id, route_id, pool, track
from ranked
where place = 1
