"""`make dev`: the Dagster UI with schedule and sensors on; without a HubSpot token, the sandbox beside it."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

from dagster_project.commands.home import prepare_dagster_home
from dagster_project.commands.sandboxed import sandbox_beside, sandbox_environment
from dagster_project.settings import PROJECT_DIR, read_settings
from dagster_project.standby.keeping import standby

HOST, PORT = "127.0.0.1", "3000"


def main(arguments: list[str]) -> int:
    settings = read_settings()
    home = prepare_dagster_home()
    with ExitStack() as stack:
        if settings.hubspot_access_token is None and settings.hubspot_base_url is None:
            address = stack.enter_context(sandbox_beside(settings))
            os.environ |= sandbox_environment(address)
            print(f"No HUBSPOT_ACCESS_TOKEN: HubSpot and Slack are the sandbox at {address}")
        _prepare_once()
        stack.enter_context(standby(home))
        print(f"Dagster: http://{HOST}:{PORT} (Ctrl-C ends it)")
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "dagster",
            "dev",
            "-w",
            "workspace.yaml",
            "-h",
            HOST,
            "-p",
            PORT,
        ]
        # A shell that starts us in the background has SIGINT ignored, and so would every process of Dagster's.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        process = subprocess.Popen([*command, *arguments], cwd=PROJECT_DIR)
        # Ctrl-C reaches Dagster by itself; whoever ends us by another signal means Dagster too.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
        return max(process.wait(), 0)


def _prepare_once() -> None:
    """A fresh instance, a missing manifest and the SQL of the head start are made by one process, before several ask
    for them at once.
    """
    import dagster as dg

    from dagster_project.concerned.building import TABLES
    from dagster_project.concerned.statements import statements_for
    from dagster_project.resources.dbt import prepared_manifest

    with dg.DagsterInstance.get():
        prepared_manifest()
    statements_for(TABLES, read_settings().data_dir / "dbt_target")
