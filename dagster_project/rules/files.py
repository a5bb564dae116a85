"""The rule files of a folder, byte for byte."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dagster_project.rules.schema import RULE_FILES


def rule_files(rules_dir: Path) -> dict[str, bytes]:
    """Those that are there, by file name; whatever else lies beside them is left out."""
    paths = [rules_dir / f"{name}.csv" for name in sorted(RULE_FILES)]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def digest_of(files: Mapping[str, bytes]) -> str:
    """The same for the same contents, wherever the files lie."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()
