"""Every rule file as a chapter, in the order in which people ask."""

from collections.abc import Iterator

from dagster_project.rules.english.channels import CHANNELS
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.crm import CRM_OBJECTS, CRM_PROPERTIES
from dagster_project.rules.english.crm_events import EVENT_PROPERTIES, EVENT_SETTINGS, EVENTS
from dagster_project.rules.english.deciding import (
    ACTIVATION,
    DOMAINS,
    SQL_DEFINITION,
    TAXONOMY,
)
from dagster_project.rules.english.engagement import ENGAGEMENT, GROUPS, NEGATIVE
from dagster_project.rules.english.fit import FACT_SOURCES, FIT, ICP, REGIONS
from dagster_project.rules.english.handing_off import (
    HANDOFF_SETTINGS,
    RETURNS,
    ROUTES,
    ROUTING_CONDITIONS,
    SALES_TEAM,
)
from dagster_project.rules.english.reporting import GOALS, REPORT_SETTINGS, TIERS
from dagster_project.rules.english.scores import BANDS, SETTINGS, WEIGHTS
from dagster_project.rules.english.segments import SEGMENT_CONDITIONS, SEGMENTS
from dagster_project.rules.english.signals import ACCOUNT_SIGNALS, SENIORITY, SIGNALS
from dagster_project.rules.english.triggers import TRIGGER_ACTIONS, TRIGGER_CONDITIONS, TRIGGERS
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema import RULE_FILES, Rule

CHAPTERS: dict[str, Chapter] = {
    "sql_definition": SQL_DEFINITION,
    "activation_milestones": ACTIVATION,
    "icp_definition": ICP,
    "engagement_rules": ENGAGEMENT,
    "score_groups": GROUPS,
    "negative_rules": NEGATIVE,
    "fit_rules": FIT,
    "regions": REGIONS,
    "fact_sources": FACT_SOURCES,
    "score_weights": WEIGHTS,
    "score_bands": BANDS,
    "score_settings": SETTINGS,
    "signals": SIGNALS,
    "account_signals": ACCOUNT_SIGNALS,
    "title_seniority": SENIORITY,
    "handoff_settings": HANDOFF_SETTINGS,
    "routing_rules": ROUTES,
    "routing_conditions": ROUTING_CONDITIONS,
    "sales_team": SALES_TEAM,
    "return_rules": RETURNS,
    "triggers": TRIGGERS,
    "trigger_conditions": TRIGGER_CONDITIONS,
    "trigger_actions": TRIGGER_ACTIONS,
    "channels": CHANNELS,
    "event_taxonomy": TAXONOMY,
    "excluded_domains": DOMAINS,
    "segments": SEGMENTS,
    "segment_conditions": SEGMENT_CONDITIONS,
    "crm_objects": CRM_OBJECTS,
    "crm_property_map": CRM_PROPERTIES,
    "crm_events": EVENTS,
    "crm_event_properties": EVENT_PROPERTIES,
    "crm_event_settings": EVENT_SETTINGS,
    "goals": GOALS,
    "tiers": TIERS,
    "report_settings": REPORT_SETTINGS,
}


def told_files() -> list[str]:
    """All rule files, those with a chapter of their own first and in its order."""
    return [*CHAPTERS, *(name for name in RULE_FILES if name not in CHAPTERS)]


def chapter_of(file_name: str) -> Chapter:
    return CHAPTERS.get(file_name) or _as_it_stands(file_name)


def describe_rules(book: RuleBook) -> str:
    """Every definition, one paragraph a file."""
    return "\n\n".join(
        "\n".join([chapter.title, *(f"  {line}" for line in chapter.sentences(book))])
        for chapter in map(chapter_of, told_files())
    )


def _as_it_stands(file_name: str) -> Chapter:
    """A file that nobody has found words for yet is told cell by cell, not left out."""

    def row(book: RuleBook, rule: Rule) -> str:
        cells = rule.model_dump(exclude={"owner", "why"}, exclude_none=True)
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in cells.items())

    def sentences(book: RuleBook) -> Iterator[str]:
        for rule in book.rules(file_name):
            yield f"{row(book, rule)}."

    return Chapter(file_name.replace("_", " ").capitalize(), sentences, row)
