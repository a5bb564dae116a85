with qualified as (
    select distinct user_id from {{ ref('sales_qualifications') }} where is_sales_qualified
),
sql_stage as (
    select min(display_order) as display_order
    from {{ ref('stg_hubspot__lifecycle_stages') }}
    where stage = 'salesqualifiedlead'
),
-- Begun before, and told here again as it was begun, so that an interrupted sync is finished and not started anew.
remembered as (
    select * from {{ ref('stg_pipeline__handoffs') }}
),
eligible as (
    select
        records.user_id,
        records.hubspot_id,
        records.owner_id as hubspot_owner_id,
        scores.combined_score
    from {{ ref('int_contact_records') }} as records
    inner join {{ ref('contact_scores') }} as scores on scores.user_id = records.user_id
    left join qualified on qualified.user_id = records.user_id
    cross join sql_stage
    inner join {{ ref('crm_objects') }} as objects on objects.object_type = 'contacts'
    left join {{ ref('stg_hubspot__lifecycle_stages') }} as stages on stages.stage = records.lifecycle_stage
    left join remembered on remembered.record_key = records.user_id
    where records.is_leading
        and records.suppressed_because is null
        and scores.contact_email is not null
        and remembered.acknowledged_at is null
        and (
            (
                qualified.user_id is not null
                and (records.matched_by <> 'absent' or objects.unknown_records = 'upsert')
                -- Sales already has who stands at sales qualified or beyond; a stage the portal does not list is left
                -- alone.
                and (records.lifecycle_stage is null or stages.display_order < sql_stage.display_order)
            )
            -- Begun by a run that was cut off, and the stage may be ours: the sync looks at HubSpot and tells.
            or (remembered.record_key is not null and stages.display_order >= sql_stage.display_order)
        )
),
owners as (
    select owner_id, email from {{ ref('stg_hubspot__owners') }}
),
owner_copies as (
    select count(*) as copy_count from {{ ref('stg_hubspot__copies') }} where object_type = 'owners'
),
assigned_before as (
    select owner_id, max(handed_off_at) as last_assigned_at, count(*) as assignment_count
    from remembered
    where owner_reason = 'round_robin'
    group by owner_id
),
-- Whoever has waited longest comes first.
members as (
    select
        team.member_email,
        owners.owner_id,
        row_number() over (
            order by
                case when assigned_before.last_assigned_at is null then 0 else 1 end,
                assigned_before.last_assigned_at,
                assigned_before.assignment_count,
                team.member_email
        ) as turn,
        count(*) over () as member_count
    from {{ ref('sales_team') }} as team
    cross join owner_copies
    left join owners on owners.email = lower(team.member_email)
    left join assigned_before on assigned_before.owner_id = owners.owner_id
    where (owners.owner_id is not null or owner_copies.copy_count = 0)
        and not (
            team.absent_from is not null
            and cast({{ as_of() }} as date) between team.absent_from and team.absent_until
        )
),
with_episode as (
    select
        eligible.user_id,
        eligible.hubspot_id,
        eligible.combined_score,
        claimed.handed_off_at as claimed_at,
        claimed.owner_id as claimed_owner_id,
        claimed.owner_reason as claimed_owner_reason,
        present_owner.owner_id as present_owner_id,
        claimed.handoff_id is not null as is_claimed,
        coalesce(claimed.episode, 1) as episode
    from eligible
    left join remembered as claimed on claimed.record_key = eligible.user_id and claimed.acknowledged_at is null
    left join owners as present_owner on present_owner.owner_id = eligible.hubspot_owner_id
),
in_turn as (
    select user_id, row_number() over (order by combined_score desc, user_id) as place_in_line
    from with_episode
    where not is_claimed and present_owner_id is null
),
begun as (
    select
        with_episode.user_id,
        with_episode.episode,
        case when with_episode.is_claimed then 'claimed' else 'proposed' end as handoff_state,
        coalesce(with_episode.claimed_at, {{ as_of() }}) as handed_off_at,
        case
            when with_episode.is_claimed then with_episode.claimed_owner_reason
            when with_episode.present_owner_id is not null then 'existing_owner'
            when members.member_email is not null then 'round_robin'
            else 'nobody_available'
        end as owner_reason,
        case
            when with_episode.is_claimed then with_episode.claimed_owner_id
            else coalesce(with_episode.present_owner_id, members.owner_id)
        end as owner_id,
        members.member_email
    from with_episode
    left join in_turn on in_turn.user_id = with_episode.user_id
    left join members on members.turn = mod(in_turn.place_in_line - 1, members.member_count) + 1
),
handoffs as (
    select user_id, episode, handoff_state, handed_off_at, owner_reason, owner_id, member_email
    from begun
    union all
    select record_key, episode, 'acknowledged', handed_off_at, owner_reason, owner_id, null
    from remembered
    where acknowledged_at is not null
)
select
    {{ dbt.hash(dbt.concat(["'handoff|contacts|'", "handoffs.user_id", "'|'", "cast(handoffs.episode as " ~ dbt.type_string() ~ ")"])) }} as handoff_id,
    handoffs.user_id as record_key,
    handoffs.episode,
    case when handoffs.owner_reason = 'nobody_available' then 'waiting' else handoffs.handoff_state end as handoff_state,
    handoffs.handed_off_at,
    handoffs.owner_reason,
    handoffs.owner_id,
    coalesce(owners.email, handoffs.member_email) as owner_email,
    nullif(trim(coalesce(owners.first_name, '') || ' ' || coalesce(owners.last_name, '')), '') as owner_name
from handoffs
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = handoffs.owner_id
