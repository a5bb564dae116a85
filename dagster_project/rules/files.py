"""The rule files of a folder, byte for byte."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dagster_project.rules.schema import RULE_FILES
from dagster_project.rules.templates import template_names, template_path


def rule_files(rules_dir: Path) -> dict[str, bytes]:
    """Those that are there, message templates too, by file name; whatever else lies beside them is left out."""
    paths = [rules_dir / f"{name}.csv" for name in sorted(RULE_FILES)]
    paths += [template_path(rules_dir, name) for name in template_names(rules_dir)]
    return {path.relative_to(rules_dir).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def write_rule_files(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def digest_of(files: Mapping[str, bytes]) -> str:
    """The same for the same contents, wherever the files lie."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()
