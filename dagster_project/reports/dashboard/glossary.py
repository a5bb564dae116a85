"""What every figure means, in the words of the marts: the metric definitions and the columns of the dbt models."""

import re
from collections.abc import Mapping

from dagster_project.reports.dashboard.described import described_columns, promised_columns
from dagster_project.reports.dashboard.marts import Marts
from dagster_project.reports.dashboard.parts import Term

# Columns that a description names and the page does not show under that name.
IN_WORDS = {
    "went_on_count": "contacts that count at this stage and at the one before",
    "previous_count": "the contacts of the stage before",
    "from_first_count": "contacts that count at this stage and at the first",
    "timed_count": "the contacts whose step could be timed",
    "aged_count": "the deals whose time in the stage is known",
    "win_share": "its win rate",
    "converted_did_count": "accounts that did it before they converted",
    "converted_count": "those that converted",
    "other_did_count": "accounts that did it and have not converted",
    "other_count": "all that have not converted",
    "converted_share": "the share among those that converted",
    "other_share": "the share among the others",
    "answered_count": "sent episodes with an answer",
    "answer_known_count": "those that were answered or whose time for it is over",
    "conversion_known_count": "those that converted or whose time for it is over",
}


class Glossary:
    """Definitions with the numbers of report_settings.csv behind the settings that they name."""

    def __init__(self, marts: Marts) -> None:
        self._settings = marts.settings()
        definitions = marts.table_or_none("report.metric_definitions")
        self.metrics: Mapping[str, dict] = (
            {} if definitions is None else {row["metric_id"]: row for row in definitions.sort("position").to_dicts()}
        )

    def metric(self, metric_id: str) -> Term:
        found = self.metrics.get(metric_id)
        return Term(metric_id) if found is None else Term(found["label"], self.told(found["definition"]))

    def column(self, table: str, column: str, label: str) -> Term:
        """A column under the label that the page has for it, with what its dbt model says of it."""
        return Term(label, self.told(described_columns().get(f"{table}.{column}", "")))

    def columns_of(self, table: str) -> tuple[tuple[str, str], ...]:
        """Every column of a mart with what it is."""
        return tuple((name, self.told(described_columns()[f"{table}.{name}"])) for name in promised_columns(table))

    def told(self, text: str) -> str:
        text = re.sub(r"\b[a-z_]+_(?:count|share)\b", lambda found: IN_WORDS.get(found[0], found[0]), text)
        told = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", self._with_value, " ".join(text.split()))
        return told[:1].upper() + told[1:]

    def _with_value(self, found: re.Match) -> str:
        name = found[0]
        return f"{name} ({self._settings[name]})" if name in self._settings else name
