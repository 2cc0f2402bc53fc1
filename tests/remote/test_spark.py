"""Spark reads ratings at addresses: its own readers where it has them, else tasks by themselves."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from movierec import DataError, Recommender
from movierec.data.discover import find_table, sample_folder
from movierec.training.spark.connectors import frame_of_files
from movierec.training.spark.pieces import pieces_of
from tests.remote.conftest import Ask
from tests.remote.servers import NotInstalledError, Server, free_port, hdfs, moto
from tests.remote.test_errors import assert_error
from tests.spark.conftest import spark  # noqa: F401 - a fixture
from tests.spark.test_spark import assert_same

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]
BY_SPARK = {"moto": False, "hdfs": True}  # whose files Spark's own readers find
FIT = ("--engine", "spark", "--master", "local[2]", "-q", "--model", "m.model")
OPTIONS: dict[str, Any] = {"n_neighbors": 10}


@pytest.fixture(scope="session", params=BY_SPARK)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    start = {"moto": moto, "hdfs": hdfs}[request.param]
    try:
        with start(tmp_path_factory.mktemp(request.param)) as found:
            put_sample(found)
            yield found
    except NotInstalledError as error:
        pytest.skip(str(error))


def put_sample(server: Server) -> None:
    """Put the sample's ratings as text, packed text, a Parquet file and a folder of parts."""
    content = (sample_folder() / "ratings.csv").read_bytes()
    ratings = pd.read_csv(io.BytesIO(content))
    server.put("ratings.csv", content)
    server.put("packed.csv.gz", gzip.compress(content))
    server.put("one.parquet", ratings.to_parquet(row_group_size=9000))
    for number, start in enumerate(range(0, len(ratings), 20_000)):
        part = ratings[start : start + 20_000].to_parquet()
        server.put(f"parts.parquet/part-{number:05}.parquet", part)
    server.put("broken.parquet", ratings.to_parquet()[:-50])
    server.put("movies.csv", (sample_folder() / "movies.csv").read_bytes())


@pytest.fixture
def used(server: Server, spark: Any) -> Iterator[Server]:  # noqa: F811
    """Let this process and the tasks use a server."""
    environment = spark.sparkContext.environment
    before = dict(environment)
    with server.used():
        environment.update(server.variables)
        yield server
    environment.clear()
    environment.update(before)


@pytest.fixture(scope="module")
def local() -> Recommender:
    return Recommender.fit(**OPTIONS)


@pytest.mark.parametrize("name", ["ratings.csv", "packed.csv.gz", "one.parquet", "parts.parquet"])
def test_the_table_is_the_local_one(
    used: Server,
    spark: Any,  # noqa: F811
    local: Recommender,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("movierec.training.spark.pieces._BYTES", 300_000)
    monkeypatch.setattr("movierec.training.spark.pieces._ROWS", 10_000)
    address = f"{used.root}/{name}"
    frame = frame_of_files(spark, find_table(address, "ratings"))
    assert (frame is not None) == (used.root.startswith("hdfs") and not name.endswith(".gz"))
    found = Recommender.fit(address, f"{used.root}/movies.csv", engine="spark", **OPTIONS)
    assert_same(found, local)
    assert found.card["files"]["ratings"] == name
    expected = {"ratings.csv": "with a header", "parts.parquet": "3 parts"}
    notes = [note for note in found.card["notes"] if note.startswith(f"{name}: ratings")]
    assert len(notes) == 1
    assert expected.get(name, "") in notes[0]


def test_the_program_writes_the_model_there(ask: Ask, server: Server, local: Recommender) -> None:
    """A process of its own, with the credentials in its environment; the folder has both tables."""
    server.put("both/ratings.csv", (sample_folder() / "ratings.csv").read_bytes())
    server.put("both/movies.csv", (sample_folder() / "movies.csv").read_bytes())
    model = f"{server.root}/m.model"
    options = ("--engine", "spark", "--master", "local[2]", "-q", "--n-neighbors", "10")
    run = ask("fit", f"{server.root}/both", "--model", model, *options)
    assert (run.returncode, run.stderr) == (0, "")
    found = ask("similar", "--id", "1", "-m", model, "--json")
    assert found.returncode == 0, found.stderr
    assert all(movie.title in found.stdout for movie in local.similar(1))


def test_what_is_wrong_is_said_in_a_line(
    ask: Ask, server: Server, sample_model: Path, tmp_path: Path
) -> None:
    """None of it starts Java; the old model stays as it was."""
    (tmp_path / "m.model").write_bytes(sample_model.read_bytes())
    movies = sample_folder() / "movies.csv"
    nothing = f"{server.root}/nothing.parquet"
    assert_error(ask("fit", nothing, movies, *FIT), 3, f"there is no file {nothing}", "address")
    broken = f"{server.root}/broken.parquet"
    assert_error(ask("fit", broken, movies, *FIT), 3, f"{broken} is broken: ", "again")
    there = f"{server.refused_root or server.root}/ratings.csv"
    run = ask("fit", there, movies, *FIT, change=server.refused)
    assert_error(run, 3, f"{there} cannot be read: ")
    assert "refused" in run.stderr or "no credentials" in run.stderr
    there = f"{server.down_root or server.root}/ratings.csv"
    run = ask("fit", there, movies, *FIT, change=server.down)
    assert_error(run, 3, f"{there} cannot be read: its server does not answer", "network")
    assert (tmp_path / "m.model").read_bytes() == sample_model.read_bytes()


def test_what_fails_in_a_task_is_said_as_elsewhere(
    used: Server,
    spark: Any,  # noqa: F811
) -> None:
    """The tasks reach nobody, or are refused, although the driver was not."""
    if used.root.startswith("hdfs"):
        pytest.skip("tasks of Spark's own readers have the credentials of the driver")
    environment = spark.sparkContext.environment
    places = f"{used.root}/one.parquet", f"{used.root}/movies.csv"
    environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(DataError, match="its server does not answer") as down:
        Recommender.fit(*places, engine="spark")
    assert str(down.value).startswith(f"{places[0]} cannot be read: ")
    assert "network" in str(down.value.hint)
    assert "S3RVER" not in f"{down.value} {down.value.hint}"


def test_a_file_that_is_replaced_while_tasks_read_it(used: Server) -> None:
    """What the driver saw is not what the tasks find."""
    if used.root.startswith("hdfs"):
        pytest.skip("Spark's own readers notice by themselves, or not")
    content = used.get("ratings.csv")
    used.put("changing.csv", content)
    (piece,) = pieces_of(find_table(f"{used.root}/changing.csv", "ratings"))
    used.put("changing.csv", content.replace(b",4.0,", b",3.5,", 1))
    with pytest.raises(DataError, match=r"changing\.csv was replaced while it was read"):
        list(piece.tables())
