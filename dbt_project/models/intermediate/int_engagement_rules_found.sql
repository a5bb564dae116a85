-- One row per user and rule that found something in what the user did: what, whether the rule is met by it, and when it last
-- was. What a rule requires besides is not looked at yet.
with usage as (
    select
        company_id, {{ measure_or_null('usage_count') }} as usage_count, {{ measure_or_null('usage_limit') }} as usage_limit
    from {{ ref('int_companies') }}
),
from_usage as (
    select
        users.user_id,
        rules.rule_id,
        {{ ratio_cut('usage.usage_count', 'usage.usage_limit') }} as found,
        usage.usage_count >= rules.threshold * usage.usage_limit as is_met
    from {{ ref('int_users') }} as users
    inner join usage on usage.company_id = users.company_id
    inner join {{ ref('int_rules_in_use') }} as rules on rules.computed_from = 'company_usage_ratio'
    where usage.usage_limit > 0 and usage.usage_count > 0
)
select user_id, rule_id, found, is_met, last_met_at, decays_from, proved_at, cast(null as {{ dbt.type_string() }}) as proof_event_id
from {{ ref('int_rules_found_by_days') }}
union all
select user_id, rule_id, found, is_met, last_met_at, decays_from, null, proof_event_id from {{ ref('int_rules_found_in_windows') }}
union all
select user_id, rule_id, found, is_met, last_met_at, decays_from, null, proof_event_id from {{ ref('int_rules_found_at_moments') }}
union all
select user_id, rule_id, found, is_met, last_met_at, decays_from, null, proof_event_id from {{ ref('int_rules_found_in_total') }}
union all
select user_id, rule_id, found, is_met, {{ as_of() }}, null, null, null from from_usage
