-- Begun before, and told here again as it was begun, so that an interrupted sync is finished and not started anew.
with begun as (
    select
        eligible.user_id,
        eligible.episode,
        case
            when eligible.is_claimed then 'claimed'
            when eligible.is_in_review then 'in_review'
            when eligible.present_owner_id is null and coalesce(assignees.owner_reason, '') <> 'round_robin' then 'waiting'
            else 'proposed'
        end as handoff_state,
        coalesce(eligible.claimed_at, {{ as_of() }}) as handed_off_at,
        case
            when eligible.is_claimed then eligible.claimed_owner_reason
            when eligible.is_in_review then 'in_review'
            else coalesce(eligible.present_owner_reason, assignees.owner_reason, 'nobody_available')
        end as owner_reason,
        case
            when eligible.is_claimed then eligible.claimed_owner_id
            else coalesce(eligible.present_owner_id, assignees.owner_id)
        end as owner_id,
        assignees.owner_email as member_email,
        case when eligible.is_claimed then eligible.claimed_pool else assignees.pool end as pool,
        case when eligible.is_claimed then eligible.claimed_track else routes.track end as track,
        case when eligible.is_claimed then eligible.claimed_route_id else routes.route_id end as route_id,
        case when eligible.is_claimed then eligible.claimed_turn else assignees.turn end as turn,
        case when eligible.is_claimed then eligible.claimed_reason else reasons.handoff_reason end as handoff_reason
    from {{ ref('int_handoffs_eligible') }} as eligible
    left join {{ ref('int_contact_routes') }} as routes on routes.user_id = eligible.user_id
    -- Of those without an owner; others may be called upon for something else.
    left join {{ ref('int_assignees') }} as assignees
        on assignees.user_id = eligible.user_id
        and not eligible.is_claimed
        and eligible.present_owner_id is null
        and not eligible.is_in_review
    left join {{ ref('int_handoff_reasons') }} as reasons on reasons.user_id = eligible.user_id
),
handoffs as (
    select * from begun
    union all
    select
        record_key,
        episode,
        'acknowledged',
        handed_off_at,
        owner_reason,
        owner_id,
        null,
        pool,
        track,
        route_id,
        turn,
        reason
    from {{ ref('stg_pipeline__handoffs') }}
    where acknowledged_at is not null
)
select
    {{ handoff_id('handoffs.user_id', 'handoffs.episode') }} as handoff_id,
    handoffs.user_id as record_key,
    handoffs.episode,
    handoffs.handoff_state,
    handoffs.handed_off_at,
    handoffs.owner_reason,
    handoffs.owner_id,
    coalesce(owners.email, handoffs.member_email) as owner_email,
    {{ owner_name('owners') }} as owner_name,
    handoffs.pool,
    handoffs.track,
    handoffs.route_id,
    cast(handoffs.turn as bigint) as turn,
    handoffs.handoff_reason
from handoffs
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = handoffs.owner_id
