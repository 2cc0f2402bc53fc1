"""Spark gives the table of the local engine, to the bit, with the same counts and notes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.linalg  # noqa: F401  (only a BLAS that is loaded can be limited to one thread)
from threadpoolctl import threadpool_limits

from movierec import DataError, Recommender, UsageError
from movierec import spark as movierec_spark
from movierec.data.discover import sample_folder

# Those of Spark, such as sockets that it leaves to the garbage collector, are not ours.
pytestmark = pytest.mark.filterwarnings("ignore")

WAYS: list[dict[str, Any]] = [
    {},
    {"min_support": 4, "min_ratings": 3, "n_neighbors": 20},
    {"weighting": "none"},
    {"algorithm": "item_knn", "content_weight": 0, "min_support": 2, "n_neighbors": 30},
]


def assert_same(found: Recommender, expected: Recommender) -> None:
    """Compare tables, what the algorithm learned, and counts."""
    models = found._model, expected._model
    for name in ("neighbors", "similarities", "support"):
        arrays = [np.asarray(getattr(model.neighbors, name)) for model in models]
        np.testing.assert_array_equal(arrays[0], arrays[1], err_msg=name)
    states = [model.load_algorithm().state() for model in models]
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        np.testing.assert_array_equal(array, states[1][name], err_msg=name)
    # A model by Spark holds no times, which ties are counted by.
    summaries = [
        {**model.load_summary(), "tied_ratings": None, "activity": None} for model in models
    ]
    assert summaries[0] == summaries[1]
    names = ("n_items", "n_users", "n_ratings", "dropped", "lowest_rating", "highest_rating")
    cards = [{name: model.card[name] for name in (*names, "parameters")} for model in models]
    assert cards[0] == cards[1]
    stars = [model.stars for model in models]
    assert (stars[0] is None) == (stars[1] is None)
    if stars[0] is not None and stars[1] is not None:
        pairs = zip(*(each.to_arrays().values() for each in (stars[0], stars[1])), strict=True)
        for pair in pairs:
            first, second = (np.asarray(array, dtype=np.float64) for array in pair)
            np.testing.assert_allclose(first, second, atol=1e-5)


def write(folder: Path, rows: list[tuple[Any, ...]], titles: dict[Any, str]) -> tuple[str, str]:
    columns = ["userId", "movieId", "rating", "timestamp"]
    paths = folder / "ratings.csv", folder / "movies.csv"
    pd.DataFrame(rows, columns=columns).to_csv(paths[0], index=False)
    movies = [(movie, title, "Drama") for movie, title in titles.items()]
    pd.DataFrame(movies, columns=["movieId", "title", "genres"]).to_csv(paths[1], index=False)
    return str(paths[0]), str(paths[1])


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_sample(spark: Any, way: dict[str, Any]) -> None:
    assert_same(Recommender.fit(engine="spark", **way), Recommender.fit(**way))


@pytest.mark.parametrize("way", [WAYS[0], WAYS[2]], ids=str)
def test_movielens(spark: Any, real_data: Path, way: dict[str, Any]) -> None:
    folder = real_data / "ml-latest-small"
    assert_same(Recommender.fit(folder, engine="spark", **way), Recommender.fit(folder, **way))


def test_movietweetings_with_text_ids(spark: Any, real_data: Path) -> None:
    folder = real_data / "movietweetings-100k"
    places = folder / "ratings.dat", folder / "movies.dat"
    assert_same(Recommender.fit(*places, engine="spark"), Recommender.fit(*places))


def odd_rows(seed: int) -> list[tuple[Any, ...]]:
    """Ratings in tenths, in no order: repeated ones, text ids, films that are not listed."""
    rng = np.random.default_rng(seed)
    return [
        (f"u{user}" if user % 3 else user, f"{film:03}", tenths / 10, int(time))
        for user, film, tenths, time in zip(
            rng.integers(0, 90, 4000),
            (rng.random(4000) ** 2 * 130).astype(int),
            rng.integers(1, 101, 4000),
            rng.integers(0, 5, 4000),
            strict=True,
        )
    ]


def test_repeated_ratings_text_ids_and_unknown_films(spark: Any, tmp_path: Path) -> None:
    titles = {f"{film:03}": f"Film {film} ({1950 + film % 60})" for film in range(10, 140)}
    places = write(tmp_path, odd_rows(0), titles)
    found = Recommender.fit(*places, engine="spark")
    assert_same(found, Recommender.fit(*places))
    assert set(found.card["dropped"]) == {
        "of movies that are not in the movies file",
        "repeated (the last by time was kept)",
    }


def test_directions_from_a_sample_of_users(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The users of both tasks whose number is a multiple of a step, as on one machine."""
    rows = [(sum(map(ord, str(u))) * 7 % 91, f, r, t) for u, f, r, t in odd_rows(1)]
    titles = {f"{film:03}": f"Film {film} ({1950 + film % 60})" for film in range(140)}
    places = write(tmp_path, rows, titles)
    monkeypatch.setattr("movierec.neighbors.factors._LARGEST_SAMPLE", 800)
    found = Recommender.fit(*places, engine="spark")
    assert_same(found, Recommender.fit(*places))


