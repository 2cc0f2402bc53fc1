"""Queries to PostgreSQL, also as Redshift and by SQLAlchemy, and tables written there."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from movierec import Recommender
from movierec.data.dataset import read_dataset
from movierec.data.sources.sql import with_queries
from movierec.errors import DataError, OutputError
from movierec.store.database_errors import in_words
from movierec.store.failures import RemoteError
from tests.remote.conftest import Ask
from tests.remote.databases import ESCAPED, PASSWORD, Database, PostgresServer
from tests.remote.servers import free_port
from tests.remote.test_errors import DOWN, assert_error
from tests.remote.test_stores import assert_same

# The clients that tests use in this process are not closed when a connection breaks.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
SCHEMES = ("postgresql", "redshift", "postgresql+pg8000")
QUERIES = ("--query", "select * from ratings", "--movies-query", "select * from movies")
CUT = 1 << 16  # bytes after which a connection is reset


@pytest.fixture(scope="module", params=SCHEMES)
def database(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[Database]:
    with postgres.reached_by(request.param) as found:
        yield found


@pytest.fixture(scope="module")
def ours(postgres: PostgresServer) -> Iterator[Database]:
    """PostgreSQL as itself."""
    with postgres.reached_by("postgresql") as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def small(postgres: PostgresServer) -> None:
    """Two tables of a few rows, and one that is long."""
    with postgres.reached_by("postgresql") as found:
        found.execute(
            "create table films (id int, name text, genre text[])",
            "insert into films values (10, 'Heat (1995)', '{Crime,Drama}'), (20, 'Alien', null)",
            "create table stars (who bigint, film int, given numeric(3, 1), at timestamptz, "
            "day date, epoch bigint, odd uuid default '12345678-1234-1234-1234-123456789abc')",
            "insert into stars values "
            "(1, 10, 4, '2020-01-01 02:00:00+02', '2020-01-01', 1577836800), "
            "(2, 10, 3.5, '2020-01-02 00:00:00+00', '2020-01-02', 1577923200), "
            "(2, 20, 5, null, null, null)",
            "create table long as select g % 1000 as user_id, g as movie_id, 4.0 as rating, "
            "repeat('x', 100) as more from generate_series(1, 20000) g",
        )


def dataset_of(address: str, query: str, movies: str, **options: Any) -> Any:
    return read_dataset(*with_queries(address, None, query, movies), **options)


FILMS = "select id as movie_id, name as title, array_to_string(genre, '|') as genres from films"


@pytest.mark.slow
def test_a_data_set_gives_the_model_of_its_files(
    database: Database,
    ours: Database,
    movierec_there: Ask,
    real_data: Path,
    local: Recommender,
    tmp_path: Path,
) -> None:
    folder = real_data / "ml-latest-small"
    for name in ("ratings", "movies"):
        frame = pd.read_csv(folder / f"{name}.csv")
        ours.put(name, pa.Table.from_pandas(frame, preserve_index=False))
    others = [flag for name in ("links", "tags") for flag in (f"--{name}", folder / f"{name}.csv")]
    fitted = movierec_there(
        "fit", database.address(), *QUERIES, *others, "-q", "--model", "there.model"
    )
    assert (fitted.returncode, fitted.stderr, fitted.stdout) == (0, "", "")
    found = Recommender.load(tmp_path / "there.model")
    assert_same(found, local)
    assert found.card["files"]["ratings"].startswith("ratings query at movies")
    card = json.dumps(found.card)
    assert not any(secret in card for secret in (PASSWORD, ESCAPED, "owner", "analyst"))


def test_columns_have_aliases_or_are_named(database: Database, movierec_there: Ask) -> None:
    queries = ("--query", "select who, film, given from stars", "--movies-query", FILMS)
    run = movierec_there("fit", database.address(), *queries, "--model", "named.model")
    assert run.returncode == 3
    assert "does not have the columns of ratings; its columns are: who, film, given" in run.stderr
    columns = "user=who,item=film,rating=given"
    run = movierec_there(
        "fit", database.address(), *queries, "--columns", columns, "--model", "named.model"
    )
    assert run.returncode == 0, run.stderr
    assert "3 ratings of 2 movies by 2 users" in run.stderr


@pytest.mark.parametrize("time_column", ["at", "day", "epoch"])
def test_values_are_those_of_a_data_frame(database: Database, time_column: str) -> None:
    query = f"select who as user_id, film as movie_id, given as rating, {time_column} as timestamp"
    found = dataset_of(database.address(), f"{query} from stars order by who, film", FILMS)
    times = pd.Series([pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02"), pd.NaT])
    frame = pd.DataFrame(
        {"user_id": [1, 2, 2], "movie_id": [10, 10, 20], "rating": [4, 3.5, 5], "timestamp": times}
    )
    films = pd.DataFrame(
        {"movie_id": [10, 20], "title": ["Heat (1995)", "Alien"], "genres": ["Crime|Drama", ""]}
    )
    expected = read_dataset(frame, films)
    for name in ("users", "items", "values"):
        ours, theirs = (getattr(each.ratings, name) for each in (found, expected))
        np.testing.assert_array_equal(ours, theirs)
    read = [each.ratings.read_timestamps for each in (found, expected)]
    assert read[0] is not None
    assert read[1] is not None
    np.testing.assert_array_equal(read[0](), read[1]())
    assert found.movies == expected.movies


def test_ids_can_be_text_and_rows_can_be_bad(database: Database) -> None:
    query = "select odd::text || who as user_id, film as movie_id, given as rating from stars"
    found = dataset_of(database.address(), query, FILMS)
    assert found.ratings.users[0] == b"12345678-1234-1234-1234-123456789abc1"
    uuids = "select odd as user_id, film as movie_id, given as rating from stars"
    assert dataset_of(database.address(), uuids, FILMS).ratings.users[0][:8] == b"12345678"
    missing = f"{query} union all select 'x', 10, null"
    with pytest.raises(DataError, match=r"row 3: the rating .* is not a finite number"):
        dataset_of(database.address(), missing, FILMS)
    found = dataset_of(database.address(), missing, FILMS, on_error="skip")
    assert len(found.ratings) == 3


def test_a_query_is_left_as_it_is(database: Database) -> None:
    """Signs by which drivers mark parameters are none, and a comment may end it."""
    query = (
        "select 1 as user_id, id as movie_id, 4 as rating, '50% :x $1 ? %s' as more from films"
        " where name like '%e%' and '{}'::text[] <> '{x}' -- all of them ; "
    )
    found = dataset_of(database.address(), query, f"{FILMS};\n")
    assert len(found.ratings) == 2


# -- errors ---------------------------------------------------------------------------------------


@pytest.fixture
def fit(database: Database, movierec_there: Ask, sample_model: Path, tmp_path: Path) -> Any:
    """Fit by a query that fails, and check that the old model is as it was."""
    kept = tmp_path / "kept.model"
    kept.write_bytes(sample_model.read_bytes())

    def fit(address: str, query: str = "select * from stars", **options: Any) -> Any:
        queries = ("--query", query, "--movies-query", FILMS)
        run = movierec_there("fit", address, *queries, "--model", "kept.model", **options)
        assert kept.read_bytes() == sample_model.read_bytes()
        assert [path.name for path in tmp_path.iterdir()] == ["kept.model"]
        assert not any(secret in run.stderr for secret in (PASSWORD, ESCAPED, "wr0ng", "owner@"))
        return run

    return fit


def test_somebody_who_is_not_let_in_is_told_so(fit: Any, database: Database) -> None:
    name = f"ratings query at {database.scheme}://127.0.0.1:{database.proxy.port}/movies"
    run = fit(database.address(password="wr0ng"))
    assert_error(run, 3, f"{name}", "set the user and the password")
    assert "access is refused: password authentication failed" in run.stderr
    assert_error(fit(database.address(user="stranger")), 3, "access is refused", "password")


def test_who_may_not_read_a_table_is_told_so(fit: Any, database: Database) -> None:
    database.execute(
        "create table secret (user_id int)",
        f"do $$begin if not exists (select from pg_roles where rolname = 'guest') then "
        f"create role guest login password '{PASSWORD}'; end if; end$$",
    )
    try:
        run = fit(database.address(user="guest"), "select * from secret")
        assert_error(run, 3, "access is refused: permission denied for table secret")
    finally:
        database.execute("drop table secret")


def test_no_server(fit: Any, database: Database) -> None:
    started = time.monotonic()
    run = fit(database.address(port=free_port()))
    assert time.monotonic() - started < 5 * DOWN
    assert_error(run, 3, "its server does not answer", "network")


def test_a_server_that_says_nothing(fit: Any, database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        run = fit(database.address(port=silent.getsockname()[1]))
    assert time.monotonic() - started < 5 * DOWN
    assert_error(run, 3, "its server does not answer", "network")


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        ("select * from nothing", 'relation "nothing" does not exist', "correct the query"),
        ("select nothing from stars", 'column "nothing" does not exist', "correct the query"),
        ("selec 1", 'syntax error at or near "selec"', "correct the query"),
        ("select 1/0 as user_id", "division by zero", "correct the query"),
        ("select 1 as user_id, 2 as user_id", "two columns", "rename one of them"),
        ("select 1 as user_id, 2 as movie_id, 3.0 as rating where 1 = 0", "holds no ratings", ""),
    ],
)
def test_what_a_server_says_of_a_query(
    fit: Any, database: Database, query: str, message: str, hint: str
) -> None:
    assert_error(fit(database.address(), query), 3, message, hint)


def test_an_unknown_database(fit: Any, database: Database) -> None:
    run = fit(database.address(database="nowhere"))
    assert_error(run, 3, 'database "nowhere" does not exist', "check the address")


@pytest.mark.parametrize(
    "query",
    [
        "delete from stars",
        "insert into stars values (1)",
        "drop table stars",
        "with gone as (delete from stars returning *) select * from gone",
        "select 1; commit; delete from stars",
        "commit",
        "select setval(pg_get_serial_sequence('counted', 'id'), 7) as user_id",
    ],
)
def test_a_query_cannot_write(fit: Any, database: Database, query: str) -> None:
    database.execute("create table if not exists counted (id serial)")
    before = database.execute("select count(*), max(film) from stars")
    run = fit(database.address(), query)
    assert run.returncode == 3
    assert run.stderr.count("\nerror: ") == 1
    assert database.execute("select count(*), max(film) from stars") == before
    assert database.execute("select last_value from counted_id_seq") == [(1,)]


@pytest.fixture
def cutting(database: Database) -> Iterator[Any]:
    yield database.proxy
    database.proxy.most_down = database.proxy.most_up = 1 << 60


@pytest.mark.parametrize("n_bytes", [CUT, 1 << 20])  # ADBC needs more than CUT to begin
def test_a_connection_that_breaks_while_rows_are_read(
    fit: Any, database: Database, cutting: Any, n_bytes: int
) -> None:
    cutting.most_down, before = n_bytes, cutting.n_cut
    run = fit(database.address(), "select * from long")
    assert cutting.n_cut > before
    assert_error(run, 3, "its server does not answer, or broke off", "network")


def test_a_message_that_ends_too_early() -> None:
    """The Redshift driver computes with what arrived, which depends on where a message is cut."""
    for n_bytes in range(6):
        with pytest.raises(RemoteError) as caught, in_words("redshift://host/movies", "hint"):
            struct.unpack_from("!hi", bytes(n_bytes))
        assert "its server does not answer, or broke off" in str(caught.value)


# -- credentials ----------------------------------------------------------------------------------


def test_a_password_comes_from_the_environment(database: Database, movierec_there: Ask) -> None:
    address = database.address(password=None)
    options = ("--columns", "user=who,item=film,rating=given", "-q", "-m", "x.model")
    queries = ("--query", "select * from stars", "--movies-query", FILMS)
    if database.scheme == "postgresql+pg8000":
        pytest.skip("its driver knows no variables")
    run = movierec_there("fit", address, *queries, *options, change={"PGPASSWORD": PASSWORD})
    assert (run.returncode, run.stderr) == (0, "")
    assert movierec_there("fit", address, *queries, *options).returncode == 3


def test_a_password_comes_from_a_file(ours: Database, movierec_there: Ask, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text(f"127.0.0.1:{ours.proxy.port}:*:owner:{PASSWORD}\n", encoding="utf-8")
    file.chmod(0o600)
    run = movierec_there(
        *("fit", ours.address(password=None), "-q", "-m", "x.model"),
        *("--query", "select * from stars", "--movies-query", FILMS),
        *("--columns", "user=who,item=film,rating=given"),
        change={"PGPASSFILE": str(file)},
    )
    assert (run.returncode, run.stderr) == (0, "")


# -- tables that are written ----------------------------------------------------------------------


def test_neighbors_are_written_to_a_table(
    ours: Database, movierec_there: Ask, sample_model: Path
) -> None:
    export = ("export", ours.address(), "-k", "3", "--model", sample_model)
    run = movierec_there(*export)
    assert run.returncode == 0, run.stderr
    expected = Recommender.load(sample_model).neighbors_frame(3)
    rows = 'select * from neighbors order by "movieId", rank'
    found = pd.DataFrame(ours.execute(rows), columns=expected.columns)
    expected = expected.sort_values(["movieId", "rank"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert f"-> postgresql://127.0.0.1:{ours.proxy.port}/movies" in run.stderr
    assert ESCAPED not in run.stderr

    assert_error(movierec_there(*export), 1, "the table neighbors already exists", "--overwrite")
    ours.execute("create view best as select * from neighbors where rank = 1")
    shorter = ("export", ours.address(), "-k", "1", "--model", sample_model, "--overwrite")
    assert movierec_there(*shorter).returncode == 0
    (count,) = ours.execute("select count(*) from best")
    assert count == (len(expected) // 3,)

    other = movierec_there(*export, "--table", 'public.Odd "name"')
    assert other.returncode == 0, other.stderr
    assert ours.execute('select count(*) from "Odd ""name"""') == [(len(expected),)]


