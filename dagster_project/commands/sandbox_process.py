"""A sandbox that runs already, in another terminal."""

import http.client
import json
import urllib.request
from pathlib import Path

from dagster_project.sandbox.control import NAME

TIMEOUT_SECONDS = 2
# A proxy of the environment knows nothing of this machine's ports.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class AnotherSandbox(Exception):
    """The port is taken by a sandbox with another state; the message says what to do."""


def running_address(port: int, state_path: Path) -> str | None:
    """The address of a sandbox on this port that keeps its state in this file; None if nothing of the kind answers.

    Raises:
        AnotherSandbox: It keeps its state in another file, and so knows other contacts.
    """
    address = f"http://127.0.0.1:{port}"
    try:
        with DIRECT.open(f"{address}/_sandbox/health", timeout=TIMEOUT_SECONDS) as answer:
            health = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):
        # Nothing listens there, or something that is no sandbox and may not even speak HTTP.
        return None
    if not isinstance(health, dict) or health.get("name") != NAME:
        return None
    if Path(health["state"]).resolve() != state_path.resolve():
        raise AnotherSandbox(
            f"A sandbox with another state ({health['state']}) runs at {address}; stop it, or set PQL_SANDBOX_PORT."
        )
    return address
