"""All generated pages, by file name."""

from dagster_project.documents.crm_properties import properties_document
from dagster_project.documents.descriptions import described_decisions, described_seeds
from dagster_project.documents.rule_files import rule_files_document
from dagster_project.rules.criteria import TRIGGERS_NAME
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.trigger_document import trigger_document


def documents(book: RuleBook, prefix: str) -> dict[str, str]:
    return {
        "rules.md": rule_files_document(book, described_seeds()),
        TRIGGERS_NAME: trigger_document(book),
        "properties.md": properties_document(book, prefix, described_decisions()),
    }
