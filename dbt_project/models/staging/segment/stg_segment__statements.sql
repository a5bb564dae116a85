-- What calls say of users, companies and ids: the calls that are no events. Of two deliveries of one call the first
-- received is kept.
with calls as (
    select * from {{ ref('stg_segment__calls') }} where call_type not in ('track', 'page', 'screen')
),
numbered as (
    select
        calls.*,
        row_number() over (partition by call_id order by received_at, load_id, line_number, call_number) as arrival
    from calls
)
select
    call_id, call_type, user_id, anonymous_id, previous_id, group_id, occurred_at, traits, load_id, line_number, call_number
from numbered
where arrival = 1