def test_a_table_stays_whole_if_its_rows_cannot_be_replaced(
    ours: Database, sample: Recommender
) -> None:
    ours.execute('create table kept ("movieId" bigint)', "insert into kept values (7)")
    with pytest.raises(OutputError, match=r"cannot write the table kept at .*does not exist"):
        sample.export(ours.address(), table="kept", overwrite=True)
    assert ours.execute("select * from kept") == [(7,)]

    sample.export(ours.address(), k=1, table="cut")
    before = ours.execute("select count(*), sum(support) from cut")
    ours.proxy.most_up, n_cut = CUT, ours.proxy.n_cut
    try:
        with pytest.raises(OutputError, match="broke off"):
            sample.export(ours.address(), table="cut", overwrite=True)
        with pytest.raises(OutputError, match="broke off"):
            sample.export(ours.address(), table="new")
    finally:
        ours.proxy.most_up = 1 << 60
    assert ours.proxy.n_cut == n_cut + 2
    assert ours.execute("select count(*), sum(support) from cut") == before
    assert ours.execute("select to_regclass('new')") == [(None,)]


def test_who_may_not_write_is_told_so(
    ours: Database, movierec_there: Ask, sample_model: Path
) -> None:
    model = ("--model", sample_model)
    run = movierec_there("export", ours.address(password="wr0ng"), *model)
    assert_error(run, 1, "cannot write the table neighbors", "set the user and the password")
    run = movierec_there("export", ours.address(port=free_port()), *model)
    assert_error(run, 1, "its server does not answer", "network")
    run = movierec_there("export", ours.address(), "--table", "nowhere.x", *model)
    assert_error(run, 1, 'schema "nowhere" does not exist')
    for scheme in ("redshift", "mysql+pymysql"):
        run = movierec_there("export", f"{scheme}://me:secret@host/db", *model)
        assert_error(run, 2, f"{scheme}://host/db: movierec cannot write tables", ".parquet")
        assert "secret" not in run.stderr
