"""dbt for a target, in an environment in which nothing but dbt and its adapters is installed."""

import os
import tempfile
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"


def invoked(target: str, as_of: str, *arguments: str) -> Any:
    """What dbt says of a command such as `compile`, as of a moment; what it writes is gone afterwards."""
    from dbt.cli.main import dbtRunner

    os.environ |= {"PQL_TARGET": target, "PQL_AS_OF": as_of, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    with tempfile.TemporaryDirectory() as folder:
        project = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        return dbtRunner().invoke(["--quiet", *arguments, *project, "--target-path", folder, "--log-path", folder])
