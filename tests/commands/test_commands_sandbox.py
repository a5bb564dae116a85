"""A sandbox that runs already is used where it is ours; another one is named, and anything else is nobody."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dagster_project.__main__ import main
from dagster_project.commands.sandbox_process import AnotherSandbox, running_address
from dagster_project.commands.sandboxed import sandbox_beside, sandbox_state
from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.settings import read_settings


@contextmanager
def somebody_else(body: bytes, status: int = 200) -> Iterator[int]:
    """The port of a web server that is no sandbox and gives this answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_our_sandbox_is_found(sandbox: Sandbox):
    assert running_address(sandbox.port, sandbox.state_path) == sandbox.url


def test_our_sandbox_is_found_however_its_path_is_written(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "link").symlink_to(sandbox.state_path.parent)
    assert running_address(sandbox.port, tmp_path / "link" / sandbox.state_path.name) == sandbox.url


def test_where_nobody_listens_there_is_no_sandbox(tmp_path: Path):
    with closed_port() as port:
        assert running_address(port, tmp_path / "sandbox.sqlite") is None


def test_a_sandbox_with_another_state_is_named_with_the_remedy(sandbox: Sandbox, tmp_path: Path):
    with pytest.raises(AnotherSandbox) as another:
        running_address(sandbox.port, tmp_path / "sandbox.sqlite")
    assert str(another.value) == (
        f"A sandbox with another state ({sandbox.state_path}) runs at {sandbox.url}; stop it, or set PQL_SANDBOX_PORT."
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>welcome</html>", 200),
        (b"not found", 404),
        (b'["a", "list"]', 200),
        (json.dumps({"status": "up"}).encode(), 200),
        (json.dumps({"state": "healthy"}).encode(), 200),
        (json.dumps({"state": 5}).encode(), 200),
        (b"\xff\xfe", 200),
        (b"", 200),
    ],
)
def test_something_that_is_no_sandbox_is_none(tmp_path: Path, body: bytes, status: int):
    with somebody_else(body, status) as port:
        assert running_address(port, tmp_path / "sandbox.sqlite") is None


def test_something_that_does_not_speak_http_is_none(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(1_000)
                caller.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert running_address(server.getsockname()[1], tmp_path / "sandbox.sqlite") is None
        thread.join()


# Beside a command


def test_a_command_uses_the_sandbox_that_runs_already_and_leaves_it_running(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    state = sandbox_state(read_settings())
    with running_sandbox(state) as running:
        monkeypatch.setenv("PQL_SANDBOX_PORT", str(running.port))
        with sandbox_beside(read_settings()) as address:
            assert address == running.url
        assert running_address(running.port, state) == running.url
        assert running.contacts() == []


def test_a_command_starts_a_sandbox_with_the_samples_crm_for_as_long_as_it_runs(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_SANDBOX_PORT", "0")
    settings = read_settings()
    with sandbox_beside(settings) as address:
        port = int(address.rpartition(":")[2])
        assert running_address(port, sandbox_state(settings)) == address
    assert running_address(port, sandbox_state(settings)) is None


def test_a_port_that_something_else_has_is_one_line(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    with somebody_else(b"welcome") as port:
        monkeypatch.setenv("PQL_SANDBOX_PORT", str(port))
        assert main(["demo"]) == 1
    err = capsys.readouterr().err
    assert str(port) in err
    assert err.count("\n") == 1


def test_a_port_that_another_sandbox_has_is_one_line(
    sandbox: Sandbox, data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_SANDBOX_PORT", str(sandbox.port))
    assert main(["demo"]) == 1
    assert capsys.readouterr().err.startswith("A sandbox with another state (")
    assert sandbox.requests() == []
