"""Parquet and Arrow files give the model that a CSV of the same rows gives."""

from __future__ import annotations

import gzip
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import Recommender
from movierec.data.dataset import read_dataset, read_rated
from movierec.data.personal.export import read_export
from movierec.errors import DataError, MovierecError, UsageError

Write = Callable[[pa.Table, Path], None]
WRITERS: dict[str, Write] = {
    "parquet": lambda table, path: pq.write_table(table, path, row_group_size=2),
    "feather": lambda table, path: pa.feather.write_feather(table, str(path)),
    "arrow": lambda table, path: pa.feather.write_feather(
        table, str(path), compression="uncompressed", chunksize=2
    ),
}
RATINGS = {
    "userId": [1, 1, 2, 3],
    "movieId": [10, 20, 10, 20],
    "rating": [4.0, 3.5, 5.0, 1.0],
    "timestamp": [4, 3, 2, 1],
}
MOVIES = {"movieId": [10, 20], "title": ["Heat (1995)", "Alien (1979)"], "genres": ["A|B", ""]}


def rows_of(*places: Any, **options: Any) -> list[Any]:
    """Everything that was read of ratings and movies."""
    dataset = read_dataset(*places, **options)
    read = dataset.ratings.read_timestamps
    columns = [dataset.ratings.users, dataset.ratings.items, dataset.ratings.values]
    return [*map(np.ndarray.tolist, columns), read().tolist() if read else None, dataset.movies]


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest) -> Callable[[Path, dict[str, Any] | pa.Table], Path]:
    def write(path: Path, columns: dict[str, Any] | pa.Table) -> Path:
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        named = path.with_suffix(f".{request.param}")
        WRITERS[request.param](table, named)
        return named

    return write


@pytest.fixture
def csv(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "csv-ratings.csv", tmp_path / "csv-movies.csv"
    for path, columns in zip(paths, (RATINGS, MOVIES), strict=True):
        pd.DataFrame(columns).to_csv(path, index=False)
    return paths


def test_a_file_says_what_its_csv_says(tmp_path: Path, csv: tuple[Path, Path], write: Any) -> None:
    ratings, movies = write(tmp_path / "r", RATINGS), write(tmp_path / "m", MOVIES)
    assert rows_of(ratings, movies) == rows_of(*csv)
    assert rows_of(ratings, csv[1]) == rows_of(*csv)


@pytest.mark.parametrize("pack", ["gz", "zip"])
def test_packed_files_are_read(
    tmp_path: Path, csv: tuple[Path, Path], write: Any, pack: str
) -> None:
    ratings = write(tmp_path / "ratings", RATINGS)
    packed = tmp_path / f"{ratings.name}.{pack}"
    if pack == "gz":
        packed.write_bytes(gzip.compress(ratings.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(ratings, ratings.name)
    assert rows_of(packed, csv[1]) == rows_of(*csv)


def test_a_folder_holds_a_file_of_each_kind(
    tmp_path: Path, csv: tuple[Path, Path], write: Any
) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    write(folder / "ratings", RATINGS)
    write(folder / "movies", MOVIES)
    write(folder / "tags", {"userId": [1], "movieId": [10], "tag": ["odd"]})
    assert rows_of(folder) == rows_of(*csv)
    assert read_dataset(folder).tags == {"10": ["odd"]}


TIMES = np.array(["2024-05-31T12:00:00", "1999-01-01", "2001-09-09T01:46:40", "NaT"], "M8[ns]")


@pytest.mark.parametrize(
    "column",
    [
        pytest.param({"userId": pa.array(["007", "7", " 8 ", "8"])}, id="text ids"),
        pytest.param({"userId": pa.array(["b", "a", "b", "c"]).dictionary_encode()}, id="category"),
        pytest.param({"userId": pa.array([1, 2**40, -3, 4], pa.int64())}, id="large ids"),
        pytest.param({"userId": pa.array([1, 2, 2, 3], pa.uint16())}, id="small ids"),
        pytest.param({"rating": pa.array([1, 2, 3, 4], pa.int8())}, id="whole ratings"),
        pytest.param({"rating": pa.array([1, 2.5, 3, 4], pa.float32())}, id="short ratings"),
        pytest.param({"rating": pa.array(["1", "2.5", "3", "4"])}, id="ratings as text"),
        pytest.param({"rating": pa.nulls(4)}, id="no ratings"),
        pytest.param({"timestamp": pa.array(TIMES)}, id="datetimes"),
        pytest.param({"timestamp": pa.array(TIMES).cast(pa.date32())}, id="dates"),
        pytest.param(
            {"timestamp": pa.array(TIMES).cast(pa.timestamp("ms", "UTC"))}, id="with a zone"
        ),
        pytest.param({"timestamp": pa.array([1, None, 3, 4])}, id="a missing time"),
        pytest.param({"rating": pa.array([1, None, 3, 4])}, id="a missing rating"),
        pytest.param({"userId": pa.array([1, None, 3, 4])}, id="a missing id"),
        pytest.param({"rating": pa.array([1, float("nan"), 3, 4])}, id="NaN"),
    ],
)
def test_types_count_as_in_data_frames(
    tmp_path: Path, write: Any, column: dict[str, pa.Array]
) -> None:
    table = pa.table({**{name: pa.array(values) for name, values in RATINGS.items()}, **column})
    path = write(tmp_path / "ratings", table)

    def outcome(ratings: Any) -> Any:
        try:
            return rows_of(ratings, pa.table(MOVIES))
        except MovierecError as error:
            return str(error).removeprefix(f"{path}").removeprefix("ratings data frame")

    assert outcome(path) == outcome(table)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "02", "x", ""]),
            st.sampled_from(["10", "20"]),
            st.one_of(st.none(), st.floats(0, 5, width=32), st.just(float("nan"))),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=40)
