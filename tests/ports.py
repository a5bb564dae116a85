"""Ports of this machine for servers that tests start as processes of their own."""

import socket


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]
