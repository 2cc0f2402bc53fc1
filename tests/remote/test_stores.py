"""Real data in real servers: the table is the local one, and a model there is as one here."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec import Recommender
from movierec.store.filesystems import RemoteFile
from tests.remote.conftest import Ask
from tests.remote.servers import Server

# The clients that tests use in this process are not closed.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
FILES = ("ratings", "movies", "links", "tags")
N_PARTS = 3


def put_data(server: Server, folder: Path) -> None:
    """Put a data set into a server as CSV, and as Parquet with the ratings in parts."""
    for name in FILES:
        content = (folder / f"{name}.csv").read_bytes()
        server.put(f"csv/{name}.csv", content)
        frame = pd.read_csv(io.BytesIO(content))
        if name != "ratings":
            server.put(f"parquet/{name}.parquet", frame.to_parquet())
            continue
        for number, rows in enumerate(np.array_split(np.arange(len(frame)), N_PARTS)):
            part = f"parquet/ratings.parquet/part-{number:05}.snappy.parquet"
            server.put(part, frame.iloc[rows].to_parquet())
        server.put("parquet/ratings.parquet/_SUCCESS", b"")


def assert_same(found: Recommender, local: Recommender) -> None:
    """Compare two models to the bit."""
    assert found.card["fingerprint"] == local.card["fingerprint"]
    arrays = (each._model.neighbors.to_arrays() for each in (found, local))
    for ours, theirs in zip(*(sorted(each.items()) for each in arrays), strict=True):
        assert ours[0] == theirs[0]
        np.testing.assert_array_equal(np.asarray(ours[1]), np.asarray(theirs[1]))


@pytest.mark.slow
def test_a_data_set_and_its_model(
    server: Server,
    ask: Ask,
    real_data: Path,
    local: Recommender,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_data(server, real_data / "ml-latest-small")
    model = f"{server.root}/models/small.model"
    monkeypatch.setenv("MOVIEREC_CACHE", str(tmp_path / "cache"))
    for kind in ("csv", "parquet"):
        fitted = ask("fit", f"{server.root}/{kind}", "--model", model, "-q")
        assert (fitted.returncode, fitted.stderr) == (0, "")
        with server.used():
            monkeypatch.setenv("MOVIEREC_CACHE", str(tmp_path / "cache"))
            assert_same(Recommender.load(model), local)
    assert f"{N_PARTS} parts" in str(local_notes(server, model, tmp_path))

    first = ask("similar", "Heat (1995)", "-m", model, "--json")
    assert first.returncode == 0, first.stderr
    expected = [movie.title for movie in local.similar("Heat (1995)")]
    assert all(title in first.stdout for title in expected)

    # Another model takes its place.
    replaced = ask("fit", "--force", "-q", "--model", model)
    assert (replaced.returncode, replaced.stderr) == (0, "")
    asked = ask("stats", "-m", model)
    assert "simulated" in asked.stdout or "sample" in asked.stdout
    assert server.names() >= {"csv", "parquet", "models"}
    assert [name for name in server.names() if name.endswith(".tmp")] == []

    # The rest of what takes an address.
    one = f"{server.root}/one"
    server.put("one/mine.csv", b"title,rating\nHeat (1995),5\nAlien (1979),4\n")
    recommended = ask("recommend", "--ratings", f"{one}/mine.csv", "-m", model, "-k", "3")
    assert recommended.returncode == 0, recommended.stderr
    exported = ask("export", f"{one}/neighbors.parquet", "-m", model, "-k", "2")
    assert exported.returncode == 0, exported.stderr
    assert len(pd.read_parquet(io.BytesIO(server.get("one/neighbors.parquet")))) > 1000
    again = ask("export", f"{one}/neighbors.parquet", "-m", model, "-k", "2")
    assert (again.returncode, "already exists" in again.stderr) == (1, True)


def local_notes(server: Server, model: str, tmp_path: Path) -> list[str]:
    """What the card of a model says of how its files were read."""
    with server.used():
        path = tmp_path / "copy.model"
        RemoteFile(model).get(path)
    notes: list[str] = Recommender.load(path).card["notes"]
    return notes
