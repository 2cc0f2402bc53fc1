"""A data frame is read by the rules of files: what a cell says, not which library holds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import DataError, MovierecError, Recommender, UsageError
from movierec.data.dataset import Dataset, read_dataset
from tests.hostile._examples import examples

Columns = dict[str, list[Any]]
ROLES = ("ratings", "movies", "links", "tags", "genome", "content")

RATINGS: Columns = {
    "userId": [1, 1, 2, 2, 3],
    "movieId": [10, 20, 10, 20, 30],
    "rating": [4.0, 5.0, 3.5, 4.0, 2.0],
    "timestamp": [100, 101, 102, 103, 99],
}
MOVIES: Columns = {
    "movieId": [10, 20, 30],
    "title": ["Alpha (1990)", "Beta (1991)", "Gamma (1992)"],
    "genres": ["Drama", "Comedy|Drama", "Drama"],
}
RATED = pd.DataFrame(RATINGS)
MISSING = {"None": None, "NaN": np.nan, "NA": pd.NA, "NaT": pd.NaT, "Decimal": Decimal("NaN")}
TEXTS = ["object", "string", "category", pd.ArrowDtype(pa.string())]
NUMBERS = ["object", "category", "Int64", "Float64", "float64", pd.ArrowDtype(pa.int64())]


def told(dataset: Dataset) -> dict[str, Any]:
    """Return all that was read, but for names."""
    rows = dataset.ratings
    return {
        "ratings": [rows.users.tolist(), rows.items.tolist(), rows.values.tolist()],
        "times": rows.read_timestamps and rows.read_timestamps().tolist(),
        "movies": dataset.movies,
        "more": [dataset.links, dataset.tags, dataset.genome, dataset.features],
        "counts": [dataset.n_movie_rows, dataset.n_rating_rows],
    }


def outcome(tables: dict[str, Any], on_error: str) -> dict[str, Any] | tuple[type, str]:
    try:
        return told(read_dataset(**tables, on_error=on_error))  # type: ignore[arg-type]
    except MovierecError as error:
        return type(error), str(error)


def of_frames(found: Any, folder: Path) -> Any:
    """Return what files gave, with the names and numbers that frames have in messages."""
    if isinstance(found, dict):
        return found
    kind, message = found
    for role in ROLES:
        message = message.replace(str(folder / f"{role}.csv"), f"{role} data frame")
    message = message.replace("its first line is: ", "its columns are: ")
    return kind, re.sub(r"line (\d+): ", lambda line: f"row {int(line[1]) - 2}: ", message)


# What a file can hold on one line. Truth values are left out: pandas reads a column of nothing else
# as numbers.
_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
_whole = st.integers(0, 40)
_ids = st.one_of(_whole, _whole.map(float), _whole.map(str), st.just("007"), _texts)
_numbers = st.one_of(
    st.sampled_from([0.5, 3.0, 5, -1, 1e16, float("inf"), "4", " 4.5", "1_0", "x", "nan"]),
    st.floats(0, 10),
)
_times = st.one_of(
    st.integers(0, 2**31),
    st.floats(0, 2**31),
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["2020-01-01", "2020-01-01T13:00:00+01:00", "never", "12"]),
)
_CELLS = {
    "userId": _ids,
    "movieId": _ids,
    "rating": _numbers,
    "timestamp": _times,
    "title": st.one_of(_texts, st.just("Heat (1995)"), st.just(300)),
    "genres": st.one_of(st.sampled_from(["Drama", "Comedy|Drama", "nan", "None"]), _texts),
    "year": st.one_of(st.integers(1900, 2030), st.just(1995.0), st.just("1995"), _texts),
    "imdbId": st.one_of(_whole, _whole.map(float), st.just("tt0114709"), _texts),
    "tag": _texts,
    "tagId": st.one_of(_whole, st.just("x"), st.just(1.5)),
    "relevance": st.one_of(st.floats(0, 1), st.just(2), st.just("x")),
    "director": st.one_of(_texts, _whole, st.floats(0, 9)),
}
_HEADERS = {
    "ratings": ["userId", "movieId", "rating", "timestamp", "genres"],
    "movies": ["movieId", "title", "genres", "year"],
    "links": ["movieId", "imdbId", "title"],
    "tags": ["userId", "movieId", "tag"],
    "genome": ["movieId", "tagId", "relevance"],
    "content": ["movieId", "director", "genres", "rating"],
}
_missing = st.sampled_from(list(MISSING.values()))


@st.composite
def column(draw: Callable[..., Any], name: str, n_rows: int) -> pd.Series:
    """Draw a column: of one type or mixed, with or without missing values."""
    cells = _CELLS[name]
    if draw(st.booleans()):
        cells = st.just(draw(cells))
    if draw(st.integers(0, 3)) == 0:
        cells = st.one_of(cells, _missing)
    values = pd.Series(draw(st.lists(cells, min_size=n_rows, max_size=n_rows)), dtype=object)
    kind = draw(st.sampled_from(["object", "inferred", "category", "nullable"]))
    if kind == "inferred":
        return values.infer_objects()
    if kind == "nullable":
        return values.convert_dtypes()
    try:
        return values.astype(kind)
    except TypeError:  # not everything can be sorted into categories
        return values


@st.composite
def table(draw: Callable[..., Any], role: str) -> pd.DataFrame:
    n_rows = draw(st.integers(0, 5))
    header = _HEADERS[role]
    names = header if draw(st.integers(0, 9)) else draw(st.permutations(header))[:-1]
    return pd.DataFrame({name: draw(column(name, n_rows)) for name in names})


@st.composite
def tables(draw: Callable[..., Any]) -> dict[str, pd.DataFrame]:
    """Draw a data set in which a few tables are odd and the others plain."""
    odd = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True))
    plain = {"ratings": pd.DataFrame(RATINGS), "movies": pd.DataFrame(MOVIES)}
    return plain | {role: draw(table(role)) for role in odd}


@settings(max_examples=max(examples(2000), 20))
@given(tables(), st.sampled_from(["fail", "skip"]))
def test_frame_says_what_its_file_says(
    tmp_path_factory: pytest.TempPathFactory, frames: dict[str, pd.DataFrame], on_error: str
) -> None:
    folder = tmp_path_factory.mktemp("frames")
    files = {role: folder / f"{role}.csv" for role in frames}
    for role, path in files.items():
        frames[role].to_csv(path, index=False)
    from_files = of_frames(outcome(files, on_error), folder)
    assert outcome(frames, on_error) == from_files


@pytest.mark.parametrize("missing", MISSING.values(), ids=MISSING)
@pytest.mark.parametrize("dtype", TEXTS, ids=str)
def test_missing_text_is_no_text(missing: object, dtype: Any) -> None:
    def texts(*cells: object) -> pd.Series:
        return pd.Series(cells, dtype="object").astype(dtype)

    ratings, movies = pd.DataFrame(RATINGS), pd.DataFrame(MOVIES)
    bare = movies.assign(genres=texts("Drama", missing, missing))
    recommender = Recommender.fit(ratings, bare)
    assert [recommender.movie(number).genres for number in (10, 20, 30)] == [("Drama",), (), ()]
    listed = {movie.movie_id: movie for movie in recommender.similar(20)}
    assert all(movie.similarity < 0.9 for movie in listed.values())  # both have no genres
    with pytest.raises(DataError, match="row 2: no usable user or movie id"):
        read_dataset(ratings.assign(userId=texts("a", "b", missing, "c", "d")), movies)
    with pytest.raises(DataError, match="movies data frame, row 1: no title"):
        read_dataset(ratings, movies.assign(title=texts("a", missing, "c")))


@pytest.mark.parametrize("name", ["userId", "movieId", "rating"])
@pytest.mark.parametrize("dtype", NUMBERS, ids=str)
def test_missing_number_is_no_number(name: str, dtype: Any) -> None:
    column = pd.Series([1, 1, None, 0, 1], dtype="object").astype("float64").astype(dtype)
    frame = pd.DataFrame(RATINGS).assign(**{name: column})
    with pytest.raises(DataError, match="row 2: "):
        read_dataset(frame, pd.DataFrame(MOVIES))
    skipped = read_dataset(frame, pd.DataFrame(MOVIES), on_error="skip")
    plain = read_dataset(pd.DataFrame(RATINGS).drop(index=2), pd.DataFrame(MOVIES))
    assert len(skipped.ratings) == len(plain.ratings) == 4


def test_missing_values_of_other_libraries() -> None:
    genres = ["Drama", None, None]
    for movies in (
        pl.DataFrame(MOVIES | {"genres": genres}),
        pl.DataFrame(MOVIES | {"genres": genres}, schema_overrides={"genres": pl.Categorical}),
        pl.DataFrame(MOVIES | {"genres": [["Drama"], [None], None]}),
        pa.table(MOVIES | {"genres": genres}),
        pa.table(MOVIES | {"genres": pa.array(genres).dictionary_encode()}),
        pa.table(MOVIES | {"genres": [["Drama"], [None], []]}),
        pd.DataFrame(MOVIES | {"genres": [["Drama"], [np.nan, pd.NA], np.array([None])]}),
    ):
        read = read_dataset(pl.DataFrame(RATINGS), movies).movies
        assert [movie.genres for movie in read] == ["Drama", "", ""]
    nans = pl.DataFrame(RATINGS | {"userId": [1.0, 1.0, float("nan"), 2.0, 3.0]})
    with pytest.raises(DataError, match="row 2: no usable user or movie id"):
        read_dataset(nans, pl.DataFrame(MOVIES))


def test_cells_of_numpy_are_plain_values() -> None:
    """A column of objects may hold scalars of NumPy, which are no lists."""
    movies = pd.DataFrame(MOVIES).astype(object)
    movies["genres"] = pd.Series([np.str_("Drama"), np.array(["Comedy", "War"]), np.float64("nan")])
    movies["movieId"] = pd.Series([np.int64(10), np.str_("20"), np.float32(30)], dtype=object)
    assert [(movie.movie_id, movie.genres) for movie in read_dataset(RATED, movies).movies] == [
        ("10", "Drama"),
        ("20", "Comedy|War"),
        ("30", ""),
    ]


def test_rows_without_any_value_are_no_rows(tmp_path: Path) -> None:
    empty = pd.DataFrame([[None] * 4], columns=list(RATINGS))
    gaps = pd.concat([RATED.astype(object), empty.astype(object), RATED.astype(object)])
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    films = pd.DataFrame(MOVIES)
    assert told(read_dataset(gaps, films)) == told(read_dataset(tmp_path / "gaps.csv", films))
    assert len(read_dataset(gaps, films).ratings) == 10


def test_links_of_a_frame_are_found_by_their_ids() -> None:
    links = pd.DataFrame({"movieId": [10, 20, 30], "imdbId": [114709, None, 7]})
    fitted = Recommender.fit(RATED, pd.DataFrame(MOVIES), links=links)
    assert fitted.movie("tt0114709").movie_id == 10
    assert fitted.movie("tt0000007").movie_id == 30


def test_columns_of_content_keep_their_places() -> None:
    """A column without a name comes first: pandas calls it 0."""
    content = pd.DataFrame({0: ["x", "y", "z"], "movieId": [10, 20, 30], "director": list("aba")})
    read = read_dataset(RATED, pd.DataFrame(MOVIES), content=content).features
    assert read == {
        "0": {"10": "x", "20": "y", "30": "z"},
        "director": {"10": "a", "20": "b", "30": "a"},
    }


@pytest.mark.parametrize("on_error", ["skipp", "", "Skip", None, True, ["skip"], np.array([1, 2])])
def test_mistyped_on_error_is_refused(on_error: Any) -> None:
    with pytest.raises(UsageError, match=r"on_error is .*; it must be"):
        Recommender.fit(RATED, pd.DataFrame(MOVIES), on_error=on_error)


@pytest.mark.parametrize("role", ROLES)
def test_empty_frames_are_refused_as_empty_files_are(role: str, tmp_path: Path) -> None:
    plain: dict[str, Any] = {"ratings": RATED, "movies": pd.DataFrame(MOVIES)}
    for empty in (pd.DataFrame(), pl.DataFrame(), pa.table({}), pd.DataFrame(index=[1])):
        with pytest.raises(DataError, match=f"{role} data frame"):
            read_dataset(**plain | {role: empty})


@pytest.mark.parametrize("name", ["userId", "rating", "movieId"])
def test_repeated_columns_are_refused_in_frames_and_files(name: str, tmp_path: Path) -> None:
    twice = pd.concat([RATED, RATED[[name]]], axis=1)
    path = tmp_path / "twice.csv"
    twice.to_csv(path, index=False)
    for table in (twice, path, pa.table(list(map(pa.array, twice.T.values)), list(twice.columns))):
        with pytest.raises(DataError, match=r"two columns of .* have the same name"):
            read_dataset(table, pd.DataFrame(MOVIES))


def test_mixed_timestamps_are_read_as_texts_are(tmp_path: Path) -> None:
    noon = datetime(2020, 1, 1, 12)
    zones = [noon, noon.replace(tzinfo=UTC), pd.Timestamp(noon, tz="Europe/Paris"), None, pd.NaT]
    path = tmp_path / "ratings.csv"
    for times in (zones, [1, noon, None, 2.5, "x"], [{}, b"1", 2**70, "2020-01-01", 5]):
        mixed = RATED.assign(timestamp=pd.Series(times, dtype=object))
        mixed.to_csv(path, index=False)
        assert told(read_dataset(mixed, pd.DataFrame(MOVIES))) == told(
            read_dataset(path, pd.DataFrame(MOVIES))
        )
    read = read_dataset(
        RATED.assign(timestamp=pd.Series(zones, dtype=object)), pd.DataFrame(MOVIES)
    ).ratings.read_timestamps
    assert read is not None
    assert read().tolist()[:3] == [1577880000, 1577880000, 1577876400]


def test_half_a_character_is_no_id() -> None:
    """Python reads file names of other encodings so; UTF-8 cannot hold it."""
    users = pd.Series(["a", "\ud800", "b", "c", "d"], dtype=object)
    with pytest.raises(DataError, match="row 1: no usable user or movie id"):
        read_dataset(RATED.assign(userId=users), pd.DataFrame(MOVIES))
    movies = pd.DataFrame(MOVIES)
    movies["title"] = pd.Series(["A\udcffB", "C", "D"], dtype=object)
    assert read_dataset(RATED, movies).movies[0].title == "A B"
