"""The server with many connections that send nothing, or too much."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from movierec.web.server import LIMITS
from tests.web.conftest import Server, serving

PATIENCE = 30  # seconds; with the timeouts of waitress, it took 134


@pytest.fixture(scope="module")
def server(sample_model: Path) -> Iterator[Server]:
    with serving("--model", sample_model) as running:
        yield running


def address(server: Server) -> tuple[str, int]:
    return "127.0.0.1", int(server.url.rpartition(":")[2])


@contextmanager
def connections(server: Server, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open more connections than the server takes, and send the same on each."""
    with ExitStack() as stack:
        opened = []
        for _ in range(LIMITS["connection_limit"] + 5):
            link = socket.create_connection(address(server), timeout=PATIENCE)
            opened.append(stack.enter_context(link))
            link.sendall(sent)
        yield opened


def status(server: Server, path: str = "/healthz", body: bytes | None = None) -> int:
    link = HTTPConnection(*address(server), timeout=PATIENCE)
    try:
        link.request("GET" if body is None else "POST", path, body)
        return link.getresponse().status
    finally:
        link.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /taste HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
    ],
    ids=["nothing", "half a header", "no body"],
)
def test_idle_connections_do_not_lock_others_out(server: Server, sent: bytes) -> None:
    with connections(server, sent) as opened:
        assert status(server) == 200
        for link in opened:  # the server closed each, so that nothing is left of them
            assert link.recv(1) == b""


def test_kept_connections_do_not_lock_others_out(server: Server) -> None:
    ask = b"GET /static/icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connections(server, ask) as opened:
        assert status(server) == 200
        answers = [link.makefile("rb").readline() for link in opened]
    assert set(answers) == {b"HTTP/1.1 200 OK\r\n"}


SLOW = """
import sys, time
from flask import Flask
from movierec import Recommender
from movierec.web import server

app = Flask("slow")
app.add_url_rule("/", view_func=lambda: (time.sleep(4), "whole answer")[1])
server.create_app = lambda *arguments, **more: app
server.LIMITS["channel_timeout"] = 1
server.serve(Recommender.load(sys.argv[1]), "127.0.0.1", 0,
             say=lambda line: print(line, file=sys.stderr, flush=True))
"""


def test_a_slow_answer_is_not_cut_off(sample_model: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, sample_model], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    port = re.search(r":(\d+)/", process.stderr.readline())
    assert port is not None
    link = HTTPConnection("127.0.0.1", int(port[1]), timeout=PATIENCE)
    started = time.monotonic()
    link.request("GET", "/")
    assert link.getresponse().read() == b"whole answer"
    assert time.monotonic() - started > 3  # so that the timeout was over
    link.close()
    process.terminate()
    process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("size", "refused"), [(300 * 1024, [413]), (LIMITS["max_request_body_size"] + 1, [413, None])]
)
def test_a_body_that_is_too_large_is_refused(
    server: Server, size: int, refused: list[int | None]
) -> None:
    found = None  # the server may close the connection while the body is being sent
    with suppress(ConnectionError):
        found = status(server, "/recommend", b"x" * size)
    assert found in refused
    assert status(server) == 200


def test_headers_that_are_too_large_are_refused(server: Server) -> None:
    assert status(server, "/similar?title=" + "x" * LIMITS["max_request_header_size"]) == 431
    assert status(server) == 200
