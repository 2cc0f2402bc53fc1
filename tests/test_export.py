from __future__ import annotations

import sqlite3
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec import OutputError, Recommender, UsageError
from movierec.answers.export import frames
from movierec.films.catalog import Catalog
from movierec.neighbors.table import NeighborTable
from tests.conftest import Run

COLUMNS = ["movieId", "rank", "neighborId", "similarity", "support"]


def read(path: Path) -> pd.DataFrame:
    """Read a file as others would."""
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.suffix == ".jsonl":
        return pd.read_json(path, lines=True)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    connection = sqlite3.connect(path)
    try:
        return pd.read_sql("SELECT * FROM neighbors", connection)
    finally:
        connection.close()


def test_frame_has_what_similar_answers(sample: Recommender) -> None:
    frame = sample.neighbors_frame(10)
    assert list(frame.columns) == COLUMNS
    for movie in frame["movieId"].unique()[::40].tolist():
        rows = frame[frame["movieId"] == movie]
        expected = [
            (film.rank, film.movie_id, film.similarity, film.support)
            for film in sample.similar(movie, 10)
        ]
        found = list(rows[COLUMNS[1:]].itertuples(index=False, name=None))
        assert [row[:2] + row[3:] for row in found] == [row[:2] + row[3:] for row in expected]
        assert [row[2] for row in found] == pytest.approx([row[2] for row in expected], abs=1e-6)


@pytest.mark.parametrize("name", ["n.csv", "n.jsonl", "n.parquet", "n.sqlite", "n.DB"])
def test_every_format_holds_the_frame(
    sample: Recommender, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("movierec.answers.export._BLOCK", 100)  # so that it takes several blocks
    assert sample.export(tmp_path / name, 7) == len(sample.neighbors_frame(7))
    found = read(tmp_path / name)
    pd.testing.assert_frame_equal(found, sample.neighbors_frame(7), check_dtype=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_text_ids_stay_text(tmp_path: Path) -> None:
    ratings = pd.DataFrame({"userId": [1, 1], "movieId": ["007", "é"], "rating": [4, 5]})
    movies = pd.DataFrame({"movieId": ["007", "é"], "title": ["Dr. No", "E"]})
    recommender = Recommender.fit(ratings, movies)
    assert recommender.neighbors_frame()["neighborId"].tolist() == ["é", "007"]
    recommender.export(tmp_path / "n.csv")
    lines = (tmp_path / "n.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("007,1,é,")


@pytest.mark.parametrize("k", [0, -1, 101])
def test_k_that_is_not_stored_is_refused(sample: Recommender, tmp_path: Path, k: int) -> None:
    with pytest.raises(UsageError, match="100 neighbors"):
        sample.export(tmp_path / "n.csv", k)
    assert list(tmp_path.iterdir()) == []


def test_model_may_hold_fewer_films_than_neighbours_were_asked_for() -> None:
    ratings = pd.DataFrame({"userId": [1, 1], "movieId": [1, 2], "rating": [4, 5]})
    movies = pd.DataFrame({"movieId": [1, 2, 3], "title": ["A", "B", "C"]})
    frame = Recommender.fit(ratings, movies).neighbors_frame(50)
    assert frame["movieId"].tolist() == [1, 2]


def test_command_writes_and_refuses_what_is_there(
    movierec: Run, sample_model: Path, tmp_path: Path
) -> None:
    run = movierec("export", "n.csv", "-k", "3", "--model", sample_model)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == "2,205 rows -> n.csv\n"
    (tmp_path / "n.csv").write_text("mine")
    again = movierec("export", "n.csv", "--model", sample_model)
    assert again.returncode == 1
    assert "error: n.csv already exists" in again.stderr
    assert (tmp_path / "n.csv").read_text() == "mine"
    replaced = movierec("export", "n.csv", "-k", "3", "--overwrite", "--model", sample_model)
    assert replaced.returncode == 0
    assert len(read(tmp_path / "n.csv")) == 2205


@pytest.mark.parametrize("name", ["n.xlsx", "n", ".csv.gz"])
def test_unknown_ending_is_refused(
    movierec: Run, sample_model: Path, tmp_path: Path, name: str
) -> None:
    run = movierec("export", name, "--model", sample_model)
    assert run.returncode == 2
    assert ".parquet" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_failure_leaves_no_file(
    sample: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError, match="No such file"):
        sample.export(tmp_path / "missing" / "n.csv")
    monkeypatch.setattr("pandas.DataFrame.to_csv", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sample.export(tmp_path / "n.csv")
    assert list(tmp_path.iterdir()) == []


def test_rows_are_made_a_block_at_a_time(sample: Recommender) -> None:
    """A million rows are 40 MB as a frame; a block of them is a small part of that."""
    n_items = 20_000
    table = NeighborTable(
        np.zeros((n_items, 50), np.int32),
        np.ones((n_items, 50), np.float32),
        np.ones((n_items, 50), np.int32),
    )
    arrays = {**sample._model.catalog.to_arrays(), "item_ids": np.arange(n_items)}
    model = replace(sample._model, neighbors=table, catalog=Catalog.from_arrays(arrays))
    tracemalloc.start()
    n_rows = sum(len(frame) for frame in frames(model))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_rows == n_items * 50
    assert peak < 20_000_000
