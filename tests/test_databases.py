"""Databases without a server: files of SQLite and DuckDB, and what is said of addresses."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import Recommender
from movierec.data.dataset import read_dataset
from movierec.data.sources.sql import with_queries
from movierec.errors import DataError, MovierecError, OutputError, UsageError
from tests.conftest import Run
from tests.test_imports import COMMAND, modules_after

SCHEMA = (
    "create table ratings (user_id integer, movie_id integer, rating numeric, rated integer)",
    "create table movies (id integer, title text, genres text)",
    "insert into movies values (10, 'Heat (1995)', 'Crime|Drama'), (20, 'Alien', null)",
    "insert into ratings values (1, 10, 4, 3), (1, 20, 3.5, 4), (2, 10, 5, 1)",
)
QUERY = "select user_id, movie_id, rating, rated as timestamp from ratings"
MOVIES = "select id, title, genres from movies"
QUERIES = ("--query", QUERY, "--movies-query", MOVIES)
Make = Callable[..., str]


def make_sqlite(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def make_duckdb(path: Path, *statements: str) -> None:
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)


MAKERS: dict[str, Callable[..., None]] = {"sqlite": make_sqlite, "duckdb": make_duckdb}


@pytest.fixture(params=MAKERS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a file with both tables."""
    path = tmp_path / f"some.{request.param}"
    MAKERS[request.param](path, *SCHEMA)
    return f"{request.param}:///{path.as_posix()}"


def make(address: str, *statements: str) -> None:
    """Execute statements in the file at an address."""
    scheme, _, path = address.partition(":///")
    MAKERS[scheme](Path(path), *statements)


def read(address: str, query: str = QUERY, movies: str = MOVIES, **options: Any) -> Any:
    dataset = read_dataset(*with_queries(address, None, query, movies), **options)
    times = dataset.ratings.read_timestamps
    columns = (dataset.ratings.users, dataset.ratings.items, dataset.ratings.values)
    return [*(each.tolist() for each in columns), times and times().tolist(), dataset.movies]


def test_a_model_is_that_of_files(address: str, movierec: Run, tmp_path: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\n1,10,4,3\n1,20,3.5,4\n2,10,5,1\n"
    movies = "movieId,title,genres\n10,Heat (1995),Crime|Drama\n20,Alien,\n"
    (tmp_path / "ratings.csv").write_text(ratings, encoding="utf-8")
    (tmp_path / "movies.csv").write_text(movies, encoding="utf-8")
    expected = Recommender.fit(tmp_path / "ratings.csv", tmp_path / "movies.csv")
    run = movierec("fit", address, *QUERIES, "--model", "there.model")
    assert run.returncode == 0, run.stderr
    found = Recommender.load(tmp_path / "there.model")
    assert found.card["fingerprint"] == expected.card["fingerprint"]
    pd.testing.assert_frame_equal(found.neighbors_frame(), expected.neighbors_frame())
    assert found.card["files"]["movies"] == f"movies query at {Path(address).name}"
    assert "select" not in str(found.card)


def test_python_takes_queries_too(address: str, tmp_path: Path) -> None:
    whole = Recommender.fit(address, query=QUERY, movies_query=MOVIES)
    assert whole.similar("Heat (1995)")[0].title == "Alien"
    films = pd.DataFrame({"movieId": [10, 20], "title": ["Heat (1995)", "Alien"]})
    mixed = Recommender.fit(address, films, query=QUERY)
    assert mixed.card["n_ratings"] == whole.card["n_ratings"] == 3
    stars = pd.DataFrame({"userId": [1, 2], "movieId": [10, 10], "rating": [4.0, 5.0]})
    assert Recommender.fit(stars, address, movies_query=MOVIES).card["n_ratings"] == 2


def test_columns_are_named(address: str) -> None:
    query = "select user_id as reader, movie_id as film, rating as given from ratings"
    with pytest.raises(DataError, match="its columns are: reader, film, given"):
        read(address, query)
    columns = {"user": "reader", "item": "film", "rating": "given"}
    assert read(address, query, columns=columns)[:3] == read(address)[:3]


def test_a_query_is_left_as_it_is(address: str) -> None:
    query = f"{QUERY} where '50% :x ? $1' <> '%s' -- and no more;"
    assert read(address, query) == read(address)
    assert read(address, f"{QUERY} ;\n; ") == read(address)


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)


