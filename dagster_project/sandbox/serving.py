"""The web server: uvicorn on the loopback interface, and nowhere else."""

import asyncio
import ipaddress
import socket
import threading
from contextlib import suppress

import uvicorn

from .app import create_app
from .portal import Portal


class AddressUnusable(Exception):
    """The sandbox cannot listen there; the message says why and what to do."""


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on a loopback address; port 0 takes any free one.

    Raises:
        AddressUnusable: Another host than this machine, or a port in use.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    if parsed is None or not parsed.is_loopback:
        raise AddressUnusable(
            f"The sandbox listens on this machine only: host {host!r} is refused; allowed: 127.0.0.1, ::1, localhost."
        )
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: without, each answer of two
    # packets waits 40 ms for the client's delayed acknowledgement.
    family = socket.AF_INET6 if parsed.version == 6 else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise AddressUnusable(
            f"Cannot listen on {host}:{port} ({error.strerror}); stop what uses this port, or choose another one with "
            "--port or PQL_SANDBOX_PORT (0 takes any)."
        ) from error
    return listener


class Server(uvicorn.Server):
    """uvicorn, ending at once: it looks every 100 ms whether to end and then waits 100 ms; tests start many."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_serving = threading.Event()
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """End from another thread, once it is serving."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.is_serving.set()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(200):
            if not self.server_state.connections and not self.server_state.tasks:
                break
            await asyncio.sleep(0.005)


def server_for(portal: Portal) -> Server:
    config = uvicorn.Config(
        create_app(portal),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        # The app is handed uvicorn's own request cycle, which the `reset` fault closes.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=60,
    )
    return Server(config)
