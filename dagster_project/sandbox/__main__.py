"""Command line: `python -m dagster_project.sandbox`."""

import argparse
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from .control import counts
from .faults import FaultInvalid, FaultRule
from .portal import Portal
from .seeding import SeedInvalid, seed
from .serving import AddressUnusable, listening_socket, server_for
from .settings import SettingInvalid, Settings
from .state import StateUnusable

PROJECT_DIR = Path(__file__).resolve().parents[2]
SHOWN = ("contacts", "companies", "deals", "tasks", "owners", "messages")


def _default_state() -> Path:
    """In the data folder; a relative one hangs on the project folder, as everywhere in the project."""
    data_dir = Path(os.environ.get("PQL_DATA_DIR") or "data").expanduser()
    return PROJECT_DIR / data_dir / "sandbox" / "sandbox.sqlite"


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; allowed: 0 (any free one) to 65535")
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number; allowed: 0 or more")
    return int(text)


def _fault(text: str) -> FaultRule:
    try:
        return FaultRule.parsed(json.loads(text))
    except ValueError as error:
        reason = error if isinstance(error, FaultInvalid) else f"{text!r} is no JSON"
        raise argparse.ArgumentTypeError(str(reason)) from None


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dagster_project.sandbox",
        description="A local stand-in for HubSpot, Slack and a webhook receiver.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("PQL_SANDBOX_PORT") or "8765",
        help="0 takes any free port (default PQL_SANDBOX_PORT or 8765)",
    )
    parser.add_argument("--state", type=Path, help="SQLite file (default PQL_DATA_DIR/sandbox/sandbox.sqlite)")
    parser.add_argument("--seed", type=Path, metavar="DIR", help="folder of CSV files to fill it from")
    parser.add_argument("--latency-ms", type=_number, metavar="N", help="wait before every answer")
    parser.add_argument("--rate-limit", type=_number, metavar="N", help="HubSpot calls per 10 seconds (default 190)")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="extend",
        nargs="+",
        default=[],
        metavar="JSON",
        help='a fault, as \'{"kind": "502", "when": "after", "match": {"path_regex": "tasks"}, "times": 1}\'',
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _arguments().parse_args(arguments)
    given = {"latency_ms": options.latency_ms, "rate_limit": options.rate_limit}
    settings = Settings()
    try:
        settings.change({name: value for name, value in given.items() if value is not None})
        listener = listening_socket(options.host, options.port)
        portal = Portal(options.state or _default_state(), settings)
        if options.seed is not None:
            seed(portal, options.seed)
    except (AddressUnusable, SeedInvalid, SettingInvalid, StateUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    portal.ensure_defaults()
    portal.faults.add(*options.fault)
    if not options.quiet:
        sys.stdout.write(_greeting(portal, options.host, listener.getsockname()[1]))
        sys.stdout.flush()
    # uvicorn ends the server on these signals and then raises them again; the end is a clean one.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with suppress(KeyboardInterrupt):
        server_for(portal).run(sockets=[listener])
    portal.close()
    return 0


def _greeting(portal: Portal, host: str, port: int) -> str:
    held = counts(portal)
    holds = ", ".join(f"{held[name]:,} {name}" for name in SHOWN if held[name]) or "nothing yet"
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return (
        f"Sandbox at {address} (Slack: {address}/api/) holds {holds}; state in {portal.store.path}; Ctrl-C ends it.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
