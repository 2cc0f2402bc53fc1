"""Reading ratings in tasks, by the rules and with the code by which one machine reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.data.formats.content import Content
from movierec.data.formats.layout import Layout
from movierec.data.formats.text import TextTable
from movierec.data.ratings import rating_rows
from movierec.data.report import RowReport, Unit
from movierec.errors import UsageError
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from movierec.data.interactions import RatingRows
    from movierec.data.table import Table

ROWS = 200_000  # that a task reads at once
SCHEMA = (
    "user_number long, user_text string, item int, value float, time double, place long, "
    "left_out string"
)
UNKNOWN, BAD = -1, -2  # the "items" of rows that say how many were left out, and why


@dataclass(frozen=True)
class Rows:
    """Where ratings are, as a data frame of Spark.

    Attributes
    ----------
    frame : DataFrame
        Columns of a table, or a column ``value`` with the lines of a text file.
    table : Table
        What is known of it without its rows.
    """

    frame: Any
    table: Table

    def encoded(self, items: Vocabulary) -> Any:
        """Return the ratings as a data frame with the columns of `SCHEMA`.

        Parameters
        ----------
        items : Vocabulary
            Ratings of other items are counted.
        """
        from pyspark.sql import functions

        shared = self.frame.sparkSession.sparkContext.broadcast(items.ids)
        numbered = self.frame.withColumn("_place", functions.monotonically_increasing_id())
        read = partial(_read, self._table_of(), self.table.unit, self.table.name)
        return numbered.mapInArrow(partial(_encode, read, shared), SCHEMA)

    def _table_of(self) -> Callable[[Any], Any]:
        if isinstance(self.table, TextTable):
            return partial(_text_table, replace(self.table.layout, has_header=False))
        return partial(_frame_table, self._named())

    def _named(self) -> dict[str, str]:
        return {name: self.table.header[place] for name, place in self.table.columns.items()}


def lines_of(session: Any, table: TextTable) -> Any:
    """Return the lines of a text file.

    Parameters
    ----------
    session : SparkSession
    table : TextTable

    Raises
    ------
    UsageError
        If Spark cannot read it: it is in a zip, at an address, or is standard input.
    """
    path = Path(table.content.name)
    if not path.is_file():
        raise UsageError(
            f"{table.content.name} is not a local file, which Spark needs",
            "unpack a zip, save standard input, or pass a data frame to movierec.spark.fit",
        )
    lines = session.read.text(path.absolute().as_uri())
    if not table.layout.has_header:
        return lines
    head = table.content.head().decode("utf-8-sig", "replace")
    header = next(line for line in head.splitlines() if line.strip())
    return lines.where(~lines["value"].isin(header, f"\ufeff{header}"))


def _text_table(layout: Layout, batch: Any) -> TextTable:
    """Return a batch of lines as a table."""
    content = "\n".join([*batch.column("value").to_pylist(), ""]).encode()
    table = TextTable(Content("the ratings", len(content), lambda: BytesIO(content)))
    vars(table)["layout"] = layout  # instead of recognizing it from these lines
    return table


def _frame_table(named: Mapping[str, str], batch: Any) -> Any:
    """Return a batch of columns as a table."""
    import pyarrow as pa

    from movierec.data.sources.frames import frame_table

    columns = {name: batch.column(name) for name in batch.schema.names if name != "_place"}
    return frame_table(pa.table(columns), "ratings", named)


class _Report(RowReport):
    """Counts bad rows; no task knows the number of a line in the whole file."""

    def __init__(self, name: str, unit: Unit) -> None:
        super().__init__(name, skip=True, unit=unit)

    def bad(self, number: int, problem: str) -> None:
        self.count += 1
        self.first = self.first or problem


def _read(
    table_of: Callable[[Any], Any], unit: Unit, name: str, batch: Any
) -> tuple[RatingRows, _Report]:
    report = _Report(name, unit)
    return rating_rows(table_of(batch), report), report


def _encode(read: Callable[[Any], Any], items: Any, batches: Iterator[Any]) -> Iterator[Any]:
    """Read batches, and convert the ids of items to indices."""
    vocabulary = Vocabulary(items.value)
    for batch in batches:
        if batch.num_rows:
            rows, report = read(batch)
            index = vocabulary.indices_of(rows.items)
            place = int(batch.column("_place")[0].as_py())
            yield _ratings(rows, index, place)
            if report.count:
                yield _left_out(BAD, report.count, place, str(report.first))
            if (index < 0).any():
                yield _left_out(UNKNOWN, int((index < 0).sum()), place, "")


def _ratings(rows: RatingRows, index: Any, place: int) -> Any:
    import pyarrow as pa

    kept = np.flatnonzero(index >= 0)
    users, times = rows.users[kept], np.zeros(len(kept))
    if rows.read_timestamps is not None and len(kept):
        times = rows.read_timestamps()[kept].astype(np.float64)
    is_number = users.dtype.kind == "i"
    missing = pa.nulls(len(kept), pa.string() if is_number else pa.int64())
    numbers = pa.array(users.astype(np.int64)) if is_number else missing
    texts = missing if is_number else pa.array(np.char.decode(users, "utf-8").tolist(), pa.string())
    columns = [numbers, texts, index[kept].astype(np.int32), rows.values[kept], times, kept + place]
    return pa.record_batch(
        [*map(pa.array, columns), pa.nulls(len(kept), pa.string())], names=_names()
    )


def _left_out(item: int, count: int, place: int, problem: str) -> Any:
    """Return a row that says how many rows were left out, in place of a value."""
    import pyarrow as pa

    row = [None, None, item, float(count), float(count), place, problem]
    types = (pa.int64(), pa.string(), pa.int32(), pa.float32(), pa.float64(), pa.int64())
    arrays = [
        pa.array([value], dtype) for value, dtype in zip(row, (*types, pa.string()), strict=True)
    ]
    return pa.record_batch(arrays, names=_names())


def _names() -> list[str]:
    return [column.split()[0] for column in SCHEMA.split(", ")]
