"""What goes wrong with a server: one line, a hint, an exit code, and nothing half-written."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.remote.conftest import Ask
from tests.remote.servers import Server

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
DOWN = 10  # seconds in which it is said that nobody is there, when the machine does nothing else
CUT = 1 << 16  # bytes after which a connection is reset
SECRETS = ("S3RVER", "Eby8", "Eby9", "AccountKey")


def assert_error(
    run: subprocess.CompletedProcess[str], code: int, message: str, hint: str = ""
) -> None:
    """Check that an error is one line with its hint, and no other is printed."""
    lines = [line for line in run.stderr.splitlines() if not line.startswith("reading ")]
    assert run.returncode == code, run.stderr
    assert len(lines) == 2, run.stderr
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    assert lines[1].startswith("hint: ")
    assert hint in lines[1]
    assert run.stdout == ""
    assert not any(secret in run.stderr for secret in SECRETS)


@pytest.fixture
def model(server: Server, sample_model: Path) -> str:
    """The address of a model that is there."""
    server.put("kept/sample.model", sample_model.read_bytes())
    return f"{server.root}/kept/sample.model"


@pytest.fixture
def movies(server: Server) -> str:
    server.put("kept/movies.csv", b"movieId,title,genres\n1,Heat (1995),Crime\n")
    return f"{server.root}/kept/movies.csv"


def test_what_is_missing_is_named(ask: Ask, server: Server, movies: str) -> None:
    nothing = f"{server.root}/kept/nothing"
    assert_error(ask("similar", "Heat", "-m", nothing), 3, f"there is no model at {nothing}")
    assert_error(ask("fit", f"{nothing}.csv", movies), 3, f"there is no file {nothing}.csv")


def test_a_missing_bucket_is_named(ask: Ask, server: Server, movies: str) -> None:
    if server.nowhere is None:
        pytest.skip("it has no buckets; folders are made")
    address = f"{server.nowhere}/x"
    assert_error(ask("fit", address, movies), 3, f"there is no file {address}")
    assert_error(ask("similar", "Heat", "-m", address), 3, f"there is no model at {address}")
    bucket = server.nowhere.partition("://")[2]
    run = ask("fit", "-q", "--model", address)
    assert_error(run, 1, f"cannot write {address}: there is no bucket {bucket}", "create it")


def test_who_is_not_let_in_is_told_so(ask: Ask, server: Server, model: str) -> None:
    if server.refused_root:  # whoever may read there, may not write
        address = f"{server.refused_root}/x.model"
        assert_error(
            ask("fit", "-q", "--model", address, change=server.refused), 1, "access is refused"
        )
        change = server.refused
        assert_error(ask("similar", "Heat", "-m", address, change=change), 3, "access is refused")
        return
    run = ask("similar", "Heat", "-m", model, change=server.refused)
    assert run.returncode == 3
    assert "access is refused" in run.stderr or "no credentials were found" in run.stderr
    assert_error(run, 3, f"{model} cannot be opened: ", "MOVIEREC_ANONYMOUS")
    assert_error(ask("fit", "-q", "-m", model, change=server.refused), 1, f"cannot write {model}: ")


@pytest.mark.parametrize(("command", "code"), [(["similar", "Heat"], 3), (["fit", "-q"], 1)])
def test_keys_that_nobody_knows_are_refused(
    strict: Server, tmp_path: Path, command: list[str], code: int
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "movierec", *command, "--model", "s3://bucket/m"],
        capture_output=True,
        check=False,
        text=True,
        env=strict.environment(),
        cwd=tmp_path,
        timeout=150,
    )
    assert_error(run, code, "access is refused", "docs/storage.md")


def test_a_public_bucket_needs_no_keys(ask: Ask, server: Server, model: str) -> None:
    if server.anonymous is None:
        pytest.skip("its emulator has no public buckets")
    server.publish("kept/sample.model")
    change = server.anonymous
    by_option = ask("--anonymous", "similar", "Heat (1995)", "-m", model, "--json", change=change)
    assert (by_option.returncode, by_option.stderr) == (0, "")
    by_variable = ask(
        "similar", "Heat (1995)", "-m", model, "--json", change=change | {"MOVIEREC_ANONYMOUS": "1"}
    )
    assert by_variable.stdout == by_option.stdout


def test_a_server_that_is_down_is_noticed(ask: Ask, server: Server, model: str) -> None:
    address = model.replace(server.root, server.down_root) if server.down_root else model
    started = time.monotonic()
    run = ask("similar", "Heat", "-m", address, change=server.down)
    assert time.monotonic() - started < 5 * DOWN
    assert_error(run, 3, f"{address} cannot be opened: its server does not answer", "network")
    run = ask("fit", "-q", "--model", address, change=server.down)
    assert_error(run, 1, f"cannot write {address}: its server does not answer")


def test_what_is_no_model_is_kept(ask: Ask, server: Server, movies: str) -> None:
    before = server.get("kept/movies.csv")
    assert_error(ask("fit", "-q", "--model", movies), 1, "is not a model, so it is not replaced")
    assert server.get("kept/movies.csv") == before
    assert_error(ask("similar", "Heat", "-m", movies), 3, f"{movies} is damaged, or not a model")
    folder = f"{server.root}/kept"
    assert_error(ask("fit", "-q", "--model", folder), 1, f"{folder} is a folder")


@pytest.fixture
def cutting(server: Server) -> Any:
    """Let every connection carry but little, and in the end all again."""
    yield server.proxy
    server.proxy.most_down = server.proxy.most_up = 1 << 60


@pytest.mark.slow
def test_a_connection_that_breaks_while_a_model_is_read(
    ask: Ask, server: Server, model: str, cutting: Any, tmp_path: Path
) -> None:
    cutting.most_down, before = CUT, cutting.n_cut
    run = ask("similar", "Heat (1995)", "-m", model)
    assert cutting.n_cut > before
    assert_error(run, 3, f"{model} cannot be opened: ")
    assert list((tmp_path / "cache").iterdir()) == []
    cutting.most_down = 1 << 60
    assert ask("similar", "Heat (1995)", "-m", model).returncode == 0


@pytest.mark.slow
def test_a_connection_that_breaks_while_a_model_is_written(
    ask: Ask, server: Server, model: str, sample_model: Path, cutting: Any
) -> None:
    cutting.most_up, before = CUT, cutting.n_cut
    run = ask("fit", "-q", "--n-neighbors", "7", "--model", model)
    assert cutting.n_cut > before
    assert_error(run, 1, f"cannot write {model}: ")
    cutting.most_up = 1 << 60
    if not server.keeps_torn_objects:
        assert server.get("kept/sample.model") == sample_model.read_bytes()
    assert not [name for name in server.names() if name.endswith(".tmp")]
    assert ask("fit", "-q", "--n-neighbors", "7", "--model", model).returncode == 0
    assert server.get("kept/sample.model") != sample_model.read_bytes()
