"""What no single cell shows: rows that contradict each other, and names another file does not know."""

from collections.abc import Callable, Iterator

from dagster_project.rules.checks.channels import every_channel_has_its_row
from dagster_project.rules.checks.crm import crm_properties_have_a_source
from dagster_project.rules.checks.crm_events import (
    event_properties_have_a_source,
    event_settings_are_within_bounds,
    events_to_send_fit_into_hubspot,
)
from dagster_project.rules.checks.deciding import conditions_compare_like_with_like
from dagster_project.rules.checks.engagement import (
    engagement_rules_are_complete,
    negative_rules_have_their_value,
    required_rules_are_there_and_in_no_circle,
)
from dagster_project.rules.checks.events import activation_has_a_milestone, event_names_are_known
from dagster_project.rules.checks.fit import (
    conditions_name_what_there_is,
    fact_sources_are_in_order,
    fit_rules_have_their_value,
    negative_rules_except_what_they_look_for,
    regions_name_countries,
)
from dagster_project.rules.checks.handing_off import (
    absences_end_after_they_begin,
    handoff_settings_are_there_and_within_bounds,
    members_work_at_some_time_and_place,
    return_rules_are_complete,
    routes_lead_to_somebody,
    routing_conditions_can_hold,
)
from dagster_project.rules.checks.reporting import (
    goals_of_shares_are_shares,
    report_settings_are_there_and_within_bounds,
    tiers_do_not_overlap,
)
from dagster_project.rules.checks.scores import (
    bands_cover_every_score_once,
    settings_are_there_and_within_bounds,
    weights_add_up_and_every_size_has_one_profile,
)
from dagster_project.rules.checks.segments import segment_conditions_can_hold, segments_are_complete
from dagster_project.rules.checks.signals import account_signals_are_complete, signals_are_complete
from dagster_project.rules.checks.templates import templates_can_be_rendered, templates_that_are_named_are_there
from dagster_project.rules.checks.triggers import (
    trigger_actions_are_complete,
    trigger_conditions_can_hold,
    triggers_are_complete,
)
from dagster_project.rules.reading import RuleBook, RuleProblem

CHECKS: tuple[Callable[[RuleBook], Iterator[RuleProblem]], ...] = (
    event_names_are_known,
    activation_has_a_milestone,
    engagement_rules_are_complete,
    required_rules_are_there_and_in_no_circle,
    negative_rules_have_their_value,
    negative_rules_except_what_they_look_for,
    fit_rules_have_their_value,
    regions_name_countries,
    fact_sources_are_in_order,
    weights_add_up_and_every_size_has_one_profile,
    bands_cover_every_score_once,
    settings_are_there_and_within_bounds,
    signals_are_complete,
    account_signals_are_complete,
    conditions_compare_like_with_like,
    conditions_name_what_there_is,
    absences_end_after_they_begin,
    members_work_at_some_time_and_place,
    routes_lead_to_somebody,
    routing_conditions_can_hold,
    handoff_settings_are_there_and_within_bounds,
    return_rules_are_complete,
    segments_are_complete,
    segment_conditions_can_hold,
    triggers_are_complete,
    trigger_conditions_can_hold,
    trigger_actions_are_complete,
    crm_properties_have_a_source,
    events_to_send_fit_into_hubspot,
    event_properties_have_a_source,
    event_settings_are_within_bounds,
    every_channel_has_its_row,
    templates_can_be_rendered,
    templates_that_are_named_are_there,
    goals_of_shares_are_shares,
    tiers_do_not_overlap,
    report_settings_are_there_and_within_bounds,
)


def cross_check(book: RuleBook) -> list[RuleProblem]:
    """Every problem that only shows when the files are read together."""
    return [problem for check in CHECKS for problem in check(book)]
