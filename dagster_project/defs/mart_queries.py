"""What is asked of a mart to show it at a glance, by `schema.table`; SQL of any engine, and never an address."""

# The rows that people want to see first; the first 20 are shown.
AT_A_GLANCE = {
    "score.contact_scores": """
        select user_id, company_id as company, combined_score, pql_score, fit_score, band, strongest_signal
        from score.contact_scores order by combined_score desc, pql_score desc, user_id""",
    "score.contact_score_reasons": """
        select score_name as score, label as rule, count(*) as people, sum(reasons.points) * 1e0 as points
        from score.contact_score_reasons as reasons where reasons.points <> 0
        group by score_name, label order by abs(sum(reasons.points)) desc, label""",
    "score.company_scores": """
        select company_name as company, company_score, active_users_30d, user_count as people, pql_count as pqls,
            strongest_signal, last_active_at
        from score.company_scores order by company_score desc, active_users_30d desc, company_id""",
    "score.score_changes": """
        select changed_at, user_id, combined_score_from as from_score, combined_score_to as to_score,
            band_from as from_band, band_to as to_band
        from score.score_changes where not is_first order by changed_at desc, user_id""",
    "score.contact_signals": """
        select label as signal, strength, sum(case when is_live then 1 else 0 end) as people_now,
            count(*) as people_ever, max(last_at) as last_seen_at
        from score.contact_signals group by label, strength order by strength, label""",
    "decide.sales_qualifications": """
        select condition_id as condition, property, operator, value,
            sum(case when is_met then 1 else 0 end) as people_who_meet_it,
            sum(case when found is null then 1 else 0 end) as not_known
        from decide.sales_qualifications group by condition_id, property, operator, value order by 5, 1""",
    "decide.handoffs": """
        select handed_off_at, record_key as user_id, people.company_id as company, handoff_state as state,
            owner_name as owner, handoffs.track
        from decide.handoffs as handoffs
        left join score.contact_scores as people on people.user_id = handoffs.record_key
        order by handed_off_at desc, record_key""",
    "decide.sales_queue": """
        select record_key as user_id, people.company_id as company, owner_name as owner, days_since_handoff,
            last_owner_activity_at, is_stale, has_open_deal
        from decide.sales_queue as sales_queue
        left join score.contact_scores as people on people.user_id = sales_queue.record_key
        order by case when is_stale then 0 else 1 end, days_since_handoff desc, record_key""",
    "decide.returns": """
        select returned_at, record_key as user_id, return_state as state, owner_name as owner, rule_id as because
        from decide.returns order by returned_at desc, record_key""",
    "decide.crm_contacts_desired": """
        select matched_by as how_it_was_found, count(*) as contacts
        from decide.crm_contacts_desired group by matched_by order by 2 desc, 1""",
    "decide.crm_companies_desired": """
        select matched_by as how_it_was_found, count(*) as companies
        from decide.crm_companies_desired group by matched_by order by 2 desc, 1""",
    "decide.crm_associations_missing": """
        select matched_by as what_is_known, count(*) as contacts
        from decide.crm_associations_missing group by matched_by order by 2 desc, 1""",
    "decide.contacts_suppressed": """
        select reason, count(*) as people from decide.contacts_suppressed group by reason order by 2 desc, 1""",
    "decide.segment_members": """
        select segment_id as segment, object_type as kind, count(*) as members, count(hubspot_id) as in_hubspot
        from decide.segment_members group by segment_id, object_type order by 3 desc, 1""",
    "decide.actions": """
        select label as trigger_name, kind, priority, count(*) as owed, min(moment_at) as oldest_moment
        from decide.actions group by label, kind, priority order by 4 desc, 1, 2""",
    "decide.trigger_episodes": """
        select label as trigger_name, episode_state as state, count(*) as episodes, min(because) as for_example
        from decide.trigger_episodes group by label, episode_state, strength order by strength, 1, 2""",
    "decide.crm_occurrences": """
        select event_name as event, count(*) as events, count(hubspot_id) as with_a_contact, max(occurred_at) as last_at
        from decide.crm_occurrences group by event_name order by 2 desc, 1""",
    "decide.build_info": "select as_of as true_for from decide.build_info",
    "report.funnel": """
        select order_mode, stage_filter, stage, contact_count as contacts, 100 * next_step_share as next_step_pct,
            100 * cumulative_share as of_all_signed_up_pct, median_hours / 24 as median_days, is_small
        from report.funnel
        where segment_type = 'all' and stage_filter = 'all_stages' order by order_mode desc, stage_number""",
    "report.contact_journeys": """
        select source, count(*) as contacts, sum(case when is_activated then 1 else 0 end) as activated,
            sum(case when is_pql then 1 else 0 end) as pqls, sum(case when is_sql then 1 else 0 end) as sqls,
            sum(case when is_won then 1 else 0 end) as won
        from report.contact_journeys group by source order by 2 desc, 1""",
    "report.metrics": """
        select definitions.label as metric, metrics.period_start as month, metrics.value,
            metrics.previous_value as month_before, metrics.goal, metrics.is_small
        from report.metrics as metrics
        inner join report.metric_definitions as definitions on definitions.metric_id = metrics.metric_id
        where metrics.segment_type = 'all' and metrics.period_type = 'month' and not metrics.is_complete
            and metrics.value is not null
        order by definitions.position""",
    "report.metric_definitions": """
        select label as metric, unit, definition from report.metric_definitions order by position""",
    "report.handoff_responses": """
        select owners.first_name, owners.last_name, responses.track, count(*) as handoffs,
            sum(case when responses.response_state = 'in_time' then 1 else 0 end) as in_time,
            sum(case when responses.response_state = 'breached' then 1 else 0 end) as breached,
            avg(responses.response_minutes) as mean_minutes
        from report.handoff_responses as responses
        left join raw.hubspot_owners as owners on owners.owner_id = responses.owner_id
        group by owners.first_name, owners.last_name, responses.track order by 4 desc, 2, 1""",
    "report.deals": """
        select deal_state as state, source, count(*) as deals, sum(arr) * 1e0 as yearly_amount,
            avg(cycle_days) as mean_cycle_days
        from report.deals group by deal_state, source order by 1, 3 desc, 2""",
    "report.open_deal_stages": """
        select stage, deal_count as deals, arr as yearly_amount, weighted_arr, median_stage_age_days, is_small
        from report.open_deal_stages where segment_type = 'all' order by deal_count desc, stage""",
    "report.segment_changes": """
        select metric_id as metric, segment_type, segment, value, usual_value, change_pct, needs_attention
        from report.segment_changes
        order by case when needs_attention then 0 else 1 end, abs(change_pct) desc, metric_id, segment_type, segment""",
    "report.behaviours_before_conversion": """
        select event_type as behaviour, 100 * converted_share as of_buyers_pct, 100 * other_share as of_others_pct,
            lift, is_small
        from report.behaviours_before_conversion order by lift desc, event_type""",
    "report.trigger_outcomes": """
        select trigger_id as trigger_name, episode_count as episodes, sent_count as sent, answered_count as answered,
            converted_count as converted, is_small
        from report.trigger_outcomes where span = 'ever' order by sent_count desc, trigger_id""",
    "report.unmapped_events": """
        select source, source_event as event, event_count as events, user_count as people, last_at
        from report.unmapped_events order by event_count desc, source_event""",
    "report.unknown_countries": """
        select country, user_count as people, company_count as companies
        from report.unknown_countries order by user_count desc, country""",
    "report.identity_conflicts": """
        select conflict_type as conflict, count(*) as how_often, min(why) as for_example
        from report.identity_conflicts group by conflict_type order by 2 desc, 1""",
}

