"""The rules in plain English, so that everybody can recite them."""

from dagster_project.rules.english.deciding import sql_definition_in_english
from dagster_project.rules.english.telling import chapter_of, describe_rules

__all__ = ["chapter_of", "describe_rules", "sql_definition_in_english"]
