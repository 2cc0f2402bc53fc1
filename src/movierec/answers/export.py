"""Write the neighbors of every movie to a file, a block of movies at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec import _checks
from movierec._util import csv_cell
from movierec.errors import OutputError, UsageError
from movierec.model.model import Model
from movierec.store.database_tables import NewTable, is_database, write_table
from movierec.store.stores import exists, replacing_file

if TYPE_CHECKING:
    import pandas as pd

_BLOCK = 2000  # movies
TABLE = "neighbors"
_DATABASE = "name a database, such as postgresql://HOST/DATABASE or sqlite:///FILE"


def frames(model: Model, k: int | None = None, *, safe_csv: bool = False) -> Iterator[pd.DataFrame]:
    """Yield the neighbors of all movies, a block of movies at a time.

    Parameters
    ----------
    model : Model
    k : int, optional
        Number of neighbors for each movie. Default: all that are stored.
    safe_csv : bool
        Whether ids that a spreadsheet takes for formulas get an apostrophe before them.

    Raises
    ------
    UsageError
        If `k` is below 1 or above the number stored.
    """
    table = {name: np.asarray(array) for name, array in model.neighbors.to_arrays().items()}
    stored = table["neighbors"].shape[1]
    if k is not None and not 1 <= _checks.whole_number("k", k) <= model.parameters.n_neighbors:
        raise UsageError(
            f"k is {_checks.shown(k)}; "
            f"the model has {model.parameters.n_neighbors} neighbors for each movie",
            "fit again with a higher --n-neighbors",
        )
    ids = np.asarray(model.catalog.item_ids)
    ids = np.char.decode(ids, "utf-8") if ids.dtype.kind == "S" else ids
    if safe_csv and ids.dtype.kind == "U":
        ids = np.array([csv_cell(text, safe=True) for text in ids])
    blocks = range(0, max(len(ids), 1), _BLOCK)
    found = (_frame(table, ids, start, min(k or stored, stored)) for start in blocks)
    return map(_without_hidden, found) if model.parameters.min_raters else found


def _without_hidden(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which a support that is too low to be known is missing."""
    support = frame["support"].astype("Int32")
    return frame.assign(support=support.mask(support == 0))


def _frame(
    table: dict[str, npt.NDArray[Any]], ids: npt.NDArray[Any], start: int, k: int
) -> pd.DataFrame:
    import pandas as pd

    block = {name: array[start : start + _BLOCK, :k] for name, array in table.items()}
    movies, ranks = np.nonzero(block["neighbors"] >= 0)
    return pd.DataFrame(
        {
            "movieId": ids[start + movies],
            "rank": ranks + 1,
            "neighborId": ids[block["neighbors"][movies, ranks]],
            "similarity": block["similarities"][movies, ranks].astype(np.float64).round(6),
            "support": block["support"][movies, ranks],
        }
    )


def export(
    model: Model,
    path: str | os.PathLike[str],
    k: int | None,
    *,
    table: str | None = None,
    overwrite: bool,
    safe_csv: bool = False,
) -> int:
    """Write the neighbors of all movies; see :meth:`movierec.Recommender.export`.

    Parameters
    ----------
    model : Model
    path, k, table, overwrite, safe_csv
        As in that method.

    Raises
    ------
    UsageError
        If the extension of `path` is unknown, or `k` is out of range.
    OutputError
        If the file or table already exists or cannot be written.
    """
    target = _checks.path_of("path", path)
    _checks.truth("overwrite", overwrite)
    _checks.truth("safe_csv", safe_csv)
    if is_database(target):
        return _export_table(model, target, k, TABLE if table is None else table, overwrite)
    if table is not None:
        raise UsageError(f"{target} is a file, and only a database has tables", _DATABASE)
    ending = PurePath(target).suffix
    write = _WRITERS.get(ending.casefold())
    if write is None:
        raise UsageError(
            f'{target}: movierec cannot write files with the extension "{ending}"',
            f"use one of {', '.join(_WRITERS)}; models are written by export --without-ratings",
        )
    if exists(target) and not overwrite:
        raise OutputError(f"{target} already exists", "name another file, or add --overwrite")
    counts: list[int] = []
    blocks = _counting(frames(model, k, safe_csv=safe_csv and write is _write_csv), counts)
    with replacing_file(target) as file:
        write(blocks, Path(file.name))
    return sum(counts)


def _counting(blocks: Iterable[pd.DataFrame], counts: list[int]) -> Iterator[pd.DataFrame]:
    for frame in blocks:
        counts.append(len(frame))
        yield frame


def _export_table(model: Model, address: str, k: int | None, name: str, overwrite: bool) -> int:
    parts = _checks.text("table", name).split(".")
    if not all(parts) or len(parts) > 2 or not name.isprintable():
        raise _checks.refusal("table", name, "the name of a table, or SCHEMA.TABLE")
    counts: list[int] = []
    blocks = _counting(frames(model, k), counts)
    id_type = "BIGINT" if np.asarray(model.catalog.item_ids).dtype.kind == "i" else "TEXT"
    columns = {
        "movieId": id_type,
        "rank": "INTEGER",
        "neighborId": id_type,
        "similarity": "DOUBLE PRECISION",
        "support": "INTEGER",
    }
    write_table(address, NewTable(name, columns, blocks, overwrite))
    return sum(counts)


def _write_csv(blocks: Iterable[pd.DataFrame], path: Path) -> None:
    for number, frame in enumerate(blocks):
        frame.to_csv(path, mode="a", header=number == 0, index=False, lineterminator="\n")


def _write_json_lines(blocks: Iterable[pd.DataFrame], path: Path) -> None:
    for frame in blocks:
        frame.to_json(path, mode="a", orient="records", lines=True, double_precision=6)


def _write_parquet(blocks: Iterable[pd.DataFrame], path: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UsageError("writing Parquet needs pyarrow", "pip install pyarrow") from error
    writer = None
    for frame in blocks:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _write_sqlite(blocks: Iterable[pd.DataFrame], path: Path) -> None:
    # The file is ours alone, and some systems would count its lock against SQLite.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?nolock=1", uri=True)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # a failed file is deleted anyway
        for frame in blocks:
            frame.to_sql("neighbors", connection, if_exists="append", index=False)
        connection.execute("CREATE INDEX neighbors_by_movie ON neighbors (movieId, rank)")
        connection.commit()
    except sqlite3.Error as error:
        raise OutputError(f"cannot write the database: {error}", "is the disk full?") from error
    finally:
        connection.close()


_WRITERS: dict[str, Callable[[Iterable[pd.DataFrame], Path], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_json_lines,
    ".parquet": _write_parquet,
    ".sqlite": _write_sqlite,
    ".db": _write_sqlite,
}