def test_any_rows_count_as_in_data_frames(rows: list[tuple[str, str, float | None]]) -> None:
    users, items, ratings = zip(*rows, strict=True)
    table = pa.table(
        {"userId": list(users), "movieId": list(items), "rating": pa.array(ratings, pa.float64())}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.parquet"
        pq.write_table(table, path, row_group_size=3)

        def outcome(place: Any) -> Any:
            try:
                return rows_of(place, pa.table(MOVIES))
            except MovierecError as error:
                return str(error).removeprefix(str(path)).removeprefix("ratings data frame")

        assert outcome(path) == outcome(table)


# -- parts ------------------------------------------------------------------------------------


def in_parts(folder: Path, name: str, n_parts: int = 4) -> Path:
    folder.mkdir()
    table = pa.table(RATINGS)
    for number in range(n_parts):
        pq.write_table(table.slice(number, 1), folder / name.format(number))
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.crc").write_bytes(b"\0")
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "part-{:05}-3e1bd3ae-7c62-4d12-9a0e-0a7b0e8f1c{:02}-c000.snappy.parquet",
        "part.{}.parquet",
        "{:04}_part_00.parquet",
        "ratings-{:012}.parquet",
        "data_{}.parquet",
    ],
)
def test_parts_are_one_table(tmp_path: Path, csv: tuple[Path, Path], name: str) -> None:
    name = name.replace("{:02}", "00") if name.count("{") > 1 else name
    folder = in_parts(tmp_path / "ratings.parquet", name)
    assert rows_of(folder, csv[1]) == rows_of(*csv)
    assert read_dataset(folder, csv[1]).files["ratings"] == str(folder)


def test_parts_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    for number in range(11):
        part = {"userId": [number], "movieId": [10], "rating": [3.0]}
        pq.write_table(pa.table(part), folder / f"part.{number}.parquet")
    assert rows_of(folder, pa.table(MOVIES))[0] == list(range(11))


def test_a_folder_of_folders_of_parts_is_a_data_set(tmp_path: Path, csv: tuple[Path, Path]) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    in_parts(folder / "ratings.parquet", "part-{}.parquet")
    csv[1].rename(folder / "movies.csv")
    pd.DataFrame(MOVIES).to_csv(csv[1], index=False)
    assert rows_of(folder) == rows_of(*csv)


