{# What the reports count, by when they count it, and what it is called. #}

{% macro report_setting(name) -%} (select value from {{ ref('report_settings') }} where setting_id = '{{ name }}') {%- endmacro %}
{% macro whole_report_setting(name) -%} cast({{ report_setting(name) }} as bigint) {%- endmacro %}

{# The stages of the funnel in their order. #}
{% macro funnel_stages() -%} {{ return(['signed_up', 'activated', 'pql', 'sql', 'opportunity', 'won']) }} {%- endmacro %}
{# What reports split people and deals by. #}
{% macro split_by() -%} {{ return(['source', 'industry', 'tier', 'track']) }} {%- endmacro %}

{# The value below which a share of the known values of a group lies, between two values where need be. #}
{% macro percentile(value, share) -%} {{ return(adapter.dispatch('percentile', 'pql')(value, share)) }} {%- endmacro %}
{% macro default__percentile(value, share) -%} percentile_cont({{ share }}) within group (order by {{ value }}) {%- endmacro %}

{# The Monday of the week of a day, on every engine: the fourth day of 1970 after the first was a Monday. #}
{% macro week_of(day) -%}
    {{ days_after('7 * ' ~ whole_quotient(dbt.datediff("cast('1970-01-05' as date)", day, 'day'), 7), "cast('1970-01-05' as date)") }}
{%- endmacro %}
{% macro month_of(day) -%} cast({{ dbt.date_trunc('month', day) }} as date) {%- endmacro %}
{# The start of the one period that holds everything. #}
{% macro ever() -%} cast('1970-01-01' as date) {%- endmacro %}

{# Elapsed time as a number with decimals; null where either is not known. #}
{% macro elapsed(earlier, later, unit) -%}
    {%- set microseconds = {'minute': 60000000, 'hour': 3600000000, 'day': 86400000000} -%}
    cast({{ elapsed_microseconds(earlier, later) }} as {{ type_double() }}) / {{ microseconds[unit] }}
{%- endmacro %}

{# A share of counts; null of nothing. #}
{% macro share_of(numerator, denominator) -%}
    case when {{ denominator }} > 0 then cast({{ numerator }} as {{ type_double() }}) / {{ denominator }} end
{%- endmacro %}

{# The first build that anything is known of scores from; earlier ones may have had the same, or not. #}
{% macro history_began_at() -%} (select min(changed_at) from {{ ref('int_score_history') }} where changed_at <= {{ as_of() }}) {%- endmacro %}

{# Whether so few were counted that what is made of them says little. #}
{% macro is_few(count) -%} coalesce({{ count }}, 0) < {{ whole_report_setting('small_below') }} {%- endmacro %}

{# The columns of a segment, told by its type; `rows` must be joined with `segment_types` in scope. #}
{% macro segment_types() -%}
    {% for split in ['all'] + split_by() + ['owner'] %}select '{{ split }}' as segment_type{% if not loop.last %} union all {% endif %}{% endfor %}
{%- endmacro %}
{% macro segment_of(row, splits) -%}
    case segment_types.segment_type
        when 'all' then 'all'
        {% for split in splits %}when '{{ split }}' then {{ row }}.{{ split }} {% endfor %}
    end
{%- endmacro %}

{#
  Every metric of report.metrics: what it is called, how it is made of its facts (count, sum, level: the sum of numerators;
  share, mean: numerators by denominators; median, p90: of the measures), its unit, which way is better, since when its
  facts are known, and how it is counted, in words for whoever points at it.
#}
{% macro report_metrics() -%}
{{ return([
    {'metric_id': 'signups', 'label': 'Signups', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'signups',
     'definition': 'Contacts whose first user was created in the period. Two users of one address are one contact.'},
    {'metric_id': 'activations', 'label': 'Activations', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'signups',
     'definition': 'Contacts that reached the last of the activation milestones for the first time in the period.'},
    {'metric_id': 'activation_share', 'label': 'Signed up to activated', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'signups',
     'definition': 'Of the contacts that signed up in the period, the share that is activated by now.'},
    {'metric_id': 'time_to_value_hours_median', 'label': 'Time to value, median', 'kind': 'median', 'unit': 'hours', 'better': 'less', 'known': 'signups',
     'definition': 'Hours from signup to activation of the contacts that were activated in the period: half took at most so long.'},
    {'metric_id': 'time_to_value_hours_p90', 'label': 'Time to value, nine of ten', 'kind': 'p90', 'unit': 'hours', 'better': 'less', 'known': 'signups',
     'definition': 'Hours from signup to activation of the contacts that were activated in the period: nine of ten took at most so long.'},
    {'metric_id': 'new_mqls', 'label': 'New MQLs', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'history',
     'definition': 'Contacts whose combined score was first seen in band mql or above in the period. Who was there at the first build is in no month or week, for nobody knows since when.'},
    {'metric_id': 'new_pqls', 'label': 'New PQLs', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'history',
     'definition': 'Contacts whose combined score was first seen in band pql in the period. Who was there at the first build is in no month or week, for nobody knows since when.'},
    {'metric_id': 'pqls_present', 'label': 'PQLs present', 'kind': 'level', 'unit': 'contacts', 'better': 'more', 'known': 'history',
     'definition': 'Contacts in band pql at the end of the period, or now where it is not over.'},
    {'metric_id': 'activated_to_pql_share', 'label': 'Activated to PQL', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'history',
     'definition': 'Of the contacts that were activated in the period, and since scores are kept, the share that came to band pql then or later.'},
    {'metric_id': 'sqls', 'label': 'SQLs', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'crm',
     'definition': 'Contacts that became sales qualified for the first time in the period: by a handoff that HubSpot acknowledged, or by the date that HubSpot keeps of this stage.'},
    {'metric_id': 'pql_to_sql_share', 'label': 'PQL to SQL', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'history', 'has_floor': true,
     'definition': 'Of the contacts that became a PQL in the period, the share that became sales qualified then or later. Who was one at the first build is left out, for nobody knows since when.'},
    {'metric_id': 'opportunities', 'label': 'New opportunities', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'deals',
     'definition': 'Contacts whose first associated deal was created in the period.'},
    {'metric_id': 'mql_to_opportunity_share', 'label': 'MQL to opportunity', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'history', 'has_floor': true,
     'definition': 'Of the contacts that became an MQL or better in the period, the share with a deal that was created then or later. Who was one at the first build is left out, for nobody knows since when.'},
    {'metric_id': 'handoffs', 'label': 'Handoffs', 'kind': 'count', 'unit': 'handoffs', 'better': 'more', 'known': 'handoffs',
     'definition': 'Handoffs to sales of the period that HubSpot acknowledged; a contact that was handed over again counts again.'},
    {'metric_id': 'response_minutes_median', 'label': 'First activity, median', 'kind': 'median', 'unit': 'minutes', 'better': 'less', 'known': 'responses',
     'definition': 'Minutes from a handoff of the period to the first activity of the owner, of the handoffs that were answered: half took at most so long.'},
    {'metric_id': 'response_minutes_p90', 'label': 'First activity, nine of ten', 'kind': 'p90', 'unit': 'minutes', 'better': 'less', 'known': 'responses',
     'definition': 'Minutes from a handoff of the period to the first activity of the owner, of the handoffs that were answered: nine of ten took at most so long.'},
    {'metric_id': 'quick_response_share', 'label': 'Quick responses', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'responses',
     'definition': 'Of the handoffs of the period, the share that the owner answered within quick_response_minutes; handoffs for which this time still runs are left out.'},
    {'metric_id': 'sla_breaches', 'label': 'Breaches', 'kind': 'count', 'unit': 'handoffs', 'better': 'less', 'known': 'responses',
     'definition': 'Handoffs of the period without an activity of the owner within first_activity_hours; those for which this time still runs are none.'},
    {'metric_id': 'sla_breach_share', 'label': 'Breached', 'kind': 'share', 'unit': 'share', 'better': 'less', 'known': 'responses',
     'definition': 'Breaches by handoffs of the period; handoffs whose time still runs without an answer are left out of both.'},
    {'metric_id': 'handoffs_returned_share', 'label': 'Returned to marketing', 'kind': 'share', 'unit': 'share', 'better': 'less', 'known': 'handoffs',
     'definition': 'Of the handoffs of the period, the share that went back to marketing since: a measure of poor touches.'},
    {'metric_id': 'deals_created', 'label': 'Deals created', 'kind': 'count', 'unit': 'deals', 'better': 'more', 'known': 'deals',
     'definition': 'Deals that were created in the period, open or not.'},
    {'metric_id': 'deals_won', 'label': 'Deals won', 'kind': 'count', 'unit': 'deals', 'better': 'more', 'known': 'deals',
     'definition': 'Deals in a closed-won stage whose close date lies in the period.'},
    {'metric_id': 'win_share', 'label': 'Win rate', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'deals',
     'definition': 'Deals won by deals won or lost, of those closed in the period.'},
    {'metric_id': 'new_arr', 'label': 'Net new ARR', 'kind': 'sum', 'unit': 'money', 'better': 'more', 'known': 'deals',
     'definition': 'The yearly amount of deals won in the period that HubSpot does not call existing business: its annual recurring revenue, else the amount. A deal without either adds nothing.'},
    {'metric_id': 'pql_new_arr', 'label': 'Net new ARR from PQL deals', 'kind': 'sum', 'unit': 'money', 'better': 'more', 'known': 'deals_and_history',
     'definition': 'Net new ARR of deals with a contact that was a PQL when the deal was created; known of deals created since scores are kept.'},
    {'metric_id': 'average_deal', 'label': 'Average deal', 'kind': 'mean', 'unit': 'money', 'better': 'more', 'known': 'deals',
     'definition': 'The mean yearly amount of deals won in the period that have one.'},
    {'metric_id': 'cycle_days_median', 'label': 'Sales cycle, median', 'kind': 'median', 'unit': 'days', 'better': 'less', 'known': 'deals',
     'definition': 'Days from creation to close of the deals won in the period: half took at most so long.'},
    {'metric_id': 'forecast_arr', 'label': 'Forecast', 'kind': 'sum', 'unit': 'money', 'better': 'more', 'known': 'deals',
     'definition': 'Net new ARR won in the month, and open deals that are to close in it (overdue ones in the present month), each weighted by the historical win rate of its stage, or of all deals where fewer than small_below closed deals were seen in the stage.'},
    {'metric_id': 'active_users', 'label': 'Active contacts', 'kind': 'count', 'unit': 'contacts', 'better': 'more', 'known': 'usage',
     'definition': 'Contacts with an event in the period that the taxonomy calls activity.'},
    {'metric_id': 'adoption_breadth', 'label': 'Breadth', 'kind': 'mean', 'unit': 'features', 'better': 'more', 'known': 'usage',
     'definition': 'How many different key actions an active contact took in the period, on average.'},
    {'metric_id': 'adoption_depth', 'label': 'Depth', 'kind': 'mean', 'unit': 'key actions a day', 'better': 'more', 'known': 'usage',
     'definition': 'Key actions by active days (UTC), of the contacts that were active in the period.'},
    {'metric_id': 'collaboration_share', 'label': 'Collaboration', 'kind': 'share', 'unit': 'share', 'better': 'more', 'known': 'usage',
     'definition': 'Of the companies with an active contact in the period, the share with two or more.'},
]) }}
{%- endmacro %}

{# Facts of one metric: a row of the relation each, at an instant up to the clock of the run. #}
{% macro metric_fact(metric_id, relation, at, numerator='1', denominator='null', measure='null', where='true', is_dated='true', has_owner=false) %}
    select
        '{{ metric_id }}' as metric_id,
        {{ at }} as happened_at,
        {{ is_dated }} as is_dated,
        {{ split_by() | join(', ') }},
        {% if has_owner %}owner{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as owner,
        cast({{ numerator }} as decimal(28, 4)) as numerator,
        cast({{ denominator }} as decimal(28, 4)) as denominator,
        cast({{ measure }} as {{ type_double() }}) as measure
    from {{ relation }}
    where {{ where }} and {{ at }} <= {{ as_of() }}
{% endmacro %}
{% macro one_where(condition) -%} case when {{ condition }} then 1 else 0 end {%- endmacro %}
