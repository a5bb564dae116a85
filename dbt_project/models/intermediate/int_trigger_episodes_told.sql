{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- Every episode there is: of use and its absence, of handoffs, reviews and returns; with what it gives way to.
with triggers as (
    select * from {{ ref('triggers') }} where is_enabled
),
begun as (
    select
        trigger_id, subject_key, episode,
        max(moment_at) as moment_at,
        max(owner_id) as owner_id,
        max(pool) as pool,
        max(turn) as turn
    from {{ ref('int_actions_remembered') }}
    group by trigger_id, subject_key, episode
),
decided as (
    select
        triggers.trigger_id, handoffs.record_key as user_id, handoffs.episode, handoffs.handed_off_at as moment_at,
        handoffs.handoff_id as decided_as,
        -- What is looked at first is told before there is anything that HubSpot could acknowledge.
        case when handoffs.handoff_state <> 'in_review' then handoffs.handoff_id end as handoff_id,
        cast(null as {{ dbt.type_string() }}) as return_id
    from {{ ref('handoffs') }} as handoffs
    inner join triggers
        on triggers.starts_with = case when handoffs.handoff_state = 'in_review' then 'review' else 'handoff' end
    where handoffs.handoff_state <> 'waiting'
    union all
    select
        triggers.trigger_id, returns.record_key, returns.episode, returns.returned_at,
        returns.return_id, null, returns.return_id
    from {{ ref('returns') }} as returns
    inner join triggers on triggers.starts_with = 'return'
),
-- Their episodes are counted where they are decided; the memory says when each began, and whether the last is long enough ago.
cooled_down as (
    select
        decided.trigger_id,
        decided.user_id,
        decided.episode,
        decided.decided_as,
        decided.handoff_id,
        decided.return_id,
        coalesce(max(case when begun.episode = decided.episode then begun.moment_at end), max(decided.moment_at)) as moment_at,
        max(case when begun.episode = decided.episode then 1 else 0 end) = 1 as is_begun
    from decided
    inner join triggers on triggers.trigger_id = decided.trigger_id
    left join begun
        on begun.trigger_id = decided.trigger_id and begun.subject_key = decided.user_id and begun.episode <= decided.episode
    where decided.moment_at >= cast(triggers.enabled_from as timestamp)
    group by
        decided.trigger_id, decided.user_id, decided.episode, decided.decided_as, decided.handoff_id, decided.return_id,
        decided.moment_at, triggers.cool_down_days
    having max(case when begun.episode = decided.episode then 1 else 0 end) = 1
        or count(begun.episode) = 0
        or (
            triggers.cool_down_days is not null
            and coalesce(
                {{ dbt.dateadd('day', 'triggers.cool_down_days', 'max(begun.moment_at)') }} <= decided.moment_at, true
            )
        )
),
of_handoffs as (
    select
        cooled_down.trigger_id, triggers.label, triggers.subject, cooled_down.user_id as subject_key,
        cooled_down.user_id as record_key, people.hubspot_id, scores.company_id as company_key,
        cooled_down.episode, cooled_down.is_begun, cooled_down.moment_at, triggers.strength, triggers.gives_way_hours,
        cooled_down.decided_as, cooled_down.handoff_id, cooled_down.return_id
    from cooled_down
    inner join triggers on triggers.trigger_id = cooled_down.trigger_id
    inner join {{ ref('contact_scores') }} as scores on scores.user_id = cooled_down.user_id
    inner join {{ ref('int_people') }} as people on people.user_id = cooled_down.user_id
    left join {{ ref('int_contacts_suppressed') }} as suppressed on suppressed.user_id = cooled_down.user_id
    where suppressed.user_id is null
),
of_use as (
    select * from {{ ref('int_trigger_episodes') }}
),
giving_way as (
    select
        of_use.trigger_id,
        of_use.subject_key,
        min(of_handoffs.strength) as strength,
        max({{ dbt.dateadd('hour', 'of_use.gives_way_hours', 'of_handoffs.moment_at') }}) as until_at
    from of_use
    inner join of_handoffs on {{ gives_way('of_use', 'of_handoffs') }}
    where not of_use.is_begun and of_use.gives_way_hours is not null
    group by of_use.trigger_id, of_use.subject_key
),
episodes as (
    select
        trigger_id, label, subject, subject_key, record_key, hubspot_id, company_key, episode, is_begun, moment_at, strength,
        cast(null as {{ dbt.type_string() }}) as detail, decided_as, handoff_id, return_id,
        null as owner_id, null as pool, null as turn,
        cast(null as bigint) as gives_way_to_strength, cast(null as timestamp) as gives_way_until
    from of_handoffs
    union all
    select
        of_use.trigger_id, of_use.label, of_use.subject, of_use.subject_key, of_use.record_key, of_use.hubspot_id,
        of_use.company_key, of_use.episode, of_use.is_begun, of_use.moment_at, of_use.strength, of_use.detail, null, null, null,
        of_use.owner_id, of_use.pool, of_use.turn,
        least(coalesce(of_use.gives_way_to_strength, giving_way.strength), coalesce(giving_way.strength, of_use.gives_way_to_strength)),
        greatest(coalesce(of_use.gives_way_until, giving_way.until_at), coalesce(giving_way.until_at, of_use.gives_way_until))
    from of_use
    left join giving_way on giving_way.trigger_id = of_use.trigger_id and giving_way.subject_key = of_use.subject_key
),
stronger as (
    select strength, min(label) as label from triggers group by strength
)
select episodes.*, stronger.label as gives_way_to
from episodes
left join stronger on stronger.strength = episodes.gives_way_to_strength
