"""Queries to databases: PostgreSQL, Redshift, SQLite, DuckDB, and what else SQLAlchemy knows.

Nothing here is imported for a path, and each library only for its kind of address. A query is the
text of the user and nothing else. It can only read: by a read-only transaction, or by what else
the database has for that. What fails, fails as a :class:`~movierec.store.filesystems.RemoteError`.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from movierec._util import without_secrets
from movierec.errors import UsageError
from movierec.store.database_errors import ADDRESS, QUERY, in_words, needed, not_a_query
from movierec.store.database_rows import BATCH, fetched, plain_batches, row_batches
from movierec.store.failures import RemoteError
from movierec.store.waiting import FIRST_ANSWER, within

if TYPE_CHECKING:
    import pyarrow as pa

_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
# How dialects of SQLAlchemy begin to only read. Others roll back what a query writes.
_READ_ONLY = {
    "postgresql": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "COMMIT"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "COMMIT"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "COMMIT"),
    "oracle": ("SET TRANSACTION READ ONLY",),
}


def query_batches(address: str, query: str) -> Iterator[pa.RecordBatch]:
    """Ask a database, and yield the rows of its answer.

    Parameters
    ----------
    address : str
        Such as ``postgresql://host/database``.
    query : str
        One statement that reads.

    Yields
    ------
    pyarrow.RecordBatch
        At least one, if only for the names of the columns.

    Raises
    ------
    RemoteError
        If the database cannot be reached, or refuses the query.
    UsageError
        If a library that the address needs is not installed.
    """
    read = _READERS.get(scheme_of(address), _read_by_sqlalchemy)
    with needed(address, "pip install pyarrow, which is in the extra sql"):
        import pyarrow  # noqa: F401
    with in_words(address, QUERY):
        yield from read(address, query.rstrip("; \t\r\n"))


def scheme_of(address: str) -> str:
    """Return what stands before ``://``, or nothing."""
    scheme, separator, _ = address.partition("://")
    return scheme if separator else ""


# -- the databases --------------------------------------------------------------------------------


@contextmanager
def connected_postgresql(address: str) -> Iterator[Any]:
    """Open a connection of ADBC with a transaction, which is rolled back if nobody commits it."""
    with needed(address, "pip install adbc-driver-postgresql, which is in the extra sql"):
        from adbc_driver_postgresql import dbapi
    with in_words(address, ADDRESS):
        connection = dbapi.connect(_with_patience(address), autocommit=False)
    with connection:
        yield connection


def _with_patience(address: str) -> str:
    """Return an address of PostgreSQL that says how long to wait for the server."""
    if "connect_timeout" in address or "PGCONNECT_TIMEOUT" in os.environ:
        return address
    return f"{address}{'&' if '?' in address else '?'}connect_timeout={FIRST_ANSWER}"


def _read_postgresql(address: str, query: str) -> Iterator[pa.RecordBatch]:
    with connected_postgresql(address) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        # The driver puts it into parentheses, which a comment at its end must not hide.
        cursor.execute(f"{query}\n")
        with cursor.fetch_record_batch() as reader:
            yield from plain_batches(reader)


@contextmanager
def connected_duckdb(address: str, *, read_only: bool) -> Iterator[Any]:
    """Open a file of DuckDB."""
    with needed(address, "pip install duckdb, which is in the extra sql"):
        import duckdb
    with in_words(address, ADDRESS):
        connection = duckdb.connect(path_in(address), read_only=read_only)
    with closing(connection):
        yield connection


def _read_duckdb(address: str, query: str) -> Iterator[pa.RecordBatch]:
    _existing_file(address)
    with connected_duckdb(address, read_only=True) as connection:
        kinds = [statement.type.name for statement in connection.extract_statements(query)]
        if kinds != ["SELECT"]:  # a COPY would write a file
            raise not_a_query()
        yield from plain_batches(connection.sql(query).to_arrow_reader(BATCH))