def test_data_frames_of_spark(spark: Any) -> None:
    folder = sample_folder()
    ratings, movies = (
        spark.read.csv(str(folder / name), header=True, inferSchema=True)
        for name in ("ratings.csv", "movies.csv")
    )
    found = movierec_spark.fit(ratings, movies, n_neighbors=10)
    assert_same(found, Recommender.fit(n_neighbors=10))


def test_parquet(spark: Any, tmp_path: Path) -> None:
    ratings = pd.read_csv(sample_folder() / "ratings.csv")
    (tmp_path / "parts").mkdir()
    for number, part in enumerate(np.array_split(np.arange(len(ratings)), 3)):
        ratings.iloc[part].to_parquet(tmp_path / "parts" / f"{number}.parquet")
    movies = sample_folder() / "movies.csv"
    found = Recommender.fit(tmp_path / "parts", movies, engine="spark", n_neighbors=10)
    assert_same(found, Recommender.fit(n_neighbors=10))


def test_model_holds_no_ratings_unless_they_are_collected(spark: Any, tmp_path: Path) -> None:
    ways: list[dict[str, Any]] = [{}, {"weighting": "none"}]
    for way in ways:
        found = Recommender.fit(engine="spark", with_ratings=True, **way)
        expected = Recommender.fit(**way)
        assert found.recommend(user=5, recency=0) == expected.recommend(user=5, recency=0)
        assert found.similar(1, 300) == expected.similar(1, 300)
        assert found.why(1, 2) == expected.why(1, 2)
    table = Recommender.fit(engine="spark")
    assert table.similar(1) == Recommender.fit().similar(1)
    with pytest.raises(UsageError, match="fitted without ratings"):
        table.recommend(user=5)
    table.save(tmp_path / "m")
    found = Recommender.load(tmp_path / "m")
    assert found.why(1, 2).support == expected.why(1, 2).support


def test_collected_ratings_keep_their_times(spark: Any, tmp_path: Path) -> None:
    """The histories are those of a local fit: repeated and tied ratings, rare films, fractions."""
    titles = {f"{film:03}": f"Film {film} ({1950 + film % 60})" for film in range(10, 140)}
    rows = [(*row[:3], time) for row, time in zip(odd_rows(2), odd_times(), strict=True)]
    places = write(tmp_path, rows, titles)
    found = Recommender.fit(*places, engine="spark", with_ratings=True, min_ratings=20)
    expected = Recommender.fit(*places, min_ratings=20)
    histories = [model._model.histories for model in (found, expected)]
    assert histories[0] is not None
    assert histories[1] is not None
    arrays = [each.to_arrays() for each in (histories[0], histories[1])]
    assert arrays[0].keys() == arrays[1].keys() == {"user_ids", "offsets", "items", "timestamps"}
    for name, array in arrays[0].items():
        np.testing.assert_array_equal(array, arrays[1][name], err_msg=name)
    assert found.stats()["tied_ratings"] == expected.stats()["tied_ratings"]
    assert found.recommend(user="u1") == expected.recommend(user="u1")


def odd_times() -> list[Any]:
    """Times of which many are equal, some are missing, and some have fractions."""
    rng = np.random.default_rng(5)
    times = rng.integers(0, 40, 4000) / 2
    return [None if rng.random() < 0.1 else time for time in times.tolist()]


