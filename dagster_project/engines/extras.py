"""Packages that only an engine needs, which an extra of the project brings."""

from collections.abc import Mapping
from importlib.util import find_spec

from dagster_project.engines.engine import EngineUnusable


def require_extra(target: str, extra: str, packages: Mapping[str, str]) -> None:
    """Args:
        packages: What each is called where it is installed, by the module that is imported of it.

    Raises:
        EngineUnusable: One of them is missing.
    """
    missing = [package for module, package in packages.items() if not _is_installed(module)]
    if missing:
        raise EngineUnusable(
            f'PQL_TARGET is {target}, and {" and ".join(missing)} cannot be imported: run `pip install ".[{extra}]"`.'
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
