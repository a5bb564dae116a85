-- One row per user id that is another name of a user, with the id that stands for all of them. Ids that are linked,
-- directly or over others, are one person. A user id that was given up for another one is never the one that stands for
-- them, unless all were.
with recursive links as (
    select distinct other_user_id as given_up_id, user_id
    from {{ ref('int_identity_links') }}
    where other_user_id is not null and other_user_id <> user_id
),
neighbours as (
    select given_up_id as user_id, user_id as neighbour_id from links
    union distinct
    select user_id, given_up_id from links
),
reached as (
    {{ reached_over('reached', 'neighbours') }}
),
-- Whoever can be reached reaches themselves too, by way of a neighbour.
candidates as (
    select
        reached.user_id,
        reached.other_id,
        row_number() over (
            partition by reached.user_id
            order by case when given_up.user_id is null then 0 else 1 end, reached.other_id
        ) as place
    from reached
    left join (select distinct given_up_id as user_id from links) as given_up on given_up.user_id = reached.other_id
)
select user_id as alias_user_id, other_id as user_id
from candidates
where place = 1 and user_id <> other_id
