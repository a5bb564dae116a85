"""The rule files in a place where dbt can do them no harm."""

import os
import shutil
import tempfile
from pathlib import Path

from dagster_project.rules.files import digest_of, rule_files
from dagster_project.settings import DBT_PROJECT_DIR, SHIPPED_RULES_DIR


def seeds_for_dbt(rules_dir: Path) -> str:
    """The folder of rule files as dbt may be given it: inside its project, or shipped with it, by a relative path.

    dbt writes what it ran to `<target>/run/<project>/<path of the file>`. An absolute path leads from there back to the
    rule file itself, and dbt overwrites it with SQL. Rules from elsewhere are therefore copied, once per content; other
    files that lie beside them are not, for dbt would take each CSV for a seed.
    """
    if rules_dir.resolve() == SHIPPED_RULES_DIR.resolve():
        return os.path.relpath(SHIPPED_RULES_DIR, DBT_PROJECT_DIR)
    # Templates are nothing to dbt.
    files = {name: content for name, content in rule_files(rules_dir).items() if name.endswith(".csv")}
    copies = DBT_PROJECT_DIR / "target" / "rules"
    copy = copies / digest_of(files)[:16]
    if not copy.is_dir():
        copies.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=copies))
        for name, content in files.items():
            (unfinished / name).write_bytes(content)
        try:
            unfinished.rename(copy)
        except OSError:
            # Another process made the same copy meanwhile.
            shutil.rmtree(unfinished)
    return os.path.relpath(copy, DBT_PROJECT_DIR)
