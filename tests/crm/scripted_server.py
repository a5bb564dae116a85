"""Answers that the sandbox does not give, over real HTTP: odd headers, broken bodies, proxies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Scripted:
    """One raw answer; the last one of a script is given again and again."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    url: str
    seen: list[tuple[str, str]] = field(default_factory=list)  # (method, path)


@contextmanager
def answering(*script: Scripted) -> Iterator[Server]:
    answers = list(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            server.seen.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            scripted = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(scripted.status)
            for name, value in {"Content-Length": str(len(scripted.body)), **scripted.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(scripted.body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