@settings(max_examples=50)
@given(rows=st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=6))
def test_values_obey_the_rules_of_data_frames(
    rows: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite holds values of any type in any column; so does a frame of objects."""
    path = tmp_path_factory.mktemp("values") / "some.db"
    connection = sqlite3.connect(path)
    connection.execute("create table ratings (user_id, movie_id, rating, rated)")
    connection.executemany("insert into ratings values (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    make_sqlite(path, *(each for each in SCHEMA if "movies" in each))
    columns = ["user_id", "movie_id", "rating", "timestamp"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    movies = pd.DataFrame({"id": [10], "title": ["Heat"]})
    outcomes = []
    for places in (with_queries(f"sqlite:///{path}", movies, QUERY, None), (frame, movies)):
        try:
            ratings = read_dataset(*places, on_error="skip").ratings
            times = ratings.read_timestamps
            assert times is not None
            outcomes.append(
                [each.tolist() for each in (ratings.users, ratings.items, ratings.values, times())]
            )
        except DataError as error:
            outcomes.append([str(error).partition(": ")[2]])
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("size", [1, 2])
def test_batches_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Not even if values of a later batch are of another type, or all missing."""
    make_sqlite(
        tmp_path / "odd.db",
        *SCHEMA,
        "insert into ratings values (3, 10, 2.5, null), (3, 20, 1, null), (4, 10, 2, 7)",
    )
    address = f"sqlite:///{tmp_path / 'odd.db'}"
    whole = read(address)
    monkeypatch.setattr("movierec.store.database_rows.BATCH", size)
    assert read(address) == whole
    text = f"{QUERY} union all select 'x7', 10, 3, 'never'"
    assert read(address, text)[0][-1] == b"x7"
    assert len(read(address, text)[3]) == 7


def test_exact_and_odd_types_of_duckdb(tmp_path: Path) -> None:
    make_duckdb(tmp_path / "odd.duckdb", *SCHEMA)
    address = f"duckdb:///{tmp_path / 'odd.duckdb'}"
    query = (
        "select user_id::hugeint as user_id, movie_id::utinyint as movie_id, "
        "rating::decimal(4, 2) as rating, to_timestamp(rated) as timestamp from ratings"
    )
    movies = "select id::hugeint as id, title, string_split(genres, '|') as genres from movies"
    assert read(address, query, movies) == read(address)
    dates = query.replace("to_timestamp(rated)", "to_timestamp(rated)::date")
    assert read(address, dates)[3] == [0, 0, 0]
    uuids = query.replace("user_id::hugeint", "'12345678-1234-1234-1234-123456789abc'::uuid")
    assert read(address, uuids)[0][0] == b"12345678-1234-1234-1234-123456789abc"
    kinds = query.replace("user_id::hugeint", "user_id::varchar::enum('1', '2')")
    assert read(address, kinds)[:3] == read(address)[:3]


def test_missing_values_are_bad_rows(address: str) -> None:
    make(address, "insert into ratings values (null, 10, 3, 1)")
    with pytest.raises(DataError, match="row 3: no usable user or movie id") as raised:
        read(address)
    assert "--on-error skip" in str(raised.value.cli_hint)
    assert len(read(address, on_error="skip")[0]) == 3


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "delete from ratings",
        "drop table ratings",
        "insert into ratings values (9, 10, 1, 1)",
        "update ratings set rating = 1 returning user_id, movie_id, rating",
        "select 1; delete from ratings",
        "attach '{new}' as other",
        "copy ratings to '{new}'",
        "vacuum into '{new}'",
        "begin",
        "pragma user_version = 7",
        "commit",
    ],
)
def test_a_query_cannot_write(address: str, query: str, tmp_path: Path) -> None:
    before = read(address)
    with pytest.raises(DataError, match="ratings query at "):
        read(address, query.format(new=(tmp_path / "new").as_posix()))
    assert read(address) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from nothing", "nothing"),
        ("select nothing from ratings", "nothing"),
        ("selec 1", 'near "selec"'),
        (f"{QUERY} where 1 = 0", "holds no ratings"),
        ("select 1 as user_id, 2 as user_id", "two columns"),
    ],
)
def test_what_a_database_says_is_one_line(
    address: str, movierec: Run, tmp_path: Path, query: str, message: str
) -> None:
    options = ("--query", query, "--movies-query", MOVIES, "-m", "none.model")
    run = movierec("fit", address, *options)
    assert run.returncode == 3
    _, error, hint = run.stderr.splitlines()
    assert f"ratings query at {address}" in error
    assert message in error
    assert hint.startswith("hint: ")
    assert not (tmp_path / "none.model").exists()


