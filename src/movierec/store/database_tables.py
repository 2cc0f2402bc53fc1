"""Writing a table of a database, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec._util import without_secrets
from movierec.errors import OutputError, UsageError
from movierec.store.database_errors import in_words, needed
from movierec.store.databases import (
    SCHEMES,
    connected_duckdb,
    connected_postgresql,
    path_in,
    scheme_of,
)
from movierec.store.failures import RemoteError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_OTHERS = "export a .csv or .parquet file, and load it with the tools of the database"


def is_database(address: str) -> bool:
    """Tell whether an address is one of a database."""
    return scheme_of(address).partition("+")[0] in SCHEMES


@dataclass(frozen=True)
class NewTable:
    """A table to be written.

    Attributes
    ----------
    name : str
        Perhaps with its schema before it, as ``schema.name``.
    columns : mapping of str to str
        The types of the columns in SQL.
    frames : iterable of pandas.DataFrame
        Its rows.
    overwrite : bool
        Whether they replace the rows of a table that exists.
    """

    name: str
    columns: Mapping[str, str]
    frames: Iterable[pd.DataFrame]
    overwrite: bool

    @property
    def quoted(self) -> str:
        """The name in SQL."""
        return ".".join(map(_quoted, self.name.split(".")))

    def beginning(self) -> list[str]:
        """Return the statements that make it ready for its rows.

        A table that exists keeps its columns, indexes, views and grants.
        """
        columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in self.columns.items())
        if not self.overwrite:
            return [f"CREATE TABLE {self.quoted} ({columns})"]
        create = f"CREATE TABLE IF NOT EXISTS {self.quoted} ({columns})"
        return [create, f"DELETE FROM {self.quoted}"]

    def reader(self) -> pa.RecordBatchReader:
        """Return its rows in Arrow."""
        import pyarrow as pa

        types = {"BIGINT": pa.int64(), "INTEGER": pa.int32(), "TEXT": pa.string()}
        fields = [(name, types.get(kind, pa.float64())) for name, kind in self.columns.items()]
        schema = pa.schema(fields)
        batches = (
            batch
            for frame in self.frames
            for batch in pa.Table.from_pandas(frame, schema, preserve_index=False).to_batches()
        )
        return pa.RecordBatchReader.from_batches(schema, batches)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def write_table(address: str, table: NewTable) -> None:
    """Write a table, all of it or nothing.

    Parameters
    ----------
    address : str
    table : NewTable

    Raises
    ------
    OutputError
        If it cannot be written, or exists and is not to be overwritten; it is then as it was.
    UsageError
        If movierec does not write to this kind of database, or a library is not installed.
    """
    name = without_secrets(address)
    write = _WRITERS.get(scheme_of(address))
    if write is None:
        raise UsageError(f"{name}: movierec cannot write tables of this database", _OTHERS)
    try:
        with in_words(address, "see docs/storage.md"):
            write(address, table)
    except RemoteError as error:
        if "already exists" in error.reason and not table.overwrite:
            problem = f"the table {table.name} already exists at {name}"
            raise OutputError(problem, "name another with --table, or add --overwrite") from error
        problem = f"cannot write the table {table.name} at {name}: {error.reason}"
        raise OutputError(problem, error.hint) from error


def _write_postgresql(address: str, table: NewTable) -> None:
    schema, _, name = table.name.rpartition(".")
    with connected_postgresql(address) as connection, connection.cursor() as cursor:
        for statement in table.beginning():
            cursor.execute(statement)
        cursor.adbc_ingest(name, table.reader(), mode="append", db_schema_name=schema or None)
        connection.commit()


def _write_duckdb(address: str, table: NewTable) -> None:
    with (
        needed(address, "pip install pyarrow, which is in the extra sql"),
        _whole_or_none(address) as made,
        connected_duckdb(address, read_only=False) as connection,
    ):
        made()
        connection.execute("BEGIN")
        for statement in table.beginning():
            connection.execute(statement)
        connection.register("movierec_rows", table.reader())
        connection.execute(f"INSERT INTO {table.quoted} BY NAME SELECT * FROM movierec_rows")
        connection.execute("COMMIT")


def _write_sqlite(address: str, table: NewTable) -> None:
    names = ", ".join(map(_quoted, table.columns))
    places = ", ".join("?" for _ in table.columns)
    with (
        _whole_or_none(address) as made,
        closing(sqlite3.connect(path_in(address), isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        made()
        for statement in table.beginning():
            connection.execute(statement)
        insert = f"INSERT INTO {table.quoted} ({names}) VALUES ({places})"
        connection.executemany(insert, _rows(table.frames))
        connection.execute("COMMIT")


@contextmanager
def _whole_or_none(address: str) -> Iterator[Callable[[], None]]:
    """Remove the file of a database that is new, if nothing could be written to it.

    Yields
    ------
    callable
        To be called once nobody else can write to the file.
    """
    path = Path(path_in(address))
    is_new, made = not path.exists(), list[bool]()
    try:
        yield lambda: made.append(is_new)
    except BaseException:
        if any(made):
            for name in (path.name, f"{path.name}.wal"):
                path.with_name(name).unlink(missing_ok=True)
        raise


def _rows(frames: Iterable[pd.DataFrame]) -> Iterator[tuple[Any, ...]]:
    for frame in frames:
        yield from zip(*(frame[name].tolist() for name in frame.columns), strict=True)


_WRITERS: dict[str, Callable[[str, NewTable], None]] = {
    "postgresql": _write_postgresql,
    "postgres": _write_postgresql,
    "duckdb": _write_duckdb,
    "sqlite": _write_sqlite,
}
