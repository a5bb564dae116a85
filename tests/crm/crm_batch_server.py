"""A HubSpot that takes batches over real HTTP, notes which are there at the same time, and answers when a test says."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scripted_server import Scripted


@dataclass
class BatchServer:
    url: str = ""
    # The ids of each call in the order of arrival, and when it came.
    seen: list[list[str]] = field(default_factory=list)
    arrived_at: list[float] = field(default_factory=list)
    # ("arrived" or "answered", last part of the path)
    story: list[tuple[str, str]] = field(default_factory=list)
    on_the_way: list[str] = field(default_factory=list)
    calls_on_the_way: int = 0
    most_at_once: int = 0
    # Ids that came while another call with the same one was not yet answered.
    overlapping: set[str] = field(default_factory=set)
    # Of records that were answered as written.
    written: set[str] = field(default_factory=set)
    connections: set[tuple[str, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, path: str, ids: list[str], connection: tuple[str, int]) -> int:
        with self.lock:
            self.overlapping.update(set(ids) & set(self.on_the_way))
            self.on_the_way += ids
            self.calls_on_the_way += 1
            self.most_at_once = max(self.most_at_once, self.calls_on_the_way)
            self.connections.add(connection)
            self.story.append(("arrived", path.rpartition("/")[2]))
            self.seen.append(ids)
            self.arrived_at.append(time.monotonic())
            return len(self.seen) - 1

    def end(self, path: str, ids: list[str], *, is_written: bool) -> None:
        """Before the answer leaves, as the next call may come the moment it is there."""
        with self.lock:
            for record_id in ids:
                self.on_the_way.remove(record_id)
            self.calls_on_the_way -= 1
            self.story.append(("answered", path.rpartition("/")[2]))
            if is_written:
                self.written.update(ids)


def taken(inputs: list[dict]) -> bytes:
    """All of a batch was written; results come in another order than the inputs."""
    results = [
        {"id": item["id"], "objectWriteTraceId": item["objectWriteTraceId"], "properties": item["properties"]}
        for item in reversed(inputs)
    ]
    return json.dumps({"status": "COMPLETE", "results": results}).encode()


@contextmanager
def taking_batches(
    answer: Callable[[int, list[str]], Scripted | None] = lambda number, ids: None,
    headers: dict[str, str] | None = None,
) -> Iterator[BatchServer]:
    """Args:
    answer: Given the number of the call and the ids in it; what to answer, None: all was written. It may take its time.
    headers: Of every answer.
    """
    server = BatchServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            inputs = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"]
            ids = [item["id"] for item in inputs]
            scripted = answer(server.begin(self.path, ids, self.client_address), ids)
            status, body = (200, taken(inputs)) if scripted is None else (scripted.status, scripted.body)
            server.end(self.path, ids, is_written=scripted is None)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