@pytest.mark.parametrize("scheme", MAKERS)
def test_files_that_are_none(scheme: str, tmp_path: Path) -> None:
    missing, other = tmp_path / "missing", tmp_path / "other"
    with pytest.raises(DataError, match="there is no such file"):
        read(f"{scheme}:///{missing}")
    assert not missing.exists()
    other.write_text("no database at all" * 1000, encoding="utf-8")
    with pytest.raises(DataError, match=r"ratings query at .* a (valid DuckDB )?database"):
        read(f"{scheme}:///{other}")
    with pytest.raises(UsageError, match="names no file"):
        read(f"{scheme}://host/name")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sqlite:///x",), "sqlite:///x is a database, which needs a query"),
        (("postgresql://me:SECRET@h/d",), "postgresql://h/d is a database, which needs a query"),
        (("mysql+pymysql://me:SECRET@h/d", "m.csv"), "cannot read from mysql+pymysql://"),
        (("sqlite:///x", "--query", QUERY), "ratings were queried without movies"),
        (("r.csv", "m.csv", "--query", QUERY), "query was given without a database"),
        (("--query", QUERY), "query was given without a database"),
        (("r.csv", "--movies-query", QUERY), "movies_query was given without a database"),
        (("sqlite:///x", "--query", " ; ", "--movies-query", "x"), "it must be a query in SQL"),
        (("foo://SECRET:x@h/d", *QUERIES), "SQLAlchemy knows no database foo://"),
        (("s3://bucket/key", *QUERIES), "SQLAlchemy knows no database s3://"),
        (("mysql+pymysql://me:SECRET@h/d", *QUERIES), "mysql+pymysql:// needs pymysql"),
    ],
)
def test_usage_errors(movierec: Run, arguments: tuple[str, ...], message: str) -> None:
    run = movierec("fit", *arguments, "-m", "none.model")
    assert run.returncode == 2
    _, error, hint = run.stderr.splitlines()
    assert message in error
    assert hint.startswith("hint: ")
    assert "SECRET" not in run.stderr


@pytest.mark.parametrize(
    ("scheme", "package", "extra"),
    [
        (
            "postgresql",
            "adbc_driver_postgresql",
            "adbc-driver-postgresql, which is in the extra sql",
        ),
        ("duckdb", "duckdb", "duckdb, which is in the extra sql"),
        ("redshift", "redshift_connector", "redshift-connector, which is in the extra redshift"),
        ("sqlite", "pyarrow", "pyarrow, which is in the extra sql"),
        ("mariadb", "sqlalchemy", "sqlalchemy, and the driver"),
        ("hbase", "happybase", "happybase pyarrow, which are in the extra hbase"),
    ],
)
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheme: str, package: str, extra: str
) -> None:
    (tmp_path / "x").touch()
    monkeypatch.setitem(sys.modules, package, None)
    is_file = scheme in ("sqlite", "duckdb")
    address = f"{scheme}:///{tmp_path}/x" if is_file else f"{scheme}://me:SECRET@127.0.0.1:1/x"
    queries = (None, None) if scheme == "hbase" else (QUERY, MOVIES)
    movies = address if scheme == "hbase" else None
    with pytest.raises(UsageError, match=f"{scheme}:// needs {package}") as raised:
        Recommender.fit(address, movies, query=queries[0], movies_query=queries[1])
    assert extra in str(raised.value.hint)
    assert "SECRET" not in str(raised.value)


def test_a_local_fit_imports_no_driver(tmp_path: Path) -> None:
    imported = modules_after(COMMAND, "fit", "-q", "-m", str(tmp_path / "x.model"))
    drivers = {"adbc_driver_manager", "duckdb", "redshift_connector", "sqlalchemy", "happybase"}
    assert "pandas" in imported
    assert not (drivers | {"thriftpy2", "pg8000"}) & imported


