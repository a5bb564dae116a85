with deals as (
    select * from {{ ref('int_deals_seen') }}
),
-- Of the contacts of a deal the first PQL speaks for it.
contacts as (
    select
        ends.deal_id,
        ends.is_named,
        stages.contact_id,
        {{ columns_of('stages', split_by()) }},
        stages.company_id,
        stages.pql_at <= deals.created_at as is_pql_then,
        row_number() over (
            partition by ends.deal_id
            order by case when stages.pql_at is null then 1 else 0 end, stages.pql_at, stages.contact_id
        ) as place
    from {{ ref('int_deal_contacts') }} as ends
    inner join deals on deals.deal_id = ends.deal_id
    inner join {{ ref('int_contact_stages') }} as stages on stages.contact_id = ends.contact_id
),
pql_deals as (
    select deal_id, max(case when is_pql_then then 1 else 0 end) = 1 as is_pql_deal from contacts group by deal_id
),
-- In which stages deals were seen that are closed by now, and what became of them.
closed as (
    select history.stage, deals.deal_state
    from {{ ref('int_deal_stage_history') }} as history
    inner join deals on deals.deal_id = history.deal_id
    where deals.deal_state <> 'open' and history.first_seen_at <= {{ as_of() }}
),
stage_rates as (
    select stage, count(*) as closed_count, {{ share_of("sum(case when deal_state = 'won' then 1 else 0 end)", 'count(*)') }} as win_share
    from closed
    group by stage
),
all_rate as (
    select {{ share_of("sum(case when deal_state = 'won' then 1 else 0 end)", 'count(*)') }} as win_share
    from deals
    where deal_state <> 'open'
),
weighted as (
    select
        deals.*,
        case
            when deals.deal_state <> 'open' then null
            when not {{ is_few('stage_rates.closed_count') }} then stage_rates.win_share
            else all_rate.win_share
        end as win_share,
        case
            when deals.deal_state <> 'open' or all_rate.win_share is null then null
            when not {{ is_few('stage_rates.closed_count') }} then 'stage'
            else 'all_deals'
        end as win_share_of
    from deals
    cross join all_rate
    left join stage_rates on stage_rates.stage = deals.stage
)
select
    weighted.deal_id,
    weighted.deal_state,
    weighted.stage,
    weighted.pipeline,
    weighted.deal_type,
    coalesce(weighted.deal_type, '') <> 'existingbusiness' as is_new_business,
    cast(weighted.arr as decimal(28, 4)) as arr,
    weighted.owner_id,
    coalesce(owners.email, weighted.owner_id, 'nobody') as owner,
    contacts.company_id,
    {% for split in split_by() %}
    coalesce(contacts.{{ split }}, 'unknown') as {{ split }},
    {% endfor %}
    -- Of deals from before scores were kept nobody knows, unless one of their contacts was there already.
    case
        when pql_deals.is_pql_deal then true
        when weighted.created_at >= {{ history_began_at() }} then false
    end as is_pql_deal,
    weighted.created_at,
    weighted.closes_at,
    weighted.closed_at,
    {{ elapsed('weighted.created_at', 'weighted.closed_at', 'day') }} as cycle_days,
    case when weighted.deal_state = 'open' then {{ elapsed('weighted.created_at', as_of(), 'day') }} end as age_days,
    case when weighted.deal_state = 'open' then {{ elapsed('weighted.stage_entered_at', as_of(), 'day') }} end as stage_age_days,
    weighted.win_share,
    weighted.win_share_of,
    cast(weighted.arr as {{ type_double() }}) * weighted.win_share as weighted_arr
from weighted
left join contacts on contacts.deal_id = weighted.deal_id and contacts.place = 1
left join pql_deals on pql_deals.deal_id = weighted.deal_id
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = weighted.owner_id
