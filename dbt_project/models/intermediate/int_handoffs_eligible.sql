{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Who goes to sales now: whoever meets the definition and is not there yet, and whose handoff a run was cut off in.
with settings as (
    select
        max(case when setting_id = 'handoff_by' then value end) as handoff_by,
        max(case when setting_id = 'review_from_acv' then cast(value as bigint) end) as review_from_acv,
        max(case when setting_id = 'cool_off_days' then cast(value as bigint) end) as cool_off_days
    from {{ ref('handoff_settings') }}
),
qualified as (
    select distinct user_id from {{ ref('sales_qualifications') }} where is_sales_qualified
),
sql_stage as (
    select min(display_order) as display_order
    from {{ ref('stg_hubspot__lifecycle_stages') }}
    where stage = 'salesqualifiedlead'
),
numbered as (
    select
        handoffs.*,
        row_number() over (partition by record_key order by episode desc) as place
    from {{ ref('stg_pipeline__handoffs') }} as handoffs
),
returns as (
    select
        record_key,
        max(case when acknowledged_at is not null then episode end) as last_episode,
        max(case when acknowledged_at is not null then returned_at end) as last_returned_at,
        max(case when acknowledged_at is null then 1 else 0 end) = 1 as is_under_way
    from {{ ref('stg_pipeline__returns') }}
    group by record_key
),
remembered as (
    select
        numbered.*,
        numbered.acknowledged_at is null as is_claimed,
        numbered.acknowledged_at is not null and coalesce(returns.last_episode, -1) < numbered.episode as is_with_sales
    from numbered
    left join returns on returns.record_key = numbered.record_key
    where numbered.place = 1
),
candidates as (
    select
        records.user_id,
        records.hubspot_id,
        scores.combined_score,
        scores.company_id,
        coalesce(remembered.is_claimed, false) as is_claimed,
        -- A return may be of a handoff that a workflow in HubSpot made.
        greatest(coalesce(remembered.episode, 0), coalesce(returns.last_episode, 0)) as last_episode,
        case when remembered.is_claimed then remembered.episode end as claimed_episode,
        case when remembered.is_claimed then remembered.handed_off_at end as claimed_at,
        case when remembered.is_claimed then remembered.owner_id end as claimed_owner_id,
        case when remembered.is_claimed then remembered.owner_reason end as claimed_owner_reason,
        case when remembered.is_claimed then remembered.pool end as claimed_pool,
        case when remembered.is_claimed then remembered.track end as claimed_track,
        case when remembered.is_claimed then remembered.route_id end as claimed_route_id,
        case when remembered.is_claimed then remembered.turn end as claimed_turn,
        case when remembered.is_claimed then remembered.reason end as claimed_reason
    from {{ ref('int_contact_records') }} as records
    inner join {{ ref('contact_scores') }} as scores on scores.user_id = records.user_id
    left join qualified on qualified.user_id = records.user_id
    cross join sql_stage
    cross join settings
    inner join {{ ref('crm_objects') }} as objects on objects.object_type = 'contacts'
    left join {{ ref('stg_hubspot__lifecycle_stages') }} as stages on stages.stage = records.lifecycle_stage
    left join remembered on remembered.record_key = records.user_id
    left join returns on returns.record_key = records.user_id
    where records.is_leading
        and records.suppressed_because is null
        and scores.contact_email is not null
        and not coalesce(remembered.is_with_sales, false)
        and not coalesce(returns.is_under_way, false)
        and (
            (
                settings.handoff_by = 'pipeline'
                and qualified.user_id is not null
                and (records.matched_by <> 'absent' or objects.unknown_records = 'upsert')
                -- Sales already has who stands at sales qualified or beyond; a stage the portal does not list is left
                -- alone.
                and (records.lifecycle_stage is null or stages.display_order < sql_stage.display_order)
                and (
                    returns.last_returned_at is null
                    or {{ dbt.dateadd('day', 'settings.cool_off_days', 'returns.last_returned_at') }} <= {{ as_of() }}
                )
            )
            -- Begun by a run that was cut off, and the stage may be ours: the sync looks at HubSpot and tells.
            or (remembered.is_claimed and stages.display_order >= sql_stage.display_order)
        )
)
select
    candidates.user_id,
    candidates.hubspot_id,
    candidates.combined_score,
    candidates.is_claimed,
    case when candidates.is_claimed then candidates.claimed_episode else candidates.last_episode + 1 end as episode,
    candidates.claimed_at,
    candidates.claimed_owner_id,
    candidates.claimed_owner_reason,
    candidates.claimed_pool,
    candidates.claimed_track,
    candidates.claimed_route_id,
    candidates.claimed_turn,
    candidates.claimed_reason,
    present_owners.owner_id as present_owner_id,
    present_owners.owner_reason as present_owner_reason,
    -- So much money deserves a look first. What is not known does not wait, and nobody takes a contact from its owner.
    not candidates.is_claimed
        and present_owners.owner_id is null
        and coalesce(companies.acv >= settings.review_from_acv, false) as is_in_review
from candidates
cross join settings
left join {{ ref('int_present_owners') }} as present_owners on present_owners.user_id = candidates.user_id
left join {{ ref('int_companies') }} as companies on companies.company_id = candidates.company_id