def _read_sqlite(address: str, query: str) -> Iterator[pa.RecordBatch]:
    # Not by ADBC, which takes the types of columns from the first rows, and fails at a rating of
    # 3.5 if those were whole.
    path = _existing_file(address).absolute()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )
        yield from fetched(connection.execute(query))


def _read_redshift(address: str, query: str) -> Iterator[pa.RecordBatch]:
    with needed(address, "pip install redshift-connector, which is in the extra redshift"):
        from redshift_connector import connect
    with in_words(address, ADDRESS):
        arguments = _redshift_arguments(address)
        connection = within(FIRST_ANSWER, lambda: connect(**arguments))
    with closing(connection):
        connection.autocommit = True  # else it begins a transaction that can write
        cursor = connection.cursor()
        cursor.execute("BEGIN READ ONLY")
        cursor.execute(query)
        yield from fetched(cursor)


def _redshift_arguments(address: str) -> dict[str, Any]:
    """Return what an address names, such as ``?iam=true``, completed by variables of libpq."""
    parts = urlsplit(address)
    given = {
        "host": parts.hostname,
        "port": parts.port,
        "database": unquote(parts.path.strip("/")),
        "user": unquote(parts.username or "") or os.environ.get("PGUSER"),
        "password": unquote(parts.password or "") or os.environ.get("PGPASSWORD"),
        **{name: _value(text) for name, text in parse_qsl(parts.query)},
    }
    return {name: value for name, value in given.items() if value not in (None, "")}


def _value(text: str) -> Any:
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return int(text) if text.isascii() and text.isdigit() else text


def _read_by_sqlalchemy(address: str, query: str) -> Iterator[pa.RecordBatch]:
    engine = _engine(address)
    logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)  # its errors are raised
    with in_words(address, ADDRESS):
        connection = within(FIRST_ANSWER, engine.connect)
    with connection:
        for statement in _READ_ONLY.get(engine.dialect.name, ()):
            connection.exec_driver_sql(statement)
        streaming = connection.execution_options(stream_results=True, no_parameters=True)
        result = streaming.exec_driver_sql(query)
        if not result.returns_rows:
            raise not_a_query()
        # Not from its cursor, of which it has already fetched the first rows.
        yield from row_batches(result.keys(), result.partitions(BATCH))


def _engine(address: str) -> Any:
    name = without_secrets(address)
    with needed(address, "pip install sqlalchemy, and the driver of the database"):
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    try:
        with needed(address, "install this driver, or name another: docs/storage.md"):
            return sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    except NoSuchModuleError as error:
        problem = f"{name}: SQLAlchemy knows no database {scheme_of(address)}://"
        raise UsageError(problem, ADDRESS) from error
    except (ArgumentError, ValueError) as error:
        raise UsageError(f"{name} is not the address of a database", ADDRESS) from error


_READERS: dict[str, Callable[[str, str], Iterator[Any]]] = {
    "postgresql": _read_postgresql,
    "postgres": _read_postgresql,
    "sqlite": _read_sqlite,
    "duckdb": _read_duckdb,
    "redshift": _read_redshift,
}
# What movierec says that it reads; with a query, any other scheme is left to SQLAlchemy.
SCHEMES = (*_READERS, "mysql", "mariadb", "oracle", "mssql")


def path_in(address: str) -> str:
    """Return the path in an address, which is relative in ``sqlite:///folder/file.db``.

    Raises
    ------
    UsageError
        If there is none.
    """
    scheme = scheme_of(address)
    path = address.removeprefix(f"{scheme}:///")
    if path in (address, ""):
        how = f"write it as {scheme}:///FILE, or {scheme}:////FOLDER/FILE"
        raise UsageError(f"{address} names no file", how)
    return path


def _existing_file(address: str) -> Path:
    path = Path(path_in(address))
    if not path.is_file():
        raise RemoteError("there is no such file", ADDRESS, is_missing=True)
    return path
