"""What the yml files of the dbt project say of rule files and marts: the words that dbt and Dagster show, too."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from dagster_project.settings import DBT_PROJECT_DIR

SEEDS = DBT_PROJECT_DIR / "models" / "rules" / "_rules__seeds.yml"
DECIDE_MODELS = DBT_PROJECT_DIR / "models" / "marts" / "decide" / "_decide__models.yml"


@dataclass(frozen=True)
class Described:
    """A seed or a model, and its columns by name."""

    description: str
    columns: dict[str, str]


def described_seeds() -> dict[str, Described]:
    return _described(SEEDS, "seeds")


def described_decisions() -> dict[str, Described]:
    return _described(DECIDE_MODELS, "models")


def _described(path: Path, kind: str) -> dict[str, Described]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))[kind]
    return {
        item["name"]: Described(
            item["description"], {column["name"]: column.get("description", "") for column in item.get("columns", [])}
        )
        for item in found
    }
