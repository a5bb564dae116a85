{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Who takes each contact that needs somebody: whoever was given it before, else the member of its pool whose turn it is.
-- Members take turns by how many they had and by who has waited longest. Whoever was away or is new goes on from where
-- the others are, so that nobody is flooded.
with called as (
    select called_upon.user_id, called_upon.combined_score, routes.route_id, routes.pool, routes.track
    from {{ ref('int_contacts_called_upon') }} as called_upon
    left join {{ ref('int_contact_routes') }} as routes on routes.user_id = called_upon.user_id
),
turns as (
    select record_key, owner_id, pool, turn, handed_off_at as taken_at
    from {{ ref('stg_pipeline__handoffs') }}
    -- Before there were pools a turn had no number.
    where turn is not null or owner_reason = 'round_robin'
    union all
    select record_key, owner_id, pool, turn, moment_at
    from {{ ref('stg_pipeline__deliveries') }}
    where turn is not null
),
loads as (
    select owner_id, pool, max(turn) as load_count
    from turns
    where pool is not null
    group by owner_id, pool
),
last_turns as (
    select owner_id, max(taken_at) as last_taken_at
    from turns
    group by owner_id
),
owner_copies as (
    select count(*) as copy_count from {{ ref('stg_hubspot__copies') }} where object_type = 'owners'
),
pools as (
    select distinct pool from {{ ref('routing_rules') }}
),
present as (
    select
        pools.pool,
        lower(team.member_email) as member_email,
        owners.owner_id,
        {{ owner_name('owners') }} as owner_name,
        coalesce(loads.load_count, 0) as load_count,
        last_turns.last_taken_at
    from {{ ref('sales_team') }} as team
    inner join pools on {{ is_among('pools.pool', 'team.pool') }}
    cross join owner_copies
    left join {{ ref('stg_hubspot__owners') }} as owners on owners.email = lower(team.member_email)
    left join loads on loads.owner_id = owners.owner_id and loads.pool = pools.pool
    left join last_turns on last_turns.owner_id = owners.owner_id
    where (owners.owner_id is not null or owner_copies.copy_count = 0)
        and not (
            team.absent_from is not null
            and cast({{ as_of() }} as date) between team.absent_from and team.absent_until
        )
),
members as (
    select
        pool,
        member_email,
        owner_id,
        owner_name,
        greatest(load_count, max(load_count) over (partition by pool) - 1) as load_count,
        last_taken_at
    from present
),
returned as (
    select record_key, max(returned_at) as last_returned_at
    from {{ ref('stg_pipeline__returns') }}
    group by record_key
),
-- A contact stays with whoever was given it; only one that went back to marketing since may go to somebody else.
given_before as (
    select
        turns.record_key as user_id,
        turns.owner_id,
        row_number() over (partition by turns.record_key order by turns.taken_at desc, turns.owner_id) as place
    from turns
    left join returned on returned.record_key = turns.record_key
    where turns.turn is not null
        and (returned.last_returned_at is null or turns.taken_at > returned.last_returned_at)
),
sticky as (
    select
        given_before.user_id,
        members.owner_id,
        min(members.member_email) as member_email,
        min(members.owner_name) as owner_name
    from given_before
    inner join members on members.owner_id = given_before.owner_id
    where given_before.place = 1
    group by given_before.user_id, members.owner_id
),
in_line as (
    select
        called.user_id,
        called.pool,
        row_number() over (partition by called.pool order by called.combined_score desc, called.user_id) as place
    from called
    left join sticky on sticky.user_id = called.user_id
    where sticky.user_id is null and called.pool is not null
),
-- As many turns of each member as there are contacts in line: the first of all of these are taken.
slots as (
    select
        in_line.pool,
        members.member_email,
        members.owner_id,
        members.owner_name,
        members.load_count + in_line.place as turn,
        row_number() over (
            partition by in_line.pool
            order by
                members.load_count + in_line.place,
                case when members.last_taken_at is null then 0 else 1 end,
                members.last_taken_at,
                members.member_email
        ) as place
    from in_line
    inner join members on members.pool = in_line.pool
)
select
    called.user_id,
    coalesce(sticky.owner_id, slots.owner_id) as owner_id,
    coalesce(sticky.member_email, slots.member_email) as owner_email,
    coalesce(sticky.owner_name, slots.owner_name) as owner_name,
    case
        when sticky.user_id is not null or slots.member_email is not null then 'round_robin'
        when called.pool is null then 'no_pool'
        else 'nobody_available'
    end as owner_reason,
    called.pool,
    called.track,
    called.route_id,
    -- Whoever has a contact already takes no new turn for it.
    slots.turn
from called
left join sticky on sticky.user_id = called.user_id
left join in_line on in_line.user_id = called.user_id
left join slots on slots.pool = in_line.pool and slots.place = in_line.place
