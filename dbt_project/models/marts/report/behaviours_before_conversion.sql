-- An account is a company, or a contact without one.
with contacts as (
    select
        user_id,
        contact_id,
        coalesce({{ dbt.concat(["'company:'", 'company_id']) }}, {{ dbt.concat(["'contact:'", 'contact_id']) }}) as account_id
    from {{ ref('int_contacts_reported') }}
),
done as (
    select
        contacts.account_id,
        meanings.event_type,
        {{ is_among('meanings.event_type', report_setting('conversion_events')) }} as is_conversion,
        min(seen.first_at) as first_at
    from {{ ref('int_actor_names_seen') }} as seen
    inner join {{ ref('int_event_meanings') }} as meanings on meanings.name_key = seen.name_key
    inner join contacts on contacts.user_id = seen.user_id
    where meanings.is_in_taxonomy and seen.first_at <= {{ as_of() }}
    group by contacts.account_id, meanings.event_type
),
conversions as (
    select account_id, first_at as converted_at from done where is_conversion
    union all
    select contacts.account_id, moments.happened_at
    from {{ ref('int_stage_moments') }} as moments
    inner join contacts on contacts.user_id = moments.contact_id
    where moments.stage = 'won' and moments.happened_at is not null
    union all
    select {{ dbt.concat(["'company:'", 'company_id']) }}, closed_at
    from {{ ref('deals') }}
    where deal_state = 'won' and company_id is not null and closed_at is not null
),
accounts as (
    select accounts.account_id, min(conversions.converted_at) as converted_at
    from (select distinct account_id from contacts) as accounts
    left join conversions on conversions.account_id = accounts.account_id
    group by accounts.account_id
),
totals as (
    select count(converted_at) as converted_count, count(*) - count(converted_at) as other_count from accounts
),
counted as (
    select
        done.event_type,
        sum(case when done.first_at < accounts.converted_at then 1 else 0 end) as converted_did_count,
        sum(case when accounts.converted_at is null then 1 else 0 end) as other_did_count
    from done
    inner join accounts on accounts.account_id = done.account_id
    where not done.is_conversion
    group by done.event_type
),
shared as (
    select
        counted.event_type,
        totals.converted_count,
        cast(counted.converted_did_count as bigint) as converted_did_count,
        {{ share_of('counted.converted_did_count', 'totals.converted_count') }} as converted_share,
        totals.other_count,
        cast(counted.other_did_count as bigint) as other_did_count,
        {{ share_of('counted.other_did_count', 'totals.other_count') }} as other_share
    from counted
    cross join totals
)
select
    shared.*,
    case when other_share > 0 then converted_share / other_share end as lift,
    {{ is_few('converted_count') }} or {{ is_few('other_count') }} as is_small
from shared