# Numbers that Dagster draws over time.
NUMBERS = {
    "score.contact_scores": """
        select sum(case when band = 'pql' then 1 else 0 end) as pqls,
            sum(case when band = 'mql' then 1 else 0 end) as mqls,
            sum(case when activation_status = 'activated' then 1 else 0 end) as activated,
            sum(case when is_dormant then 1 else 0 end) as dormant
        from score.contact_scores""",
    "score.company_scores": """
        select sum(case when active_users_30d > 0 then 1 else 0 end) as active_companies,
            sum(case when pql_count > 0 then 1 else 0 end) as companies_with_a_pql
        from score.company_scores""",
    "decide.handoffs": """
        select sum(case when handoff_state = 'proposed' then 1 else 0 end) as proposed,
            sum(case when handoff_state = 'waiting' then 1 else 0 end) as waiting,
            sum(case when handoff_state = 'in_review' then 1 else 0 end) as in_review,
            sum(case when handoff_state = 'acknowledged' then 1 else 0 end) as acknowledged
        from decide.handoffs""",
    "decide.sales_queue": "select sum(case when is_stale then 1 else 0 end) as stale_contacts from decide.sales_queue",
    "report.handoff_responses": """
        select sum(case when response_state = 'breached' then 1 else 0 end) as breaches
        from report.handoff_responses""",
    "report.segment_changes": """
        select sum(case when needs_attention then 1 else 0 end) as segments_that_need_attention
        from report.segment_changes""",
}

# Bars: what, how many, and what else is said of it.
CHARTS = {
    "score.contact_scores": """
        select bands.band, count(scores.user_id) as people
        from rules.score_bands as bands left join score.contact_scores as scores on scores.band = bands.band
        group by bands.band, bands.min_score order by bands.min_score desc""",
    "report.funnel": """
        select stage, contact_count as contacts, 100 * next_step_share as next_step_pct
        from report.funnel
        where order_mode = 'any_order' and stage_filter = 'any_stage' and segment_type = 'all' order by stage_number""",
    "report.contact_journeys": """
        select coalesce(journey_stage, 'signup not known') as last_stage_of_the_journey, count(*) as contacts
        from report.contact_journeys group by journey_stage
        order by min(case journey_stage when 'signed_up' then 1 when 'activated' then 2 when 'pql' then 3
            when 'sql' then 4 when 'opportunity' then 5 when 'won' then 6 else 7 end)""",
}
