"""A Slack that answers what a test says, for answers that the sandbox does not give."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Canned:
    """One answer; `headers` over those of an ordinary JSON answer."""

    body: bytes = b'{"ok": true}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class CannedSlack:
    """Where it listens, and the methods that were called."""

    url: str
    calls: list[str]


@contextmanager
def canned_slack(*answers: Canned) -> Iterator[CannedSlack]:
    """Answers in this order; the last one from then on."""
    waiting = list(answers)
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            calls.append(self.path.removeprefix("/api/"))
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body))} | answer.headers
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments: object) -> None:
            """Tests are silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield CannedSlack(f"http://127.0.0.1:{server.server_port}/api/", calls)
        finally:
            server.shutdown()
            thread.join()
