{# What the metrics are made of: a row per metric, period and segment, or per single case where a median is asked for. What
   does not split by something has null there. `is_dated`: it is in a month and a week, not only in all of it. #}
{% set segments = columns_of('contacts', split_by()) %}
{% set no_owner = 'cast(null as ' ~ dbt.type_string() ~ ') as owner' %}
{% set amount = 'decimal(28, 4)' %}
with contacts as (
    select
        stages.*,
        history.history_began_at,
        case when activated_at >= signed_up_at then {{ elapsed('signed_up_at', 'activated_at', 'hour') }} end as time_to_value_hours
    from {{ ref('int_contact_stages') }} as stages
    cross join (select {{ history_began_at() }} as history_began_at) as history
),
handoffs as (
    select * from {{ ref('handoff_responses') }}
),
deals as (
    select * from {{ ref('deals') }}
),
moments as (
    {{ metric_fact('signups', 'contacts', 'signed_up_at') }}
    union all {{ metric_fact('activation_share', 'contacts', 'signed_up_at', one_where('is_activated'), '1') }}
    union all {{ metric_fact('activations', 'contacts', 'activated_at') }}
    union all {{ metric_fact('activated_to_pql_share', 'contacts', 'activated_at', one_where('pql_last_at >= activated_at'), '1', where='activated_at >= history_began_at') }}
    union all {{ metric_fact('time_to_value_hours_median', 'contacts', 'activated_at', measure='time_to_value_hours', where='time_to_value_hours is not null') }}
    union all {{ metric_fact('time_to_value_hours_p90', 'contacts', 'activated_at', measure='time_to_value_hours', where='time_to_value_hours is not null') }}
    union all {{ metric_fact('new_mqls', 'contacts', 'mql_at', is_dated='not is_mql_since_before') }}
    union all {{ metric_fact('new_pqls', 'contacts', 'pql_at', is_dated='not is_pql_since_before') }}
    union all {{ metric_fact('sqls', 'contacts', 'sql_at') }}
    union all {{ metric_fact('pql_to_sql_share', 'contacts', 'pql_at', one_where('sql_last_at >= pql_at'), '1', where='not is_pql_since_before') }}
    union all {{ metric_fact('opportunities', 'contacts', 'opportunity_at') }}
    union all {{ metric_fact('mql_to_opportunity_share', 'contacts', 'mql_at', one_where('opportunity_last_at >= mql_at'), '1', where='not is_mql_since_before') }}
    union all {{ metric_fact('handoffs', 'handoffs', 'handed_off_at', has_owner=true) }}
    union all {{ metric_fact('response_minutes_median', 'handoffs', 'handed_off_at', measure='response_minutes', where='response_minutes is not null', has_owner=true) }}
    union all {{ metric_fact('response_minutes_p90', 'handoffs', 'handed_off_at', measure='response_minutes', where='response_minutes is not null', has_owner=true) }}
    union all {{ metric_fact('quick_response_share', 'handoffs', 'handed_off_at', one_where('is_quick'), '1', where='is_quick is not null', has_owner=true) }}
    union all {{ metric_fact('sla_breaches', 'handoffs', 'handed_off_at', one_where("response_state = 'breached'"), where="response_state <> 'not_known'", has_owner=true) }}
    union all {{ metric_fact('sla_breach_share', 'handoffs', 'handed_off_at', one_where("response_state = 'breached'"), '1', where="response_state in ('in_time', 'breached')", has_owner=true) }}
    union all {{ metric_fact('handoffs_returned_share', 'handoffs', 'handed_off_at', one_where('returned_at is not null'), '1', has_owner=true) }}
    union all {{ metric_fact('deals_created', 'deals', 'created_at', has_owner=true) }}
    union all {{ metric_fact('deals_won', 'deals', 'closed_at', where="deal_state = 'won'", has_owner=true) }}
    union all {{ metric_fact('win_share', 'deals', 'closed_at', one_where("deal_state = 'won'"), '1', where="deal_state <> 'open'", has_owner=true) }}
    union all {{ metric_fact('new_arr', 'deals', 'closed_at', 'coalesce(arr, 0)', where="deal_state = 'won' and is_new_business", has_owner=true) }}
    union all {{ metric_fact('pql_new_arr', 'deals', 'closed_at', 'coalesce(arr, 0)', where="deal_state = 'won' and is_new_business and is_pql_deal", has_owner=true) }}
    union all {{ metric_fact('average_deal', 'deals', 'closed_at', 'arr', '1', where="deal_state = 'won' and arr is not null", has_owner=true) }}
    union all {{ metric_fact('cycle_days_median', 'deals', 'closed_at', measure='cycle_days', where="deal_state = 'won' and cycle_days >= 0", has_owner=true) }}
),
dated as (
    select 'month' as period_type, {{ month_of('cast(happened_at as date)') }} as period_start, moments.* from moments where is_dated
    union all
    select 'week', {{ week_of('cast(happened_at as date)') }}, moments.* from moments where is_dated
    union all
    select 'ever', {{ ever() }}, moments.* from moments
),
-- Counts are added up here, once for all segments; of what is measured each case is kept.
placed as (
    select metric_id, dated.period_type, dated.period_start, {{ split_by() | join(', ') }}, owner,
        sum(numerator) as numerator, sum(denominator) as denominator, measure
    from dated
    inner join {{ ref('int_report_periods') }} as periods
        on periods.period_type = dated.period_type and periods.period_start = dated.period_start
    where measure is null
    group by metric_id, dated.period_type, dated.period_start, {{ split_by() | join(', ') }}, owner, measure
    union all
    select metric_id, dated.period_type, dated.period_start, {{ split_by() | join(', ') }}, owner, numerator, denominator, measure
    from dated
    inner join {{ ref('int_report_periods') }} as periods
        on periods.period_type = dated.period_type and periods.period_start = dated.period_start
    where measure is not null
),
forecast as (
    select 'forecast_arr' as metric_id, 'month' as period_type,
        case
            when deals.deal_state = 'open' then {{ month_of("cast(greatest(deals.closes_at, " ~ as_of() ~ ") as date)") }}
            else {{ month_of('cast(deals.closed_at as date)') }}
        end as period_start,
        {{ columns_of('deals', split_by()) }}, deals.owner,
        case when deals.deal_state = 'open' then cast(deals.weighted_arr as {{ amount }}) else deals.arr end as numerator
    from deals
    where deals.is_new_business and deals.deal_state <> 'lost' and deals.closes_at is not null and deals.arr is not null
),
-- In which band somebody is holds until the next change.
pql_times as (
    select
        contacts.contact_id,
        history.band,
        history.changed_at,
        lead(history.changed_at) over (partition by history.user_id order by history.changed_at) as until_at
    from {{ ref('int_score_history') }} as history
    inner join {{ ref('int_contacts_reported') }} as contacts on contacts.user_id = history.user_id
    where history.changed_at <= {{ as_of() }}
),
pqls as (
    select distinct periods.period_type, periods.period_start, pql_times.contact_id
    from pql_times
    inner join {{ ref('int_report_periods') }} as periods
        on pql_times.changed_at < cast(periods.period_end as timestamp)
        and (pql_times.until_at is null or pql_times.until_at >= cast(periods.period_end as timestamp))
    where pql_times.band = 'pql' and not periods.is_ahead
),
usage_of as (
    select periods.*, {{ segments }}, contacts.company_id
    from {{ ref('int_usage_periods') }} as periods
    inner join {{ ref('int_contact_stages') }} as contacts on contacts.contact_id = periods.contact_id
    where periods.active_days > 0
),
usage_counted as (
    select period_type, period_start, {{ split_by() | join(', ') }}, count(*) as contact_count,
        sum(key_feature_count) as key_feature_count, sum(key_action_count) as key_action_count, sum(active_days) as active_days
    from usage_of
    group by period_type, period_start, {{ split_by() | join(', ') }}
),
companies_counted as (
    select period_type, period_start, company_id, min(industry) as industry, min(tier) as tier, count(*) as contact_count
    from usage_of
    where company_id is not null
    group by period_type, period_start, company_id
)
select metric_id, period_type, period_start, {{ split_by() | join(', ') }}, owner, numerator, denominator, measure from placed
union all
select metric_id, period_type, period_start, {{ split_by() | join(', ') }}, owner, sum(numerator), null, null
from forecast
group by metric_id, period_type, period_start, {{ split_by() | join(', ') }}, owner
union all
select 'pqls_present', pqls.period_type, pqls.period_start, {{ segments }}, {{ no_owner }}, count(*), null, null
from pqls
inner join contacts on contacts.contact_id = pqls.contact_id
group by pqls.period_type, pqls.period_start, {{ segments }}
{% for metric_id, numerator, denominator in [
    ('active_users', 'contact_count', 'null'),
    ('adoption_breadth', 'key_feature_count', 'contact_count'),
    ('adoption_depth', 'key_action_count', 'active_days'),
] %}
union all
select '{{ metric_id }}', period_type, period_start, {{ split_by() | join(', ') }}, {{ no_owner }}, {{ numerator }}, {{ denominator }}, null
from usage_counted
{% endfor %}
union all
select 'collaboration_share', period_type, period_start, null, industry, tier, null, {{ no_owner }},
    sum(case when contact_count >= 2 then 1 else 0 end), count(*), null
from companies_counted
group by period_type, period_start, industry, tier
