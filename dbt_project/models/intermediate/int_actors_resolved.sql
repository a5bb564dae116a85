-- Who each actor is: the user that a stated user id stands for, the address as people share it. Whose an anonymous id is
-- depends on when.
with written as (
    select distinct email_as_written from {{ ref('int_event_actors') }} where email_as_written is not null
),
addresses as (
    select email_as_written, {{ normalised_email('email_as_written') }} as email from written
)
select
    actors.actor_key,
    actors.source,
    actors.user_id as stated_user_id,
    coalesce(aliases.user_id, actors.user_id) as user_id,
    actors.anonymous_id,
    actors.company_id,
    addresses.email,
    case when addresses.email is null then nullif({{ trimmed('actors.email_as_written') }}, '') end as malformed_email
from {{ ref('int_event_actors') }} as actors
left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = actors.user_id
left join addresses on addresses.email_as_written = actors.email_as_written
