"""How launcher and waiting process talk: one line each way."""

import socket

READY, STALE, GO = "ready", "stale", "go"


def send(door: socket.socket, line: str) -> None:
    door.sendall(line.encode() + b"\n")


def receive(door: socket.socket) -> str:
    """A line; empty where the other one has gone."""
    parts = []
    while part := door.recv(65_536):
        parts.append(part)
        if part.endswith(b"\n"):
            return b"".join(parts)[:-1].decode()
    return ""