def test_parts_with_other_columns_are_refused(tmp_path: Path) -> None:
    folder = in_parts(tmp_path / "r", "part-{}.parquet")
    pq.write_table(pa.table(MOVIES), folder / "part-9.parquet")
    with pytest.raises(DataError, match=r"part-9.parquet has other columns than .*part-0.parquet"):
        read_dataset(folder, pa.table(MOVIES))


def test_files_of_different_names_are_not_parts(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    for name in ("ratings_old", "ratings_new"):
        pq.write_table(pa.table(RATINGS), folder / f"{name}.parquet")
    with pytest.raises(DataError, match="several files hold ratings"):
        read_dataset(folder, pa.table(MOVIES))


# -- other ways in, and what is wrong ----------------------------------------------------------


def test_columns_can_be_named(tmp_path: Path, write: Any) -> None:
    names = {"Reader": RATINGS["userId"], "Book": RATINGS["movieId"], "Stars": RATINGS["rating"]}
    path = write(tmp_path / "r", names)
    columns = {"user": "reader", "item": "Book", "rating": "Stars"}
    found = rows_of(path, pa.table({"Book": [10, 20], "title": ["A", "B"]}), columns=columns)
    assert found[:3] == [RATINGS["userId"], RATINGS["movieId"], RATINGS["rating"]]


def test_exports_and_evaluations_read_them(tmp_path: Path, write: Any) -> None:
    mine = write(tmp_path / "mine", {"title": ["Heat (1995)"], "rating": [4.5]})
    assert [(each.title, each.rating) for each in read_export(mine).rated] == [("Heat (1995)", 4.5)]
    rows, _ = read_rated(write(tmp_path / "r", RATINGS))
    assert rows.values.tolist() == RATINGS["rating"]


def test_what_was_exported_can_be_read(tmp_path: Path, sample: Recommender) -> None:
    sample.export(tmp_path / "n.parquet", 2)
    with pytest.raises(DataError, match="does not have the columns of ratings; its columns are"):
        read_dataset(tmp_path / "n.parquet", pa.table(MOVIES))


@pytest.mark.parametrize("change", ["cut", "middle", "magic alone"])
def test_broken_files_are_named(tmp_path: Path, write: Any, change: str) -> None:
    path = write(tmp_path / "ratings", RATINGS)
    whole = path.read_bytes()
    broken = {
        "cut": whole[: len(whole) // 2],
        "middle": whole[:20] + bytes(len(whole) - 40) + whole[-20:],
        "magic alone": whole[:6],
    }
    path.write_bytes(broken[change])
    with pytest.raises(DataError) as caught:
        read_dataset(path, pa.table(MOVIES))
    assert str(path) in str(caught.value)


def test_columns_of_one_name_are_refused(tmp_path: Path, write: Any) -> None:
    names = ["userId", "movieId", "rating", "rating"]
    table = pa.Table.from_arrays([pa.array([1, 2])] * 4, names=names)
    with pytest.raises(DataError, match=r"two columns of .* have the same name"):
        read_dataset(write(tmp_path / "r", table), pa.table(MOVIES))


def test_more_rows_than_can_be_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("movierec.data.formats.columnar._ALWAYS_READ", 10)
    monkeypatch.setattr("movierec.data.formats.columnar._MOST_TIMES", 10)
    n_rows = 1_000_000
    table = pa.table({name: np.ones(n_rows, np.int8) for name in ("userId", "movieId", "rating")})
    pq.write_table(table, tmp_path / "r.parquet", row_group_size=n_rows)
    assert (tmp_path / "r.parquet").stat().st_size * 10 < n_rows
    with pytest.raises(DataError, match="says that it has 1,000,000 rows"):
        read_dataset(tmp_path / "r.parquet", pa.table(MOVIES))


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "r", RATINGS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="reading Parquet and Arrow needs pyarrow") as caught:
        read_dataset(path, pd.DataFrame(MOVIES))
    assert "extra parquet" in str(caught.value.hint)


def test_progress_ends_at_one(tmp_path: Path) -> None:
    folder = in_parts(tmp_path / "r", "part-{}.parquet")
    seen: list[float] = []
    read_dataset(folder, pa.table(MOVIES), progress=lambda _, done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
