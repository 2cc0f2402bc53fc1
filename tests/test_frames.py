"""Tables in memory: as good as the same tables in files, whatever library they are of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from movierec import DataError, Recommender, UsageError
from movierec.data.dataset import Dataset, read_dataset, read_rated, read_rating_rows
from movierec.data.personal.entries import Entry
from movierec.data.personal.export import read_export

Columns = dict[str, list[Any]]
Make = Callable[[Columns], Any]

RATINGS: Columns = {
    "userId": [1, 1, 2, 2, 2**40],
    "movieId": [10, 20, 10, 20, 30],
    "rating": [4.0, 5.0, 3.5, 4.0, 2.0],
    "timestamp": [100, 101, 102, 103, 99],
}
MOVIES: Columns = {
    "movieId": [10, 20, 30],
    "title": ["Alpha", "Beta, The", "Gamma (1992)"],
    "genres": ["Drama", "Comedy|Drama", "(no genres listed)"],
    "year": [1990, 1991, 1992],
}
MORE: dict[str, Columns] = {
    "links": {"movieId": [10, 20], "imdbId": [114709, 12345678]},
    "tags": {"userId": [1, 2, 1], "movieId": [10, 10, 20], "tag": ["Odd", "odd ", "x"]},
    "genome": {"movieId": [10, 20], "tagId": [7, 7], "relevance": [0.9, 0.1]},
}

MAKERS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Make:
    """Make a table of one of the libraries."""
    maker: Make = MAKERS[request.param]
    return maker


def write(folder: Path, name: str, columns: Columns) -> Path:
    path = folder / f"{name}.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def content_of(dataset: Dataset) -> dict[str, Any]:
    """Return all that was read, but for names."""
    rows = dataset.ratings
    return {
        "ratings": [rows.users.tolist(), rows.items.tolist(), rows.values.tolist()],
        "times": rows.read_timestamps and rows.read_timestamps().tolist(),
        "movies": dataset.movies,
        "more": [dataset.links, dataset.tags, dataset.genome],
        "counts": [dataset.n_movie_rows, dataset.n_rating_rows],
    }


def test_tables_say_what_files_say(tmp_path: Path, make: Make) -> None:
    files: dict[str, Any] = {name: write(tmp_path, name, columns) for name, columns in MORE.items()}
    tables: dict[str, Any] = {name: make(columns) for name, columns in MORE.items()}
    both = write(tmp_path, "r", RATINGS), write(tmp_path, "m", MOVIES)
    from_files = read_dataset(*both, **files)
    from_tables = read_dataset(make(RATINGS), make(MOVIES), **tables)
    assert content_of(from_tables) == content_of(from_files)
    assert [movie.title for movie in from_tables.movies] == [
        "Alpha (1990)",
        "Beta, The (1991)",
        "Gamma (1992)",
    ]
    assert from_tables.tags == {"10": ["odd"], "20": ["x"]}
    assert from_tables.ratings.values.dtype == np.float32
    assert from_tables.ratings.users.dtype == np.int64  # 2**40 is beyond int32


def test_tables_and_paths_can_be_mixed(tmp_path: Path, make: Make) -> None:
    ratings, movies = write(tmp_path, "ratings", RATINGS), write(tmp_path, "movies", MOVIES)
    usual = content_of(read_dataset(ratings, movies))
    assert content_of(read_dataset(str(ratings), make(MOVIES))) == usual
    assert content_of(read_dataset(make(RATINGS), movies)) == usual
    links = write(tmp_path, "links", MORE["links"])
    assert read_dataset(make(RATINGS), make(MOVIES), links=links).links["10"] == "tt0114709"
    assert content_of(read_dataset(tmp_path, make(MOVIES)))["movies"] == usual["movies"]
    rows, films = read_rated(make(RATINGS), movies)
    assert (rows.users.tolist(), films) == (RATINGS["userId"], usual["movies"])


def test_text_ids_are_cleaned_as_in_files(tmp_path: Path, make: Make) -> None:
    ratings = RATINGS | {"movieId": ["007", " 8.0", "007", "8", "x"], "userId": list("12345")}
    movies = MOVIES | {"movieId": ["007", "8", "x"]}
    files = write(tmp_path, "r", ratings), write(tmp_path, "m", movies)
    from_tables = read_dataset(make(ratings), make(movies))
    assert content_of(from_tables) == content_of(read_dataset(*files))
    assert from_tables.ratings.items.tolist() == [b"007", b"8", b"007", b"8", b"x"]
    assert from_tables.ratings.users.tolist() == [1, 2, 3, 4, 5]


def test_numbers_meet_text_ids_of_movies(make: Make) -> None:
    movies = MOVIES | {"movieId": ["10", "20", "x"]}
    recommender = Recommender.fit(make(RATINGS), make(movies), content_weight=0, weighting="none")
    assert recommender.card["n_ratings"] == 4
    assert [movie.movie_id for movie in recommender.similar("Alpha")] == ["20"]


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("userId", [1, 1, None, 2, 3], "no usable user or movie id"),
        ("movieId", [10, 20, None, 20, 30], "no usable user or movie id"),
        ("movieId", ["10", "20", None, "20", "30"], "no usable user or movie id"),
        ("rating", [4.0, 5.0, None, 4.0, 2.0], 'the rating "" is not a finite number'),
        ("rating", [4.0, 5.0, float("nan"), 4.0, 2.0], 'the rating "" is not a finite number'),
        ("rating", [4.0, 5.0, float("inf"), 4.0, 2.0], 'the rating "inf" is not a finite number'),
        ("rating", ["4", "5.0", "x", "4", "2"], 'the rating "x" is not a finite number'),
    ],
)
def test_bad_rating_is_named_by_its_row_or_skipped(
    make: Make, column: str, values: list[Any], problem: str
) -> None:
    tables = make(RATINGS | {column: values}), make(MOVIES)
    with pytest.raises(DataError, match="ratings data frame, row 2: ") as caught:
        read_dataset(*tables)
    assert problem in str(caught.value)
    assert "on_error" in str(caught.value.hint)
    dataset = read_dataset(*tables, on_error="skip")
    assert dataset.ratings.users.tolist() == [1, 1, 2, 2**40 if column != "userId" else 3]
    assert dataset.ratings.items.tolist() == [10, 20, 20, 30]
    assert dataset.ratings.values.tolist() == [4, 5, 4, 2]
    assert dataset.ratings.read_timestamps is not None
    assert dataset.ratings.read_timestamps().tolist() == [100, 101, 103, 99]
    assert any("skipped 1 bad row (the first, row 2: " in note for note in dataset.notes)


def test_bad_movie_is_named_by_its_row_or_skipped(make: Make) -> None:
    for column, problem in (("title", "no title"), ("movieId", "no usable id")):
        values = [*MOVIES[column][:2], None]
        with pytest.raises(DataError, match=f"movies data frame, row 2: {problem}"):
            read_dataset(make(RATINGS), make(MOVIES | {column: values}))
        dataset = read_dataset(make(RATINGS), make(MOVIES | {column: values}), on_error="skip")
        assert [movie.movie_id for movie in dataset.movies] == ["10", "20"]


def test_missing_values_that_do_no_harm(make: Make) -> None:
    """A missing id turns numbers of pandas into floats; missing years and genres are fine."""
    movies = MOVIES | {"year": [1990, None, None], "genres": ["Drama", None, None]}
    read = read_dataset(make(RATINGS), make(movies)).movies
    assert [(movie.title, movie.genres) for movie in read] == [
        ("Alpha (1990)", "Drama"),
        ("Beta, The", ""),
        ("Gamma (1992)", ""),
    ]
    links = make({"movieId": [10, 20], "imdbId": [114709, None]})
    assert read_dataset(make(RATINGS), make(movies), links=links).links == {"10": "tt0114709"}


@pytest.mark.parametrize(
    "times",
    [
        [datetime(2020, 1, 1, 12), None, datetime(1969, 12, 31, 23, 59, 59)],
        ["2020-01-01 12:00", None, "1969-12-31T23:59:59Z"],
        ["2020-01-01T13:00:00+01:00", "nonsense", "1969-12-31 23:59:59"],
        [1577880000, None, -1],
        ["1577880000", "", "-1.0"],
    ],
    ids=str,
)
def test_times_are_seconds_and_missing_ones_come_first(make: Make, times: list[Any]) -> None:
    frame = make({"userId": [1, 2, 3], "movieId": [1, 2, 3], "rating": [1, 2, 3], "date": times})
    read = read_rating_rows(frame).read_timestamps
    assert read is not None
    assert read().dtype == np.int64
    assert read().tolist() == [1577880000, np.iinfo(np.int64).min, -1]


def test_dates_and_fractions_of_seconds(make: Make) -> None:
    frame = {"userId": [1, 2], "movieId": [1, 2]}
    read = read_rating_rows(make(frame | {"date": [date(1970, 1, 2), None]})).read_timestamps
    assert read is not None
    assert read().tolist() == [86400, np.iinfo(np.int64).min]
    for times in ([1.5, None], ["1.5", "x"], [datetime(1970, 1, 1, 0, 0, 1, 500000), None]):
        read = read_rating_rows(make(frame | {"time": times})).read_timestamps
        assert read is not None
        assert read().tolist() == [1.5, -np.inf]


def test_times_with_a_zone() -> None:
    times = ["2020-01-01T13:00:00+01:00"]
    frame = pl.DataFrame({"userId": [1], "movieId": [1], "time": times}).with_columns(
        pl.col("time").str.to_datetime(time_zone="Europe/Paris")
    )
    for table in (frame, frame.to_arrow(), frame.to_pandas()):
        read = read_rating_rows(table).read_timestamps
        assert read is not None
        assert read().tolist() == [1577880000]


def test_times_are_read_only_when_asked_for(make: Make) -> None:
    bare = {name: RATINGS[name] for name in ("userId", "movieId", "rating")}
    assert read_rating_rows(make(bare)).read_timestamps is None
    senseless = read_rating_rows(make(bare | {"timestamp": list("abcde")}))
    assert senseless.read_timestamps is not None
    assert set(senseless.read_timestamps().tolist()) == {np.iinfo(np.int64).min}


def test_many_rows_keep_their_order(make: Make) -> None:
    """Tables are read in parts, of which there are three here."""
    n_rows = 300_000
    numbers = list(range(n_rows))
    columns: Columns = {"userId": numbers, "movieId": numbers[::-1], "rating": [3.0] * n_rows}
    read = read_rating_rows(make(columns | {"timestamp": numbers}))
    assert (read.users == numbers).all()
    assert (read.items == numbers[::-1]).all()
    assert read.read_timestamps is not None
    assert (read.read_timestamps() == numbers).all()
    columns["rating"][-1] = float("nan")
    with pytest.raises(DataError, match="row 299999: "):
        read_rating_rows(make(columns))


def test_floats_and_narrow_numbers_are_ids_too() -> None:
    for dtype in ("float64", "int16", "uint8", "Int64", "float32"):
        frame = pd.DataFrame({"user": [1, 2], "item": [3, 4], "rating": [5, 6]}).astype(dtype)
        rows = read_rating_rows(frame)
        assert rows.users.dtype == np.int32
        assert (rows.users.tolist(), rows.items.tolist()) == ([1, 2], [3, 4])
    big = pl.DataFrame(
        {"user": [2**64 - 1, 2], "item": [3, 4]}, schema_overrides={"user": pl.UInt64}
    )
    assert read_rating_rows(big).users.tolist() == [str(2**64 - 1).encode(), b"2"]
    halves = pd.DataFrame({"user": [1.5, 2], "item": [3, 4]})
    assert read_rating_rows(halves).users.tolist() == [b"1.5", b"2"]


def test_categories_are_text() -> None:
    frame = pd.DataFrame({"user": ["b", "a"], "item": ["1", "2"]}, dtype="category")
    assert read_rating_rows(frame).users.tolist() == [b"b", b"a"]
    assert read_rating_rows(frame).items.tolist() == [1, 2]
    listed = pl.DataFrame(
        {"user": ["b", "a"], "item": ["1", "2"]}, schema={"user": pl.Categorical, "item": pl.String}
    )
    assert read_rating_rows(listed).users.tolist() == [b"b", b"a"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([1, 2], id="list"),
        pytest.param(5, id="number"),
        pytest.param({"userId": [1]}, id="dict"),
        pytest.param(np.zeros((2, 3)), id="array"),
        pytest.param(pd.Series([98765]), id="series"),
        pytest.param(pa.chunked_array([[98765]]), id="arrow-column"),
        pytest.param(pl.LazyFrame({"userId": [98765]}), id="lazy"),
    ],
)
def test_what_is_no_table_is_refused(make: Make, value: Any) -> None:
    calls: dict[str, Callable[[], Any]] = {
        "ratings": lambda: Recommender.fit(value, make(MOVIES)),
        "movies": lambda: Recommender.fit(make(RATINGS), value),
        "links": lambda: Recommender.fit(make(RATINGS), make(MOVIES), links=value),
        "ratings alone": lambda: Recommender.fit(value),
    }
    for role, call in calls.items():
        with pytest.raises(UsageError, match=f"{type(value).__name__} was given as ") as caught:
            call()
        assert role.split()[0] in str(caught.value)
        assert "98765" not in str(caught.value)


def test_half_of_a_data_set_is_refused(make: Make) -> None:
    with pytest.raises(UsageError, match="movies were given without ratings"):
        Recommender.fit(None, make(MOVIES))
    with pytest.raises(UsageError, match="ratings were given without movies"):
        Recommender.fit(make(RATINGS))


def test_missing_columns_are_named_without_their_content(make: Make) -> None:
    frame = make({"userId": [98765], "movieId": [98765], "stern": [98765]})
    with pytest.raises(DataError, match="its columns are: userId, movieId, stern") as caught:
        read_dataset(frame, make(MOVIES))
    assert "userId, movieId and rating" in str(caught.value.hint)
    assert "98765" not in str(caught.value)
    with pytest.raises(DataError, match="movies data frame holds ratings, not movies"):
        read_dataset(make(RATINGS), make(RATINGS))


def test_tables_with_more_columns_are_what_they_are_given_as(make: Make) -> None:
    """Ratings joined with titles and tags are ratings, movies with links are both."""
    joined = RATINGS | {"title": list("abcde"), "genres": list("abcde"), "tag": list("abcde")}
    more = MOVIES | {"imdbId": [1, 2, 3]}
    dataset = read_dataset(make(joined), make(more), links=make(more))
    assert dataset.n_rating_rows == 5
    assert dataset.links == {"10": "tt0000001", "20": "tt0000002", "30": "tt0000003"}


def test_columns_that_cannot_be_told_apart_are_refused() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["userId", "userId", "rating"])
    with pytest.raises(DataError, match="two columns of ratings data frame have the same name"):
        read_dataset(frame, pd.DataFrame(MOVIES))
    named = pd.DataFrame([[1, 2, 3.0, 4]], columns=["userId", "movieId", "rating", 0])
    assert read_rating_rows(named).values.tolist() == [3]  # a column's name may be a number


def test_index_of_a_data_frame_does_not_matter(make: Make) -> None:
    frame = pd.DataFrame(RATINGS, index=[9, 9, 9, 1, 0])
    assert content_of(read_dataset(frame, pd.DataFrame(MOVIES, index=list("cba")))) == content_of(
        read_dataset(make(RATINGS), make(MOVIES))
    )


def test_empty_tables_are_refused(make: Make) -> None:
    empty: Columns = {name: [] for name in RATINGS}
    with pytest.raises(DataError, match="ratings data frame holds no ratings"):
        read_dataset(make(empty), make(MOVIES))
    with pytest.raises(DataError, match="movies data frame holds no movies"):
        read_dataset(make(RATINGS), make({name: [] for name in MOVIES}))


def test_progress_of_tables_ends_at_1(make: Make) -> None:
    told: list[tuple[str, float]] = []
    read_dataset(make(RATINGS), make(MOVIES), progress=lambda *what: told.append(what))
    assert set(told) == {("reading the ratings", 1.0)}


def test_personal_lists_may_be_tables(make: Make) -> None:
    frame = make({"Name": ["Heat"], "Year": [1995], "Rating": [4.5], "Date": ["1970-01-02"]})
    assert read_export(frame).rated == [Entry(title="Heat", year=1995, rating=4.5, timestamp=86400)]
