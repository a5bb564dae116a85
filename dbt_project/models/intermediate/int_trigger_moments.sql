{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per trigger that use or its absence starts, and contact or company: the last moment, and what it says of itself.
-- Handoffs, reviews and returns have their moments in tables of their own.
with triggers as (
    select * from {{ ref('triggers') }} where is_enabled
),
signals as (
    select * from {{ ref('signals') }} where is_enabled
),
of_signals as (
    select triggers.trigger_id, found.user_id, cast(null as {{ dbt.type_string() }}) as company_id, found.last_at as moment_at, found.detail
    from triggers
    inner join signals on triggers.starts_with = 'signal' and signals.signal_id = triggers.starts_with_id
    inner join {{ ref('contact_signals') }} as found on found.signal_id = signals.signal_id
    where signals.condition not in ('habitual_use', 'company_active_users')
),
-- From the day on which the habit was there for so long.
of_habits as (
    select
        triggers.trigger_id, habits.user_id, null as company_id,
        {{ dbt.dateadd('day', 'coalesce(triggers.at_least_days, 0)', 'habits.habitual_since') }} as moment_at,
        null as detail
    from triggers
    inner join signals
        on triggers.starts_with = 'signal' and signals.signal_id = triggers.starts_with_id and signals.condition = 'habitual_use'
    inner join {{ ref('int_contact_habits') }} as habits on habits.habitual_since is not null
),
-- A company has so many active users since a day: since its end, and on the day itself since now.
of_companies as (
    select
        triggers.trigger_id, companies.most_senior_user_id as user_id, companies.company_id,
        least(
            {{ as_of() }},
            coalesce(
                case when expanded.last_on >= cast({{ as_of() }} as date)
                    then cast({{ days_after(1, 'expanded.since_on') }} as timestamp)
                end,
                {{ as_of() }}
            )
        ) as moment_at,
        null as detail
    from triggers
    inner join signals
        on triggers.starts_with = 'signal' and signals.signal_id = triggers.starts_with_id and signals.condition = 'company_active_users'
    inner join {{ ref('company_scores') }} as companies on companies.active_users_30d >= signals.threshold
    left join {{ ref('int_companies_expanded') }} as expanded
        on expanded.company_id = companies.company_id and expanded.signal_id = signals.signal_id
    where companies.most_senior_user_id is not null
),
rules_met as (
    select
        triggers.trigger_id, triggers.subject, met.user_id, met.rule_id, met.last_met_at, met.proof_event_id
    from triggers
    inner join {{ ref('int_engagement_rules_met') }} as met
        on triggers.starts_with = 'engagement_rule' and met.rule_id = triggers.starts_with_id and met.is_met
),
-- What holds for a company holds for each of its people.
of_rules_of_companies as (
    select
        rules_met.trigger_id, companies.most_senior_user_id as user_id, companies.company_id,
        max(rules_met.last_met_at) as moment_at,
        null as detail
    from rules_met
    inner join {{ ref('int_users') }} as users on users.user_id = rules_met.user_id
    inner join {{ ref('company_scores') }} as companies on companies.company_id = users.company_id
    where rules_met.subject = 'company' and companies.most_senior_user_id is not null
    group by rules_met.trigger_id, companies.most_senior_user_id, companies.company_id
),
-- A rule goes on holding after the event that proved it; the event is the moment.
proofs as (
    select events.user_id, events.event_id, max(events.occurred_microseconds) as occurred_microseconds
    from {{ ref('int_events_read_identified') }} as events
    inner join rules_met
        on rules_met.user_id = events.user_id
        and rules_met.rule_id = events.reading_id
        and rules_met.proof_event_id = events.event_id
    group by events.user_id, events.event_id
),
of_rules as (
    select
        rules_met.trigger_id, rules_met.user_id, null as company_id,
        coalesce({{ instant_of('proofs.occurred_microseconds') }}, rules_met.last_met_at) as moment_at,
        null as detail
    from rules_met
    left join proofs on proofs.user_id = rules_met.user_id and proofs.event_id = rules_met.proof_event_id
    where rules_met.subject = 'contact'
),
away as (
    select user_id, greatest(activated_at, coalesce(last_login_at, activated_at)) as there_at
    from {{ ref('contact_scores') }}
    where activated_at is not null
),
of_absence as (
    select
        triggers.trigger_id, away.user_id, null as company_id,
        {{ dbt.dateadd('day', 'triggers.at_least_days', 'away.there_at') }} as moment_at,
        null as detail
    from triggers
    inner join away on triggers.starts_with = 'dormant'
    union all
    select
        triggers.trigger_id, engaged.user_id, null,
        {{ dbt.dateadd('day', 'triggers.at_least_days', 'engaged.last_engaged_at') }},
        null
    from triggers
    inner join {{ ref('int_contacts_engaged') }} as engaged on triggers.starts_with = 'disengaged'
    where engaged.last_engaged_at is not null
),
moments as (
    {% for part in ['of_signals', 'of_habits', 'of_companies', 'of_rules', 'of_rules_of_companies', 'of_absence'] %}
    select trigger_id, user_id, company_id, moment_at, detail from {{ part }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
select moments.trigger_id, moments.user_id, moments.company_id, moments.moment_at, moments.detail
from moments
inner join triggers on triggers.trigger_id = moments.trigger_id
where moments.moment_at <= {{ as_of() }} and moments.moment_at >= cast(triggers.enabled_from as timestamp)