def test_temporary_files_are_removed(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    dataset = read_dataset(*with_queries(address, None, QUERY, MOVIES))
    assert dataset.ratings.read_timestamps is not None
    assert dataset.ratings.read_timestamps().tolist() == [3, 4, 1]
    del dataset
    assert list(folder.iterdir()) == []
    with pytest.raises(DataError):
        read(address, "select * from nothing")
    assert list(folder.iterdir()) == []


# -- tables that are written ----------------------------------------------------------------------


@pytest.mark.parametrize("scheme", MAKERS)
def test_neighbors_are_written_to_a_table(scheme: str, sample: Recommender, tmp_path: Path) -> None:
    address = f"{scheme}:///{tmp_path / 'new'}"
    rows = 'select "movieId", rank, "neighborId", similarity, support from {} order by 1, 2'

    def found(table: str) -> pd.DataFrame:
        if scheme == "sqlite":
            connection = sqlite3.connect(tmp_path / "new")
            frame = pd.read_sql(rows.format(table), connection)
            connection.close()
            return frame
        with duckdb.connect(tmp_path / "new") as database:
            return pd.DataFrame(database.sql(rows.format(table)).df())

    expected = sample.neighbors_frame(3).sort_values(["movieId", "rank"], ignore_index=True)
    assert sample.export(address, 3) == len(expected)
    pd.testing.assert_frame_equal(found("neighbors"), expected, check_dtype=False)
    with pytest.raises(OutputError, match="the table neighbors already exists at"):
        sample.export(address, 1)
    assert len(found("neighbors")) == len(expected)
    make(address, "create view best as select * from neighbors where rank = 1")
    assert sample.export(address, 2, overwrite=True) == len(found("neighbors"))
    assert len(found("best")) == len(np.unique(expected["movieId"]))
    sample.export(address, 1, table='main.odd "name"; drop table neighbors')
    assert len(found('"odd ""name""; drop table neighbors"')) == len(found("best"))


@pytest.mark.parametrize("scheme", MAKERS)
def test_a_table_stays_whole_if_its_rows_cannot_be_replaced(
    scheme: str, sample: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from movierec.answers import export

    address = f"{scheme}:///{tmp_path / 'some'}"
    count = "select count(*) as user_id, min(support) as movie_id from neighbors"
    movies = "select 1 as id, 'x' as title"
    sample.export(address, 2)
    make(address, "create table other (x integer)", "insert into other values (7)")
    with pytest.raises(OutputError, match="cannot write the table other"):
        sample.export(address, table="other", overwrite=True)
    before = read(address, count, movies)

    first = sample.neighbors_frame(1)[:5]

    def broken(*_: Any) -> Any:
        yield first
        raise OSError("the disk is full")

    monkeypatch.setattr(export, "frames", broken)
    with pytest.raises(MovierecError, match="the disk is full"):
        sample.export(address, overwrite=True)
    assert read(address, count, movies) == before
    assert read(address, "select x as user_id, x as movie_id from other", movies)[0] == [7]


@pytest.mark.parametrize("scheme", MAKERS)
def test_nothing_is_left_of_a_new_file_that_could_not_be_written(
    scheme: str, sample: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from movierec.answers import export

    address = f"{scheme}:///{tmp_path / 'new'}"
    first = sample.neighbors_frame(1)[:5]
    with pytest.raises(OutputError, match=r"cannot write the table nowhere\.x"):
        sample.export(address, table="nowhere.x")
    assert list(tmp_path.iterdir()) == []

    def broken(*_: Any) -> Any:
        yield first
        raise OSError("the disk is full")

    monkeypatch.setattr(export, "frames", broken)
    with pytest.raises(MovierecError, match="the disk is full"):
        sample.export(address)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new").touch()  # which somebody else made
    if scheme == "sqlite":
        with pytest.raises(MovierecError, match="the disk is full"):
            sample.export(address)
        assert (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["", ".", "a.b.c", "a\0b", "a.", "a\nb", 7])
def test_names_that_no_table_has(sample: Recommender, tmp_path: Path, name: Any) -> None:
    with pytest.raises(UsageError, match="table is "):
        sample.export(f"sqlite:///{tmp_path / 'some'}", table=name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_no_table(sample: Recommender, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a file"):
        sample.export(tmp_path / "x.csv", table="x")
    with pytest.raises(UsageError, match="k is 0"):
        sample.export(f"sqlite:///{tmp_path / 'some'}", 0)
    assert list(tmp_path.iterdir()) == []
