"""Reading ratings in tasks, by the rules and with the code by which one machine reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from movierec.data.formats.content import Content
from movierec.data.formats.layout import Layout
from movierec.data.formats.text import TextTable
from movierec.data.ratings import rating_rows
from movierec.data.report import RowReport, Unit
from movierec.data.times import is_known
from movierec.training.spark.pieces import Piece, contents_of, names_of, text_table
from movierec.training.spark.session import with_hints
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from movierec.data.interactions import RatingRows
    from movierec.data.table import Table

ROWS = 200_000  # that a task reads at once
SCHEMA = (
    "user_number long, user_text string, item int, value float, time double, place long, "
    "left_out string"
)
# The "items" of rows that say how many ratings were left out, and why, or how they were read.
UNKNOWN, BAD, LATIN_1 = -1, -2, -3
_BYTES = 1 << 27  # that a task reads, unless there are more tasks than pieces


class Rows(Protocol):
    """Where ratings are.

    Attributes
    ----------
    table : Table
        What is known of them without reading them.
    n_parts : int
        Number of tasks that read them.
    """

    @property
    def table(self) -> Table:
        """What is known of them."""

    @property
    def n_parts(self) -> int:
        """Number of tasks that read them."""

    def encoded(self, ids: Any) -> Any:
        """Return the ratings as a data frame with the columns of `SCHEMA`.

        Parameters
        ----------
        ids : pyspark.Broadcast
            Of the ids of the items, ascending; ratings of others are counted.
        """


@dataclass(frozen=True)
class FrameRows:
    """Ratings in a data frame of Spark; see :class:`Rows`.

    Attributes
    ----------
    frame : DataFrame
        Columns of a table, or a column ``value`` with the lines of a text file.
    table : Table
    """

    frame: Any
    table: Table

    @property
    def n_parts(self) -> int:
        """Number of tasks."""
        return int(self.frame.rdd.getNumPartitions())

    def encoded(self, ids: Any) -> Any:
        """Return the ratings; see :meth:`Rows.encoded`."""
        from pyspark.sql import functions

        numbered = self.frame.withColumn("_place", functions.monotonically_increasing_id())
        work = partial(_encode_batches, self._table_of(), _report_of(self.table), ids)
        return numbered.mapInArrow(work, SCHEMA)

    def _table_of(self) -> Callable[[Any], Table]:
        if isinstance(self.table, TextTable):
            return partial(_lines_table, replace(self.table.layout, has_header=False))
        return partial(_frame_table, names_of(self.table))


@dataclass(frozen=True)
class PieceRows:
    """Ratings in files that tasks open by themselves; see :class:`Rows`.

    Attributes
    ----------
    session : SparkSession
    pieces : list of Piece
    table : Table
    """

    session: Any
    pieces: list[Piece]
    table: Table

    @property
    def n_parts(self) -> int:
        """Number of tasks: one for each processor, or for some bytes if that is more."""
        size = sum(content.size for content in contents_of(self.table))
        most = max(self.session.sparkContext.defaultParallelism, size // _BYTES)
        return min(len(self.pieces), int(most))

    def encoded(self, ids: Any) -> Any:
        """Return the ratings; see :meth:`Rows.encoded`."""
        numbers = self.session.range(0, len(self.pieces), 1, self.n_parts)
        work = partial(_encode_pieces, self.pieces, _report_of(self.table), ids)
        return numbers.mapInArrow(work, SCHEMA)


def _lines_table(layout: Layout, batch: Any) -> TextTable:
    """Return a batch of lines as a table."""
    content = "\n".join([*batch.column("value").to_pylist(), ""]).encode()
    return text_table(Content("the ratings", len(content), lambda: BytesIO(content)), layout)


def _frame_table(named: Mapping[str, str], batch: Any) -> Table:
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


def _report_of(table: Table) -> Callable[[], _Report]:
    return partial(_Report, table.name, table.unit)


def _encode_batches(
    table_of: Callable[[Any], Table],
    new_report: Callable[[], _Report],
    ids: Any,
    batches: Iterator[Any],
) -> Iterator[Any]:
    tables = (
        (int(batch.column("_place")[0].as_py()), table_of(batch))
        for batch in batches
        if batch.num_rows
    )
    return _encode(tables, new_report, Vocabulary(ids.value))


def _encode_pieces(
    pieces: list[Piece], new_report: Callable[[], _Report], ids: Any, batches: Iterator[Any]
) -> Iterator[Any]:
    tables = (
        table
        for batch in batches
        for number in batch.column(0).to_pylist()
        for table in pieces[number].tables()
    )
    return with_hints(_encode(tables, new_report, Vocabulary(ids.value)))


def _encode(
    tables: Iterable[tuple[int, Table]], new_report: Callable[[], _Report], items: Vocabulary
) -> Iterator[Any]:
    """Read tables, and convert the ids of items to indices."""
    for place, table in tables:
        report = new_report()
        rows = rating_rows(table, report)
        index = items.indices_of(rows.items)
        yield _ratings(rows, index, place)
        if report.count:
            yield _left_out(BAD, report.count, place, str(report.first))
        if report.is_latin_1:
            yield _left_out(LATIN_1, 1, place, "")
        if (index < 0).any():
            yield _left_out(UNKNOWN, int((index < 0).sum()), place, "")


def _ratings(rows: RatingRows, index: Any, place: int) -> Any:
    import pyarrow as pa

    kept = np.flatnonzero(index >= 0)
    users, times = rows.users[kept], np.zeros(len(kept))
    if rows.read_timestamps is not None and len(kept):
        found = rows.read_timestamps()[kept]
        times = np.where(is_known(found), found, -np.inf)
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
