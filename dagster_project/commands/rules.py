"""`make rules`: check every rule file and say in plain English what it defines."""

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules
from dagster_project.settings import read_settings


def main() -> int:
    settings = read_settings()
    book = read_rules(settings.rules_dir)
    print(f"The rules in {settings.rules_dir} are sound.\n")
    print(describe_rules(book))
    return 0
