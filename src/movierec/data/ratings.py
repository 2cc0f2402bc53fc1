"""Reading ratings: fast where a table is all numbers, carefully where it is not.

The fast way takes columns of numbers. Whatever is not a number, and whatever is not a finite
rating, is left to the careful way, which goes row by row, keeps ids as text and can name the row
that is wrong.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec._util import pluralize
from movierec.data.interactions import RatingRows, Timestamps
from movierec.data.numbers import HIGHEST_RATING, parse_number
from movierec.data.report import RowReport
from movierec.data.times import as_seconds
from movierec.errors import DataError
from movierec.vocabulary import as_ids, clean_id, is_id

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec.data.table import Batch, Done, Table
    from movierec.vocabulary import IdArray

_CHUNK = 1_000_000  # rows that there is room for at first
_TYPES = {"user": np.int64, "item": np.int64, "rating": np.float64}


def read_ratings(
    table: Table,
    report: RowReport,
    *,
    progress: Done | None = None,
    may_withdraw: bool = False,
) -> RatingRows:
    """Read all ratings of a table.

    Parameters
    ----------
    table : Table
        With columns for user and item. Without one for the rating, or where that is blank in all
        rows, each rating is 1.
    report : RowReport
        Told of rows that cannot be used.
    progress : callable, optional
        Called with the fraction that is read, from 0 to 1.
    may_withdraw : bool
        Whether a blank rating is read as NaN: it withdraws earlier ones.

    Raises
    ------
    DataError
        If there is no rating, or a row cannot be used and bad rows are not skipped.
    """
    rows = rating_rows(table, report, progress, may_withdraw=may_withdraw)
    if len(rows) == 0:
        raise DataError(f"{table.name} holds no ratings", "is it the right file?")
    return rows


def rating_rows(
    table: Table,
    report: RowReport,
    progress: Done | None = None,
    *,
    may_withdraw: bool = False,
) -> RatingRows:
    """Read a table of ratings, or a part of it, which may hold none; see :func:`read_ratings`.

    Parameters
    ----------
    table, report, progress, may_withdraw
        As in that function.
    """
    try:
        rows = _read_fast(table, np.int32, progress) or _read_fast(table, np.int64, progress)
    except ValueError:  # pandas' errors of parsing are ValueErrors, too
        rows = None
    if rows is None:
        return _read_carefully(table, report, progress, may_withdraw=may_withdraw)
    return rows


def _read_fast(
    table: Table, id_type: type[np.integer[Any]], progress: Done | None
) -> RatingRows | None:
    """Read a table of plain numbers; None if ids exceed their type, a ValueError if it is none."""
    columns = _Columns(id_type)
    types = {name: dtype for name, dtype in _TYPES.items() if name in table.columns}
    for batch in table.batches(types, progress):
        if not columns.fits(batch):
            return None
        columns.append(batch)
    read = (lambda: _read_timestamps(table)) if "timestamp" in table.columns else None
    return columns.rows(read)


class _Columns:
    """Three columns that grow in place: joining batches at the end would hold all rows twice."""

    def __init__(self, id_type: type[np.integer[Any]]) -> None:
        self._n_rows = 0
        self._limits = np.iinfo(id_type)
        self._columns: dict[str, npt.NDArray[Any]] = {
            "user": np.empty(_CHUNK, id_type),
            "item": np.empty(_CHUNK, id_type),
            "rating": np.empty(_CHUNK, np.float32),
        }

    def fits(self, batch: Batch) -> bool:
        """Tell whether ids are in the range of their type; a ValueError for other ratings."""
        if "rating" in batch and not (np.abs(batch["rating"]) <= HIGHEST_RATING).all():
            raise ValueError("a rating is no finite number, or too high")  # also for NaN
        low, high = self._limits.min, self._limits.max
        ids = (batch["user"], batch["item"])
        return not any((each < low).any() or (each > high).any() for each in ids)

    def append(self, batch: Batch) -> None:
        n_rows = self._n_rows + len(batch["user"])
        for name, column in self._columns.items():
            if n_rows > len(column):
                # No view of a column leaves this class before rows().
                column.resize(max(n_rows, len(column) * 5 // 4), refcheck=False)
            column[self._n_rows : n_rows] = batch.get(name, 1)
        self._n_rows = n_rows

    def rows(self, read_timestamps: Callable[[], Timestamps] | None) -> RatingRows:
        users, items, values = (column[: self._n_rows] for column in self._columns.values())
        return RatingRows(users, items, values, read_timestamps)


def _read_timestamps(table: Table) -> Timestamps:
    try:
        batches = [batch["timestamp"] for batch in table.batches({"timestamp": None})]
    except ValueError:  # such as times in quotes, which did not matter before
        return _read_timestamps_carefully(table)
    return as_seconds(np.concatenate(batches))


def _read_timestamps_carefully(table: Table) -> Timestamps:
    at, report = table.columns["timestamp"], RowReport(table.name, skip=False, unit=table.unit)
    rows = (fields for _, fields in table.rows(report))
    times = [fields[at] if at < len(fields) else "" for fields in rows]
    return as_seconds(np.array(times, dtype=object))


def _read_carefully(
    table: Table, report: RowReport, progress: Done | None, *, may_withdraw: bool
) -> RatingRows:
    users, items, values = _IdColumn(), _IdColumn(), array("f")
    times: list[str] = []
    columns = [table.columns[name] for name in _TYPES if name in table.columns]
    rating_at, time_at = (table.columns.get(name) for name in ("rating", "timestamp"))
    for number, fields in table.rows(report, progress):
        withdraws = may_withdraw and rating_at is not None and _is_blank(fields, rating_at)
        is_first = not (may_withdraw or len(values))
        if is_first and rating_at is not None and _is_blank(fields, rating_at):
            columns = columns[:2]  # a file without ratings says who watched what
        problem = _problem(fields, columns[:2] if withdraws else columns, table.header)
        if len(columns) == 2 and rating_at is not None and not _is_blank(fields, rating_at):
            problem = "a rating, but there is none in the first row: fill in all or none"
        if problem:
            report.bad(number, problem)
            continue
        users.append(fields[columns[0]])
        items.append(fields[columns[1]])
        value = parse_number(fields[columns[2]]) if len(columns) == 3 else 1.0
        values.append(math.nan if withdraws else value)
        if time_at is not None:
            times.append(fields[time_at] if time_at < len(fields) else "")
    read = None if time_at is None else lambda: as_seconds(np.array(times, dtype=object))
    return RatingRows(users.ids(), items.ids(), np.array(values, dtype=np.float32), read)


def _is_blank(fields: Sequence[str], position: int) -> bool:
    return position < len(fields) and not fields[position].strip()


def _problem(fields: Sequence[str], columns: list[int], header: Sequence[str]) -> str | None:
    """Return what is wrong with a row, or None.

    Parameters
    ----------
    fields : sequence of str
    columns : list of int
        The positions of user and item, and of the rating if there is one.
    header : sequence of str
        The names of all columns, or nothing.
    """
    if len(fields) <= max(columns):
        return f"only {pluralize(len(fields), 'field')}"
    if header and any(fields[len(header) :]):
        return f"{len(fields)} fields, the header has {len(header)}"
    if not (is_id(fields[columns[0]]) and is_id(fields[columns[1]])):
        return "no usable user or movie id"
    rating = fields[columns[2]].strip() if len(columns) == 3 else "1"
    number = parse_number(fields[columns[2]]) if len(columns) == 3 else 1.0
    if abs(number) <= HIGHEST_RATING:
        return None
    why = f"is beyond {HIGHEST_RATING:,.0f}" if math.isfinite(number) else "is not a finite number"
    return f'the rating "{rating}" {why}'


class _IdColumn:
    """Ids kept once each, with a number per row."""

    def __init__(self) -> None:
        self._codes = array("q")
        self._code_of: dict[str, int] = {}

    def append(self, text: str) -> None:
        self._codes.append(self._code_of.setdefault(clean_id(text), len(self._code_of)))

    def ids(self) -> IdArray:
        return as_ids(list(self._code_of))[np.array(self._codes, dtype=np.int64)]
