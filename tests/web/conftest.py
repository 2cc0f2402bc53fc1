"""The app in this process, and the real server in another."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from movierec import Recommender
from movierec.web import create_app

Serve = Callable[..., "Server"]


class Server:
    """``movierec serve`` on a free port."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "movierec", "serve", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)], stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self.first_line = self.process.stderr.readline()
        address = re.search(r"http://\S+", self.first_line)
        assert address, self.first_line + self.process.stderr.read()
        self.url = address[0].rstrip("/")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the exit code and stderr after the first line."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextmanager
def serving(*arguments: str | Path) -> Iterator[Server]:
    server = Server(*arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def server(sample_model: Path) -> Iterator[Server]:
    """A server of the sample, shared by tests that do not change it."""
    with serving("--model", sample_model) as running:
        yield running


@pytest.fixture(scope="session")
def app(sample_model: Path) -> Flask:
    return create_app(Recommender.load(sample_model))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
