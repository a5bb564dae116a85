"""What the dbt profile says of an engine: dbt and this package open the same one."""

import os
import re
from collections.abc import Mapping
from typing import Any

import yaml
from jinja2.nativetypes import NativeEnvironment

from dagster_project.engines.engine import EngineUnusable
from dagster_project.settings import DBT_PROJECT_DIR, read_settings

PROFILE = "pql"
# How variables end that dbt or an engine reads as one; they say so in many lines, each in its own words.
WHOLE_NUMBERS = ("_PORT", "_THREADS", "_PARTITIONS")
WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def output_of(target: str) -> dict[str, Any]:
    """An output of dbt_project/profiles.yml as dbt would read it now, with the environment put in.

    Raises:
        EngineUnusable: A variable that must be a number is none.
    """
    profiles = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    return _rendered(profiles[PROFILE]["outputs"][target])


def _rendered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rendered(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rendered(inner) for inner in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> Any:
    environment = NativeEnvironment()
    # Types are what a setting is read as, and every one that is read here is text.
    environment.filters |= {"as_number": str, "as_bool": str, "as_native": str, "as_text": str}
    return str(environment.from_string(value).render(env_var=_env_var))


def _env_var(name: str, default: str = "") -> str:
    if name == "PQL_DATA_DIR":
        # dbt is told of it before it reads a profile: a path of its own would hang on the folder it was started in.
        return str(read_settings().data_dir)
    said = os.environ.get(name, default)
    if name.endswith(WHOLE_NUMBERS) and not WHOLE_NUMBER.fullmatch(said):
        raise EngineUnusable(f"{name} is {said!r}; it must be a whole number above 0, such as {default}.")
    return said
