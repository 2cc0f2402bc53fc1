"""What is read: the ratings on the cluster, all else on the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from movierec.data.dataset import Dataset, read_dataset
from movierec.data.interactions import RatingRows
from movierec.errors import UsageError
from movierec.training.spark.connectors import frame_of_files
from movierec.training.spark.pieces import contents_of, pieces_of
from movierec.training.spark.reading import ROWS, FrameRows, PieceRows, Rows
from movierec.training.spark.session import reporting

if TYPE_CHECKING:
    from movierec.data.report import RowReport
    from movierec.data.table import Table
    from movierec.training.engine import Task


def read_sources(task: Task) -> tuple[Dataset, Table, Any]:
    """Read all but the ratings, without Spark, unless data frames of it are given.

    Parameters
    ----------
    task : Task

    Returns
    -------
    dataset : Dataset
        Without ratings.
    table : Table
        What is known of the ratings.
    frame : DataFrame or None
        The ratings, if they were given as a data frame of Spark.

    Raises
    ------
    DataError
        If a file is missing, or not what it should be.
    UsageError
        If tasks cannot read the ratings.
    """
    sources = dict(task.sources)
    frame = sources["ratings"] if _is_spark(sources["ratings"]) else None
    if frame is not None:
        sources["ratings"] = _header_of(frame)
    sources = {name: _on_driver(source) for name, source in sources.items()}
    found: list[Table] = []

    def leave(table: Table, report: RowReport) -> RatingRows:
        found.append(table)
        return RatingRows.empty()

    dataset = read_dataset(
        **sources, on_error=task.on_error, progress=task.progress, read_rows=leave
    )
    (table,) = found
    if frame is None and not contents_of(table):
        raise UsageError(
            f"the engine spark cannot read {table.name}: it reads files and data frames of Spark",
            "unpack a zip, save what comes from elsewhere as Parquet, or use the engine local",
        )
    return dataset, table, frame


def rows_of(session: Any, table: Table, frame: Any = None) -> Rows:
    """Return how ratings are read: by Spark, or by tasks that open the files.

    Parameters
    ----------
    session : SparkSession
    table : Table
        What is known of them.
    frame : DataFrame, optional

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    if frame is None:
        frame = frame_of_files(session, table)
    if frame is None:
        return PieceRows(session, pieces_of(table), table)
    return FrameRows(frame, table)


def _is_spark(place: Any) -> bool:
    return type(place).__module__.startswith("pyspark.sql") and hasattr(place, "mapInArrow")


def _header_of(frame: Any) -> Any:
    """Return a table without rows that has the columns of a data frame."""
    import pyarrow as pa

    return pa.table({name: pa.array([], pa.string()) for name in frame.columns})


def _on_driver(place: Any) -> Any:
    """Return what a data frame of Spark holds as a table in memory; anything else as it is."""
    if not _is_spark(place):
        return place
    import pyarrow as pa

    with reporting(ROWS, place.sparkSession):
        rows = [row.asDict() for row in place.collect()]
    return pa.Table.from_pylist(rows) if rows else _header_of(place)
