-- The deals that were there at the clock of the run, as they were then: won, lost or open. One that closes after the clock
-- is open, in a stage that is not known. What it is worth a year is HubSpot's annual recurring revenue, else the amount.
select
    hubspot_id as deal_id,
    owner_id,
    case when is_closed and closes_at > {{ as_of() }} then null else stage end as stage,
    pipeline,
    deal_type,
    coalesce(annual_amount, amount) as arr,
    created_at,
    closes_at,
    case
        when not is_closed or closes_at > {{ as_of() }} then 'open'
        when is_closed_won then 'won'
        else 'lost'
    end as deal_state,
    case when is_closed and closes_at <= {{ as_of() }} then closes_at end as closed_at,
    case when stage_entered_at <= {{ as_of() }} then stage_entered_at end as stage_entered_at
from {{ ref('stg_hubspot__deals') }}
where created_at is null or created_at <= {{ as_of() }}
