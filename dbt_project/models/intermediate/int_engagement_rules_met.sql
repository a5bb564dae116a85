-- Every rule in use with what was found and whether it is met, after what it requires besides: other rules, the ideal
-- customer profile.
with rules as (
    select * from {{ ref('int_rules_in_use') }}
),
found as (
    select * from {{ ref('int_engagement_rules_found') }}
),
icp as (
    select user_id from {{ ref('int_icp_matches') }} where is_icp_match
),
-- One row per rule and rule that it requires.
requirements as (
    select rules.rule_id, required.rule_id as required_rule_id
    from rules
    inner join {{ ref('engagement_rules') }} as required on {{ is_among('required.rule_id', 'rules.requires') }}
),
single as (
    select
        found.user_id,
        found.rule_id,
        found.found,
        found.is_met and (not {{ is_among("'icp_match'", "coalesce(rules.requires, '')") }} or icp.user_id is not null) as is_met,
        found.last_met_at,
        found.decays_from,
        found.proved_at,
        found.proof_event_id,
        rules.requires
    from found
    inner join rules on rules.rule_id = found.rule_id
    left join icp on icp.user_id = found.user_id
),
-- What is required is met by itself: a required rule may in turn require no more than the profile.
required_met as (
    select
        single.user_id,
        requirements.rule_id,
        count(*) as met_count,
        max(single.last_met_at) as last_met_at,
        -- While one of them goes on holding, so do all together.
        case when count(single.decays_from) = count(*) then max(single.decays_from) end as decays_from
    from requirements
    inner join single on single.rule_id = requirements.required_rule_id
    where single.is_met
    group by single.user_id, requirements.rule_id
),
required_counts as (
    select rule_id, count(*) as rule_count from requirements group by rule_id
),
conjunctions as (
    select
        coalesce(required_met.user_id, icp.user_id) as user_id,
        rules.rule_id,
        coalesce(required_met.met_count, 0) + case when icp.user_id is not null then 1 else 0 end as met_count,
        case
            when rules.holds = 'current' or required_met.last_met_at is null then {{ as_of() }}
            else required_met.last_met_at
        end as last_met_at,
        case when rules.holds = 'latched' then required_met.decays_from end as decays_from
    from rules
    inner join required_met on required_met.rule_id = rules.rule_id
    left join icp on icp.user_id = required_met.user_id and {{ is_among("'icp_match'", 'rules.requires') }}
    where rules.aggregate = 'all_of'
    union all
    -- The profile alone.
    select icp.user_id, rules.rule_id, 1, {{ as_of() }}, null
    from icp
    inner join rules on rules.aggregate = 'all_of' and {{ is_among("'icp_match'", 'rules.requires') }}
    left join required_met on required_met.user_id = icp.user_id and required_met.rule_id = rules.rule_id
    where required_met.user_id is null
),
proving as (
    select
        conjunctions.user_id,
        conjunctions.rule_id,
        min(single.rule_id) as proving_rule_id
    from conjunctions
    inner join requirements on requirements.rule_id = conjunctions.rule_id
    inner join single
        on single.user_id = conjunctions.user_id
        and single.rule_id = requirements.required_rule_id
        and single.is_met
    inner join required_met
        on required_met.user_id = conjunctions.user_id
        and required_met.rule_id = conjunctions.rule_id
        and required_met.last_met_at = single.last_met_at
    group by conjunctions.user_id, conjunctions.rule_id
),
judged as (
    select
        single.user_id,
        single.rule_id,
        single.found,
        single.is_met and coalesce(required_met.met_count, 0) = coalesce(required_counts.rule_count, 0) as is_met,
        single.last_met_at,
        single.decays_from,
        single.proved_at,
        single.proof_event_id,
        single.rule_id as proving_rule_id
    from single
    left join required_counts on required_counts.rule_id = single.rule_id
    left join required_met on required_met.user_id = single.user_id and required_met.rule_id = single.rule_id
    union all
    select
        conjunctions.user_id,
        conjunctions.rule_id,
        cast(conjunctions.met_count as decimal(38, 4)),
        conjunctions.met_count >= rules.threshold,
        conjunctions.last_met_at,
        conjunctions.decays_from,
        proof.proved_at,
        proof.proof_event_id,
        proving.proving_rule_id
    from conjunctions
    inner join rules on rules.rule_id = conjunctions.rule_id
    left join proving on proving.user_id = conjunctions.user_id and proving.rule_id = conjunctions.rule_id
    left join single as proof on proof.user_id = conjunctions.user_id and proof.rule_id = proving.proving_rule_id
),
-- Rules that are counted by days know when they were proved, and the event is found by that.
to_find as (
    select distinct user_id, proving_rule_id as rule_id, {{ microseconds_of('proved_at') }} as proved_microseconds
    from judged
    where is_met and proved_at is not null
),
proofs as (
    select to_find.user_id, to_find.rule_id, max(events.event_id) as event_id
    from {{ ref('int_events_read_identified') }} as events
    inner join to_find
        on to_find.user_id = events.user_id
        and to_find.rule_id = events.reading_id
        and to_find.proved_microseconds = events.occurred_microseconds
    group by to_find.user_id, to_find.rule_id
)
select
    judged.user_id,
    judged.rule_id,
    judged.found,
    judged.is_met,
    case when judged.is_met then judged.last_met_at end as last_met_at,
    case when judged.is_met then judged.decays_from end as decays_from,
    case when judged.is_met then coalesce(judged.proof_event_id, proofs.event_id) end as proof_event_id
from judged
left join proofs on proofs.user_id = judged.user_id and proofs.rule_id = judged.proving_rule_id
