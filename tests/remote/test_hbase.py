"""HBase, as a stand-in has it: real data, columns by name, and errors."""

from __future__ import annotations

import csv
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from movierec import Recommender
from movierec.data.dataset import read_dataset
from movierec.errors import DataError, UsageError
from tests.remote.conftest import Ask
from tests.remote.databases import HBase
from tests.remote.servers import free_port
from tests.remote.test_errors import DOWN, assert_error
from tests.remote.test_stores import assert_same

# The sockets of clients are not closed when a connection breaks.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
NAMED = {"user": "r:who", "item": "r:film", "rating": "r:given", "timestamp": "r:at"}
COLUMNS = ("--columns", ",".join(f"{name}={column}" for name, column in NAMED.items()))
RATINGS = {
    b"1#10": {b"r:who": b"1", b"r:film": b"10", b"r:given": b"4.0", b"r:at": b"3"},
    b"2#10": {b"r:who": b"2", b"r:film": b"10", b"r:given": b"3.5", b"r:at": b"2"},
    b"2#20": {b"r:who": b"2", b"r:film": b"20", b"r:given": b"5", b"x:more": b"\xff\x00"},
}
MOVIES = {
    b"10": {b"m:title": b"Heat (1995)", b"m:genres": b"Crime|Drama"},
    b"20": {b"m:title": "Amélie (2001)".encode()},
}


@pytest.fixture(scope="module")
def server(hbase_server: HBase) -> HBase:
    hbase_server.put("stars", RATINGS, "r", "x")
    hbase_server.put("films", MOVIES, "m")
    hbase_server.put("empty", {}, "r")
    return hbase_server


def rows_of(path: Path, key: str, family: str) -> dict[bytes, dict[bytes, bytes]]:
    """The rows of a CSV, with their columns in a family."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            key.format(n, **row).encode(): {
                f"{family}:{name}".encode(): value.encode() for name, value in row.items()
            }
            for n, row in enumerate(csv.DictReader(file))
        }


@pytest.mark.slow
def test_a_data_set_gives_the_model_of_its_files(
    server: HBase, movierec_there: Ask, real_data: Path, local: Recommender, tmp_path: Path
) -> None:
    folder = real_data / "ml-latest-small"
    server.put("ratings", rows_of(folder / "ratings.csv", "{0:09}", "r"), "r")
    server.put("movies", rows_of(folder / "movies.csv", "{0:09}", "m"), "m")
    others = [flag for name in ("links", "tags") for flag in (f"--{name}", folder / f"{name}.csv")]
    places = (f"{server.root}/ratings", f"{server.root}/movies")
    run = movierec_there("fit", *places, *others, "-q", "--model", "there.model")
    assert (run.returncode, run.stderr, run.stdout) == (0, "", "")
    found = Recommender.load(tmp_path / "there.model")
    assert_same(found, local)
    assert found.card["files"]["ratings"] == "ratings"


def test_columns_are_named_and_a_key_can_be_an_id(server: HBase) -> None:
    found = read_dataset(f"{server.root}/stars", f"{server.root}/films", columns=NAMED)
    assert found.ratings.users.tolist() == [1, 2, 2]
    assert found.ratings.items.tolist() == [10, 10, 20]
    assert found.ratings.values.tolist() == [4, 3.5, 5]
    assert found.ratings.read_timestamps is not None
    assert found.ratings.read_timestamps()[:2].tolist() == [3, 2]
    assert [(movie.movie_id, movie.title) for movie in found.movies] == [
        ("10", "Heat (1995)"),
        ("20", "Amélie (2001)"),
    ]


def test_the_key_can_be_named(server: HBase) -> None:
    server.put("people", {b"ann": {b"r:film": b"10", b"r:given": b"3"}}, "r")
    columns = {"user": ":key", "item": "r:film", "rating": "r:given"}
    found = read_dataset(f"{server.root}/people", f"{server.root}/films", columns=columns)
    assert found.ratings.users.tolist() == [b"ann"]


@pytest.mark.parametrize("limit", [1, 2])
def test_rows_are_read_in_parts(server: HBase, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Columns that the first rows lack are read if they are named; batches make no difference."""
    whole = read_dataset(f"{server.root}/stars", f"{server.root}/films", columns=NAMED)
    monkeypatch.setattr("movierec.data.sources.hbase.BATCH", limit)
    monkeypatch.setattr("movierec.data.sources.hbase._FIRST_ROWS", limit)
    found = read_dataset(f"{server.root}/stars", f"{server.root}/films", columns=NAMED)
    assert found.movies == whole.movies
    assert found.ratings.values.tolist() == whole.ratings.values.tolist()


