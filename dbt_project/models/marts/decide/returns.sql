with settings as (
    select max(case when setting_id = 'returns_only_handed_off' then value end) as returns_only_handed_off
    from {{ ref('handoff_settings') }}
),
remembered as (
    select * from {{ ref('stg_pipeline__returns') }}
),
-- Whom sales has and has no open deal with; of whom that cannot be told nobody goes back.
queue as (
    select queue.*, {{ return_id('queue.record_key', 'queue.episode') }} as return_id
    from {{ ref('sales_queue') }} as queue
    cross join settings
    where not queue.has_open_deal
        and (queue.handed_off_at is not null or settings.returns_only_handed_off = 'false')
),
new as (
    select queue.*
    from queue
    left join remembered on remembered.return_id = queue.return_id
    where remembered.return_id is null
),
day_rules as (
    select rule_id, label, cast({{ number_or_null('value') }} as bigint) as days
    from {{ ref('return_rules') }}
    where is_enabled and condition = 'no_owner_activity'
),
people as (
    select people.*
    from {{ ref('int_people_asked') }} as people
    inner join new on new.record_key = people.user_id
),
answered as (
    {{ people_answered('people', 'int_return_conditions') }}
),
met as (
    select
        new.record_key,
        day_rules.rule_id,
        1 as place,
        {{ dbt.concat([
            'day_rules.label', "': no call, e-mail, meeting, task or note by '",
            "coalesce(new.owner_name, new.owner_email, 'anybody')", "' in the '", text('new.days_since_handoff'),
            "' days since the handoff.'",
        ]) }} as return_reason
    from new
    inner join day_rules on {{ dbt.dateadd('day', 'day_rules.days', 'new.handed_off_at') }} <= {{ as_of() }}
    where new.is_stale
    union all
    select
        answered.user_id,
        answered.condition_id,
        2,
        {{ dbt.concat([
            'rules.label', "': '", 'answered.property', "' is '", 'answered.found', "', and '", 'answered.operator', "' '",
            'answered.value', "' sends back.'",
        ]) }}
    from answered
    inner join {{ ref('return_rules') }} as rules on rules.rule_id = answered.condition_id
    where answered.is_met
),
ranked as (
    select met.*, row_number() over (partition by record_key order by place, rule_id) as rule_place
    from met
),
returns as (
    select
        new.return_id,
        new.record_key,
        new.episode,
        new.handoff_id,
        'proposed' as return_state,
        ranked.rule_id,
        ranked.return_reason,
        {{ as_of() }} as returned_at,
        new.owner_id,
        new.activity_copied_at
    from new
    inner join ranked on ranked.record_key = new.record_key and ranked.rule_place = 1
    union all
    select
        return_id,
        record_key,
        episode,
        handoff_id,
        case when acknowledged_at is null then 'claimed' else 'acknowledged' end,
        rule_id,
        reason,
        returned_at,
        owner_id,
        cast(null as timestamp)
    from remembered
)
select
    returns.return_id,
    returns.record_key,
    records.hubspot_id,
    returns.episode,
    returns.handoff_id,
    returns.return_state,
    returns.rule_id,
    returns.return_reason,
    returns.returned_at,
    returns.owner_id,
    owners.email as owner_email,
    {{ owner_name('owners') }} as owner_name,
    returns.activity_copied_at
from returns
left join {{ ref('int_contact_records') }} as records on records.user_id = returns.record_key
left join {{ ref('stg_hubspot__owners') }} as owners on owners.owner_id = returns.owner_id
