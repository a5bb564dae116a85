"""The rule files: which there are, which columns each has, and what a cell may hold."""

from dagster_project.rules.schema.cells import Rule
from dagster_project.rules.schema.channels import Channel
from dagster_project.rules.schema.crm import CrmEvent, CrmEventProperty, CrmEventSetting, CrmObject, CrmProperty
from dagster_project.rules.schema.deciding import ExcludedDomain, SqlCondition
from dagster_project.rules.schema.engagement import EngagementRule, NegativeRule, ScoreGroup
from dagster_project.rules.schema.events import ActivationMilestone, EventName
from dagster_project.rules.schema.fit import FactSource, FitRule, IcpCondition, RegionCountry
from dagster_project.rules.schema.handing_off import (
    HandoffSetting,
    ReturnRule,
    RoutingCondition,
    RoutingRule,
    SalesMember,
)
from dagster_project.rules.schema.reporting import Goal, ReportSetting, Tier
from dagster_project.rules.schema.scores import ScoreBand, ScoreSetting, ScoreWeights
from dagster_project.rules.schema.segments import Segment, SegmentCondition
from dagster_project.rules.schema.signals import AccountSignal, Signal, TitleSeniority
from dagster_project.rules.schema.triggers import Trigger, TriggerAction, TriggerCondition

RULE_FILES: dict[str, type[Rule]] = {
    "event_taxonomy": EventName,
    "activation_milestones": ActivationMilestone,
    "engagement_rules": EngagementRule,
    "score_groups": ScoreGroup,
    "negative_rules": NegativeRule,
    "fit_rules": FitRule,
    "regions": RegionCountry,
    "fact_sources": FactSource,
    "icp_definition": IcpCondition,
    "score_weights": ScoreWeights,
    "score_bands": ScoreBand,
    "score_settings": ScoreSetting,
    "signals": Signal,
    "account_signals": AccountSignal,
    "title_seniority": TitleSeniority,
    "sql_definition": SqlCondition,
    "excluded_domains": ExcludedDomain,
    "sales_team": SalesMember,
    "routing_rules": RoutingRule,
    "routing_conditions": RoutingCondition,
    "handoff_settings": HandoffSetting,
    "return_rules": ReturnRule,
    "triggers": Trigger,
    "channels": Channel,
    "trigger_conditions": TriggerCondition,
    "trigger_actions": TriggerAction,
    "segments": Segment,
    "segment_conditions": SegmentCondition,
    "crm_objects": CrmObject,
    "crm_property_map": CrmProperty,
    "crm_events": CrmEvent,
    "crm_event_properties": CrmEventProperty,
    "crm_event_settings": CrmEventSetting,
    "goals": Goal,
    "tiers": Tier,
    "report_settings": ReportSetting,
}
