"""The sandbox beside a command: where it lies, what it is filled with, and the environment that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.commands.sandbox_process import running_address
from dagster_project.settings import SAMPLE_DIR, Settings

SANDBOX_TOKEN = "sandbox"
SAMPLE_CRM = SAMPLE_DIR / "crm"


def sandbox_state(settings: Settings) -> Path:
    return settings.data_dir / "sandbox" / "sandbox.sqlite"


@contextmanager
def sandbox_beside(settings: Settings) -> Iterator[str]:
    """The address of a sandbox that holds the sample's CRM: one that runs already, or one for as long as this lasts.

    Raises:
        AnotherSandbox, AddressUnusable: The port is taken.
    """
    from dagster_project.sandbox.running import running_sandbox

    address = running_address(settings.sandbox_port, sandbox_state(settings))
    if address is not None:
        yield address
        return
    with running_sandbox(sandbox_state(settings), seed=SAMPLE_CRM, port=settings.sandbox_port) as sandbox:
        yield sandbox.url


def sandbox_environment(address: str) -> dict[str, str]:
    """What makes every later step talk to the sandbox and to nobody else."""
    return {
        "HUBSPOT_BASE_URL": address,
        "HUBSPOT_ACCESS_TOKEN": SANDBOX_TOKEN,
        "SLACK_BASE_URL": f"{address}/api/",
        "SLACK_BOT_TOKEN": SANDBOX_TOKEN,
        "ENRICHMENT_WEBHOOK_URL": f"{address}/webhook/enrichment",
        "ENRICHMENT_WEBHOOK_SECRET": SANDBOX_TOKEN,
        # Somebody who reaches the internet through a proxy reaches this machine without.
        "no_proxy": "127.0.0.1",
    }