def test_nothing_that_was_sent_to_the_tasks_is_left(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    broadcast = spark.sparkContext.broadcast

    def recorded(value: Any) -> Any:
        sent.append(broadcast(value))
        return sent[-1]

    monkeypatch.setattr(spark.sparkContext, "broadcast", recorded)
    Recommender.fit(engine="spark", min_ratings=20, weighting="none", with_ratings=True)
    assert len(sent) > 4
    assert not any(each._jbroadcast.isValid() for each in sent)


def test_a_folder_of_columnar_tables(spark: Any, tmp_path: Path) -> None:
    """Only one of them holds ratings; Arrow is read, too."""
    for name, write in (("ratings", "to_feather"), ("movies", "to_parquet")):
        frame = pd.read_csv(sample_folder() / f"{name}.csv")
        getattr(frame, write)(tmp_path / f"{name}.{write[3:]}")
    found = Recommender.fit(tmp_path, engine="spark", n_neighbors=10)
    assert_same(found, Recommender.fit(n_neighbors=10))


def test_broken_parquet_is_named(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    whole = pd.read_csv(sample_folder() / "ratings.csv").to_parquet()
    movies = sample_folder() / "movies.csv"
    path.write_bytes(whole[:-100])
    with pytest.raises(DataError, match=r"ratings\.parquet is broken: "):
        Recommender.fit(path, movies, engine="spark")
    path.write_bytes(whole[:5000] + bytes(20_000) + whole[25_000:])  # found by a task
    with pytest.raises(DataError, match=r"^[^ ]*ratings\.parquet is broken: ") as error:
        Recommender.fit(path, movies, engine="spark")
    assert error.value.hint == "download or export the file again"


def test_bad_rows_are_an_error_or_skipped(spark: Any, tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [(1, 1, 4, 0), (2, 1, "many", 0), (1, 2, 3, 0), (2, 2, 5, 0)]
    places = write(tmp_path, rows, {1: "One (1990)", 2: "Two (1991)"})
    with pytest.raises(DataError, match=r'the rating "many" is not a finite number \(1 bad row'):
        Recommender.fit(*places, engine="spark")
    found = Recommender.fit(*places, engine="spark", on_error="skip")
    assert found.card["n_ratings"] == 3
    assert any("skipped 1 bad row" in note for note in found.card["notes"])


def test_what_spark_cannot_fit_is_refused(spark: Any) -> None:
    for algorithm in ("als", "popular"):
        with pytest.raises(UsageError, match=f"cannot fit {algorithm}"):
            Recommender.fit(engine="spark", algorithm=algorithm)


def test_no_rating_left(spark: Any, tmp_path: Path) -> None:
    places = write(tmp_path, [(1, 7, 4, 0)], {1: "One (1990)"})
    with pytest.raises(DataError, match="no rating of 1 can be used: 1 of movies that are not"):
        Recommender.fit(*places, engine="spark")


def test_task_whose_process_dies_is_done_again(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task kills its Python once while it sums; Spark retries it, and the table is the same."""
    from tests.spark.dying import DyingSums

    monkeypatch.setattr("movierec.training.spark.ratings.ItemSums", DyingSums.of(tmp_path))
    found = Recommender.fit(engine="spark", n_neighbors=10)
    assert (tmp_path / "died").exists()
    assert_same(found, Recommender.fit(n_neighbors=10))


def test_command_line(spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In this process, whose session is used."""
    from movierec.cli._app import app

    model = tmp_path / "m.model"
    places = [str(sample_folder() / name) for name in ("ratings.csv", "movies.csv")]
    with pytest.raises(SystemExit) as ended:
        app(["fit", *places, "--engine", "spark", "-m", str(model), "--n-neighbors", "10"])
    assert ended.value.code in (0, None), capsys.readouterr().err
    assert "56,007 ratings of 735 movies by 700 users" in capsys.readouterr().err
    assert_same(Recommender.load(model), Recommender.fit(n_neighbors=10))


@pytest.mark.slow
def test_spark_submit(spark: Any, tmp_path: Path) -> None:
    """The module as a program of its own, which starts its own Java."""
    places = [str(sample_folder() / name) for name in ("ratings.csv", "movies.csv")]
    model = tmp_path / "m.model"
    programs = Path(sys.executable).parent
    result = subprocess.run(
        [programs / "spark-submit", "--master", "local[2]", "--conf", "spark.ui.enabled=false",
         str(movierec_spark.__file__), *places, "--n-neighbors", "10", "-m", str(model)],
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",  # as Spark sets it for a program that it starts
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    # The last digits of the linear model depend on the number of threads that solve it.
    with threadpool_limits(1):
        expected = Recommender.fit(n_neighbors=10)
    assert_same(Recommender.load(model), expected)
