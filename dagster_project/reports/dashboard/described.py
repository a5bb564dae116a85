"""What dbt says of the columns of the marts."""

from functools import cache
from pathlib import Path

import yaml

from dagster_project.settings import DBT_PROJECT_DIR

# The one in C is ten times as fast; not every machine has it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def described_columns(models: Path = DBT_PROJECT_DIR / "models" / "marts") -> dict[str, str]:
    """Every column of every mart by its full name, `report.funnel.next_step_share`, with its description."""
    found = {}
    for file in sorted(models.glob("*/_*.yml")):
        for model in yaml.load(file.read_text(encoding="utf-8"), LOADER).get("models") or []:
            for column in model.get("columns") or []:
                found[f"{file.parent.name}.{model['name']}.{column['name']}"] = column.get("description", "")
    return found


def promised_columns(table: str) -> list[str]:
    """The columns of a mart such as `report.funnel`; none of what is no mart."""
    return [name.removeprefix(f"{table}.") for name in described_columns() if name.startswith(f"{table}.")]
