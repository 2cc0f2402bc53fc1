"""What is read: the ratings by Spark, all else on the driver."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec._checks import is_address
from movierec.data.dataset import Dataset, read_dataset
from movierec.data.discover import sample_folder
from movierec.data.formats.text import TextTable
from movierec.data.interactions import RatingRows
from movierec.errors import UsageError
from movierec.store.stores import is_remote
from movierec.training.spark.reading import Rows, lines_of

if TYPE_CHECKING:
    from movierec.data.report import RowReport
    from movierec.data.table import Table
    from movierec.training.engine import Task


def read_sources(session: Any, task: Task) -> tuple[Dataset, Rows]:
    """Read all but the ratings, which are left to the tasks.

    Parameters
    ----------
    session : SparkSession
    task : Task

    Raises
    ------
    DataError
        If a file is missing, or not what it should be.
    UsageError
        If Spark cannot read the ratings.
    """
    sources = dict(task.sources)
    if sources["ratings"] is None and sources["movies"] is None:
        sources["ratings"] = str(sample_folder())
    frame = _frame_of(session, sources["ratings"])
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
    if frame is None:
        if not isinstance(table, TextTable):
            raise UsageError(
                "the engine spark reads files and data frames of Spark", "use the engine local"
            )
        frame = lines_of(session, table)
    return dataset, Rows(frame, table)


def _frame_of(session: Any, place: Any) -> Any:
    """Return a data frame of Spark, or Parquet as one; None for anything else.

    Raises
    ------
    UsageError
        If it is at an address that is no path.
    """
    if _is_spark(place):
        return place
    if not is_address(place):
        return None
    if is_remote(str(place)):
        raise UsageError(
            f"the engine spark reads ratings at local paths, not at {place}",
            "read them by Spark, and pass the data frame to movierec.spark.fit",
        )
    path = Path(place)
    parts = path.glob("*.parquet") if path.is_dir() else ()
    if (path.suffix == ".parquet" and path.exists()) or any(parts):
        return session.read.parquet(path.absolute().as_uri())
    return None


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

    rows = [row.asDict() for row in place.collect()]
    return pa.Table.from_pylist(rows) if rows else _header_of(place)
