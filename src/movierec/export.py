"""Writing every film's neighbours to a file, a block of films at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from movierec.artifact.atomic import replacing
from movierec.errors import OutputError, UsageError
from movierec.model import Model

_FILMS = 2000  # in a block


def frames(model: Model, k: int | None = None) -> Iterator[pd.DataFrame]:
    """Yield the neighbours of all films, a block of films at a time.

    Raises
    ------
    UsageError
        If `k` is below 1 or above what is stored.
    """
    table = {
        name: np.asarray(model.arrays[name]) for name in ("neighbors", "similarities", "support")
    }
    stored = table["neighbors"].shape[1]
    if k is not None and not 1 <= k <= model.parameters.n_neighbors:
        raise UsageError(
            f"k is {k}; the model holds {model.parameters.n_neighbors} neighbours of each film",
            "fit again with more --n-neighbors",
        )
    ids = np.asarray(model.arrays["item_ids"])
    ids = np.char.decode(ids, "utf-8") if ids.dtype.kind == "S" else ids
    blocks = range(0, max(len(ids), 1), _FILMS)
    return (_frame(table, ids, start, min(k or stored, stored)) for start in blocks)


def _frame(
    table: dict[str, npt.NDArray[Any]], ids: npt.NDArray[Any], start: int, k: int
) -> pd.DataFrame:
    block = {name: array[start : start + _FILMS, :k] for name, array in table.items()}
    films, ranks = np.nonzero(block["neighbors"] >= 0)
    return pd.DataFrame(
        {
            "movieId": ids[start + films],
            "rank": ranks + 1,
            "neighborId": ids[block["neighbors"][films, ranks]],
            "similarity": block["similarities"][films, ranks].astype(np.float64).round(6),
            "support": block["support"][films, ranks],
        }
    )


def export(model: Model, path: str | os.PathLike[str], k: int | None, *, overwrite: bool) -> int:
    """Write the neighbours of all films; see :meth:`movierec.Recommender.export`."""
    target = Path(path)
    write = _WRITERS.get(target.suffix.casefold())
    if write is None:
        raise UsageError(
            f"{target}: its ending says no format that movierec writes",
            f"end its name with one of {', '.join(_WRITERS)}",
        )
    if target.exists() and not target.is_file():
        raise OutputError(f"{target} is not a file", "name another one")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} is there already", "name another file, or add --overwrite")
    counts: list[int] = []

    def counting() -> Iterator[pd.DataFrame]:
        for frame in frames(model, k):
            counts.append(len(frame))
            yield frame

    blocks = counting()
    with replacing(target) as file:
        write(blocks, Path(file.name))
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
        raise UsageError(
            "writing Parquet needs pyarrow", "pip install 'movierec[parquet]'"
        ) from error
    writer = None
    for frame in blocks:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _write_sqlite(blocks: Iterable[pd.DataFrame], path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # a file that fails is thrown away whole
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
