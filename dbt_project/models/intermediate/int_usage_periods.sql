-- What each contact did in each month and week that reports show: active days, kinds of key actions, key actions.
with days as (
    select contacts.contact_id, days.happened_on, days.event_type, days.is_activity, days.is_key_action, days.event_count
    from {{ ref('int_user_event_days') }} as days
    inner join {{ ref('int_contacts_reported') }} as contacts on contacts.user_id = days.user_id
    where days.happened_on >= (select min(period_start) from {{ ref('int_report_periods') }} where period_type <> 'ever')
        and (days.is_activity or days.is_key_action)
),
-- Day by day first: a day is counted once, and there are fewer days than rows.
by_day as (
    select
        contact_id,
        happened_on,
        max(case when is_activity then 1 else 0 end) as is_active,
        sum(case when is_key_action then event_count else 0 end) as key_action_count
    from days
    group by contact_id, happened_on
),
features as (
    select contact_id, happened_on, event_type from days where is_key_action group by contact_id, happened_on, event_type
),
{% for period_type, start_of in [('month', month_of('happened_on')), ('week', week_of('happened_on'))] %}
{{ period_type }}_days as (
    select
        contact_id,
        {{ start_of }} as period_start,
        sum(is_active) as active_days,
        sum(key_action_count) as key_action_count
    from by_day
    group by contact_id, {{ start_of }}
),
{{ period_type }}_features as (
    select contact_id, period_start, count(*) as key_feature_count
    from (select distinct contact_id, {{ start_of }} as period_start, event_type from features) as kinds
    group by contact_id, period_start
),
{% endfor %}
placed as (
    {% for period_type in ['month', 'week'] %}
    select '{{ period_type }}' as period_type, days.*, coalesce(features.key_feature_count, 0) as key_feature_count
    from {{ period_type }}_days as days
    left join {{ period_type }}_features as features
        on features.contact_id = days.contact_id and features.period_start = days.period_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
select
    placed.contact_id,
    placed.period_type,
    placed.period_start,
    cast(placed.active_days as bigint) as active_days,
    placed.key_feature_count,
    cast(placed.key_action_count as bigint) as key_action_count
from placed
inner join {{ ref('int_report_periods') }} as periods
    on periods.period_type = placed.period_type and periods.period_start = placed.period_start