# -- errors ---------------------------------------------------------------------------------------


@pytest.fixture
def fit(server: HBase, movierec_there: Ask, sample_model: Path, tmp_path: Path) -> Any:
    """Fit on a table that cannot be read, and check that the old model is as it was."""
    kept = tmp_path / "kept.model"
    kept.write_bytes(sample_model.read_bytes())

    def fit(address: str, *options: str) -> Any:
        films = f"{server.root}/films"
        run = movierec_there("fit", address, films, *options, "--model", "kept.model")
        assert kept.read_bytes() == sample_model.read_bytes()
        return run

    return fit


def test_what_is_missing_is_named(fit: Any, server: HBase) -> None:
    run = fit(f"{server.root}/nothing")
    assert_error(run, 3, f"{server.root}/nothing: TableNotFoundException: nothing", "--columns")
    run = fit(f"{server.root}/stars", "--columns", "user=r:nobody,item=r:film,rating=r:given")
    assert_error(run, 3, "row 0: no usable user or movie id", "--on-error")
    run = fit(f"{server.root}/stars", "--columns", "user=z:who,item=r:film,rating=r:given")
    assert_error(run, 3, "does not have the columns of ratings; its columns are: :key", "--columns")
    assert_error(fit(f"{server.root}/empty"), 3, "does not have the columns of ratings")
    assert_error(fit(server.root), 2, "names no table", "hbase://HOST:9090/TABLE")


def test_numbers_in_bytes_are_refused(fit: Any, server: HBase) -> None:
    columns = "user=r:who,item=r:film,rating=x:more"
    run = fit(f"{server.root}/stars", "--columns", columns)
    assert_error(run, 3, "x:more is not text in the row 2#20", "Parquet")


def test_no_server(fit: Any) -> None:
    started = time.monotonic()
    run = fit(f"hbase://127.0.0.1:{free_port()}/stars")
    assert time.monotonic() - started < 5 * DOWN
    assert_error(run, 3, "its server does not answer", "network")


def test_a_server_that_is_silent_is_noticed(fit: Any) -> None:
    """It accepts connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        run = fit(f"hbase://127.0.0.1:{silent.getsockname()[1]}/stars")
        assert time.monotonic() - started < 25  # 8 of them are for the server
    assert_error(run, 3, "its server does not answer", "network")


@pytest.fixture
def cutting(server: HBase) -> Iterator[Any]:
    yield server.proxy
    server.proxy.most_down = 1 << 60


def test_a_connection_that_breaks_while_rows_are_read(
    fit: Any, server: HBase, cutting: Any
) -> None:
    rows = {b"%06d" % n: {b"r:who": b"1", b"r:film": b"%d" % n} for n in range(20_000)}
    server.put("long", rows, "r")
    cutting.most_down, before = 1 << 18, cutting.n_cut
    run = fit(f"{server.root}/long", "--columns", "user=r:who,item=r:film")
    assert cutting.n_cut > before
    assert_error(run, 3, "its server does not answer, or broke off", "network")


def test_an_address_without_a_server_or_table_is_refused() -> None:
    for address in ("hbase:///t", "hbase://h", "hbase://h:9090/"):
        with pytest.raises(UsageError, match="names no table"):
            read_dataset(address, address)
    with pytest.raises(DataError, match="h:port"):
        read_dataset("hbase://h:port/t", "hbase://h:port/t")
