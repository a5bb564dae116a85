-- Whose an anonymous id was when: its first user has all before, each later one what came after the user before them.
with links as (
    select
        links.anonymous_id,
        coalesce(aliases.user_id, links.user_id) as user_id,
        links.linked_at
    from {{ ref('int_identity_links') }} as links
    left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = links.user_id
    where links.anonymous_id is not null
),
changes as (
    select
        anonymous_id,
        user_id,
        linked_at,
        lag(user_id) over (partition by anonymous_id order by linked_at, user_id) as user_before
    from links
    where linked_at is not null
),
-- A statement without a time holds where no other says something.
timeless as (
    select links.anonymous_id, min(links.user_id) as user_id
    from links
    left join changes on changes.anonymous_id = links.anonymous_id
    where changes.anonymous_id is null
    group by links.anonymous_id
),
reigns as (
    select
        anonymous_id,
        user_id,
        user_before,
        linked_at,
        lead(linked_at) over (partition by anonymous_id order by linked_at, user_id) as next_at
    from changes
    where user_before is null or user_before <> user_id
),
-- Where one stops and the next begins: with the last call of the one before, so that what a visitor does before they
-- log in is theirs.
last_calls as (
    select
        reigns.anonymous_id,
        reigns.user_id,
        reigns.user_before,
        reigns.linked_at,
        reigns.next_at,
        max(changes.linked_at) as last_at
    from reigns
    inner join changes
        on changes.anonymous_id = reigns.anonymous_id
        and changes.user_id = reigns.user_id
        and changes.linked_at >= reigns.linked_at
        and (reigns.next_at is null or changes.linked_at <= reigns.next_at)
    group by reigns.anonymous_id, reigns.user_id, reigns.user_before, reigns.linked_at, reigns.next_at
)
select
    anonymous_id,
    user_id,
    lag(last_at) over (partition by anonymous_id order by linked_at, user_id) as after_at,
    case when next_at is not null then last_at end as until_at
from last_calls
union all
select anonymous_id, user_id, null, null from timeless
