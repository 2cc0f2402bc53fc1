from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from movierec import Recommender
from tests.remote.databases import HBase, PostgresServer, environment, hbase, postgresql
from tests.remote.servers import SERVERS, NotInstalledError, Server, strict_moto

Ask = Callable[..., subprocess.CompletedProcess[str]]
_running = pytest.StashKey[dict[str, Server]]()


def _start(
    start: Callable[[Path], AbstractContextManager[Server]], folder: Path
) -> Iterator[Server]:
    try:
        with start(folder) as server:
            yield server
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Each of the servers, which runs as long as tests use it."""
    yield from _start(SERVERS[request.param], tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An S3 to which nobody has keys."""
    yield from _start(strict_moto, tmp_path_factory.mktemp("strict"))


@pytest.fixture
def ask(server: Server, tmp_path: Path) -> Ask:
    """Run the program as somebody who uses the server."""

    def ask(
        *arguments: str | Path, change: Any = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        cache = {"MOVIEREC_CACHE": str(tmp_path / "cache")}
        return subprocess.run(
            [sys.executable, "-m", "movierec", *map(str, arguments)],
            cwd=tmp_path,
            env=server.environment(cache | (change or {})),
            timeout=150,
            capture_output=True,
            check=False,
            encoding="utf-8",
            **options,
        )

    return ask


@pytest.fixture(scope="session")
def local(real_data: Path) -> Recommender:
    """The model of ml-latest-small, fitted from files."""
    return Recommender.fit(real_data / "ml-latest-small")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """PostgreSQL, which runs as long as tests use it."""
    try:
        with postgresql() as server:
            yield server
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def hbase_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HBase]:
    with hbase(tmp_path_factory.mktemp("hbase")) as server:
        yield server


@pytest.fixture
def movierec_there(tmp_path: Path) -> Ask:
    """Run the program as somebody who has no account at any database."""

    def ask(
        *arguments: str | Path, change: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "movierec", *map(str, arguments)],
            cwd=tmp_path,
            env=environment(change),
            timeout=150,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )

    return ask
