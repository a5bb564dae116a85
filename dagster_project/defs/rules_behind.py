"""The rules that an asset follows, in plain English."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import dagster as dg

from dagster_project.masking import masked
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import chapter_of, sql_definition_in_english
from dagster_project.rules.markdown import bullets
from dagster_project.rules.reading import RuleBook, RulesInvalid
from dagster_project.rules.schema import RULE_FILES
from dagster_project.rules.trigger_document import trigger_document
from dagster_project.settings import SettingsInvalid, read_settings

RULES_UNSOUND = "The rules have mistakes; `make rules` names them."
WHO_IS_CALLED_WHAT = ("activation_milestones", "score_bands", "sql_definition", "report_settings")
# The rule files behind an asset, by its key. Rule files themselves, decide/sales_qualifications and decide/actions tell
# theirs where they are made, whole.
RULES_BEHIND = {
    "score/contact_scores": ("score_weights", "score_bands", "score_settings", "activation_milestones"),
    "score/contact_score_reasons": ("engagement_rules", "score_groups", "negative_rules", "fit_rules"),
    "score/company_scores": ("account_signals", "title_seniority"),
    "score/contact_signals": ("signals",),
    "decide/handoffs": ("sql_definition", "handoff_settings", "routing_rules"),
    "decide/sales_queue": ("return_rules",),
    "decide/returns": ("return_rules", "handoff_settings"),
    "decide/segment_members": ("segments",),
    "decide/trigger_episodes": ("triggers",),
    "decide/crm_contacts_desired": ("crm_objects", "crm_property_map"),
    "decide/crm_companies_desired": ("crm_objects", "crm_property_map"),
    "decide/crm_occurrences": ("crm_events", "crm_event_settings"),
    "report/metrics": ("goals", "report_settings"),
    "report/funnel": WHO_IS_CALLED_WHAT,
    "report/contact_journeys": WHO_IS_CALLED_WHAT,
    "report/handoff_responses": ("report_settings",),
    "report/deals": ("tiers", "report_settings"),
    "report/open_deal_stages": ("report_settings",),
    "report/trigger_outcomes": ("report_settings",),
    "report/segment_changes": ("report_settings",),
    "report/behaviours_before_conversion": ("report_settings",),
    "report/unmapped_events": ("event_taxonomy",),
    "report/audit_of_rules": ("score_bands", "sql_definition", "report_settings"),
    "diff/crm_contacts_changed": ("crm_objects",),
    "diff/crm_companies_changed": ("crm_objects",),
    "sync/crm_properties": ("crm_property_map",),
    "sync/crm_contacts_returned": ("return_rules", "handoff_settings"),
    "sync/crm_lists_synced": ("segments",),
    "sync/crm_events_sent": ("crm_events", "crm_event_settings"),
    "act/actions_delivered": ("channels",),
}


def with_rules(spec: dg.AssetSpec) -> dg.AssetSpec:
    files = RULES_BEHIND.get(spec.key.to_user_string())
    if files is None:
        return spec
    try:
        told = chapters_told(read_settings().rules_dir)
    except SettingsInvalid:
        return spec
    said = "\n\n".join(told[name] for name in files) if told else RULES_UNSOUND
    return spec.replace_attributes(metadata={"rules_in_plain_english": dg.MetadataValue.md(said), **spec.metadata})


@cache
def chapters_told(rules_dir: Path) -> Mapping[str, str]:
    """Each rule file of this folder as Markdown, read once; nothing where there are mistakes."""
    return {
        name: f"**{chapter_of(name).title}** ({name}.csv)\n\n{bullets(map(masked, sentences))}"
        for name, sentences in _sentences(rules_dir).items()
    }


@cache
def told_by_rules(rules_dir: Path) -> Mapping[str, str]:
    """What the rules of this folder say of the assets that are made of them, as Markdown; read once."""
    book = _book(rules_dir)
    if book is None:
        return {f"rules/{name}": RULES_UNSOUND for name in RULE_FILES} | {"decide/sales_qualifications": RULES_UNSOUND}
    files = {
        f"rules/{name}": "\n".join(f"- {sentence}" for sentence in sentences)
        for name, sentences in _sentences(rules_dir).items()
    }
    return files | {"decide/sales_qualifications": sql_definition_in_english(book)}


@cache
def triggers_told(rules_dir: Path) -> str:
    """What triggers what by the rules of this folder, as Markdown; read once."""
    book = _book(rules_dir)
    return RULES_UNSOUND if book is None else trigger_document(book)


@cache
def _sentences(rules_dir: Path) -> Mapping[str, tuple[str, ...]]:
    """Each rule file in plain English; nothing where there are mistakes."""
    book = _book(rules_dir)
    return {} if book is None else {name: tuple(chapter_of(name).sentences(book)) for name in RULE_FILES}


@cache
def _book(rules_dir: Path) -> RuleBook | None:
    """None where the files have mistakes. Read once: every process of Dagster does so when it starts."""
    try:
        return read_rules(rules_dir)
    except RulesInvalid:
        return None
