"""Reading ratings: fast where a file is all numbers, carefully where it is not.

The fast way lets pandas parse blocks of lines into narrow numbers. Whatever it cannot parse, and
whatever is not a finite rating, is left to the careful way, which goes row by row, keeps ids as
text and can name the line that is wrong.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.columns import IdArray
from movierec.errors import DataError
from movierec.ratings import RatingRows
from movierec.readers.layout import Layout
from movierec.readers.numbers import read_chunks
from movierec.readers.source import Source
from movierec.readers.text import LONGEST_ID, RowReport, as_ids, clean_id, read_rows
from movierec.wording import counted

_CHUNK = 1_000_000  # rows that there is room for at first
HIGHEST_RATING = 1e15  # squares of it, over many people, stay within float32
NO_RATING = f"is not a finite number, or above {HIGHEST_RATING:,.0f}"

Progress = Callable[[float], None]


def read_ratings(
    source: Source,
    layout: Layout,
    report: RowReport,
    *,
    text_ids: bool,
    progress: Progress | None = None,
) -> RatingRows:
    """Read all ratings of a file.

    Parameters
    ----------
    source, layout : Source, Layout
    report : RowReport
    text_ids : bool
        Whether films have ids that are no plain numbers, so that zeros in front count.
    progress : callable, optional
        Called with the fraction that is read, 0 to 1.

    Raises
    ------
    DataError
        If there is no rating, or a row cannot be used and bad rows are not skipped.
    """
    rows = None
    if not (text_ids or _needs_care(source, layout)):
        for id_type in (np.int32, np.int64):
            rows = rows or _read_fast(source, layout, id_type, progress)
    if rows is None:
        rows = _read_carefully(source, layout, report, progress)
    if len(rows) == 0:
        raise DataError(f"{source.name} holds no ratings", "is it the right file?")
    return rows


def _needs_care(source: Source, layout: Layout) -> bool:
    """Tell whether the start of a file has ids with zeros in front, which numbers would lose."""
    lines = source.head().decode("utf-8-sig", "replace").splitlines()[layout.has_header : -1]
    rows = [line.split(layout.separator) for line in lines]
    places = (layout.columns["user"], layout.columns["item"])
    ids = (row[place].strip('" ') for row in rows for place in places if place < len(row))
    return any(len(text) > 1 and text[0] == "0" and text.isdigit() for text in ids)


def _read_fast(
    source: Source, layout: Layout, id_type: type[np.integer[Any]], progress: Progress | None
) -> RatingRows | None:
    """Read a file of plain numbers; None if it is not one."""
    columns = _Columns(id_type)
    limits = np.iinfo(id_type)
    types = {"user": np.int64, "item": np.int64, "rating": np.float64}
    try:
        for chunk in read_chunks(source, layout, types, progress):
            if not (np.abs(chunk["rating"]) <= HIGHEST_RATING).all():  # nor for NaN
                return None
            ids = (chunk["user"], chunk["item"])
            if any((each < limits.min).any() or (each > limits.max).any() for each in ids):
                return None
            columns.append(chunk)
    except (ValueError, OverflowError):  # pandas' errors of parsing are ValueErrors
        return None
    return columns.rows(lambda: _read_timestamps(source, layout))


class _Columns:
    """Three columns that grow in place: joining chunks at the end would hold all rows twice."""

    def __init__(self, id_type: type[np.integer[Any]]) -> None:
        self._n_rows = 0
        self._columns = {
            "user": np.empty(_CHUNK, id_type),
            "item": np.empty(_CHUNK, id_type),
            "rating": np.empty(_CHUNK, np.float32),
        }

    def append(self, chunk: dict[str, npt.NDArray[Any]]) -> None:
        n_rows = self._n_rows + len(chunk["rating"])
        for name, column in self._columns.items():
            if n_rows > len(column):
                # No view of a column leaves this class before rows().
                column.resize(max(n_rows, len(column) * 5 // 4), refcheck=False)
            column[self._n_rows : n_rows] = chunk[name]
        self._n_rows = n_rows

    def rows(self, timestamps: Callable[[], npt.NDArray[Any] | None]) -> RatingRows:
        users, items, values = (column[: self._n_rows] for column in self._columns.values())
        return RatingRows(users, items, values, timestamps)


def _read_timestamps(source: Source, layout: Layout) -> npt.NDArray[Any] | None:
    """Read the times of all rows, as numbers that grow with time; None if there are none."""
    import pandas as pd

    if "timestamp" not in layout.columns:
        return None
    chunks = read_chunks(source, layout, {"timestamp": None})
    times = np.concatenate([chunk["timestamp"] for chunk in chunks])
    if times.dtype.kind in "iuf":
        return times
    return pd.to_datetime(pd.Series(times), errors="coerce", format="mixed").to_numpy(np.int64)


def _read_carefully(
    source: Source, layout: Layout, report: RowReport, progress: Progress | None
) -> RatingRows:
    users, items = _IdColumn(), _IdColumn()
    values = array("f")
    times: list[str] = []
    places = [layout.columns[name] for name in ("user", "item", "rating")]
    time_place = layout.columns.get("timestamp")
    for line, fields in read_rows(source, layout, report, progress):
        problem = _problem(fields, places, layout)
        if problem:
            report.bad(line, problem)
            continue
        user, item, value = (fields[place] for place in places)
        users.append(user)
        items.append(item)
        values.append(float(value))
        has_time = time_place is not None and time_place < len(fields)
        times.append(fields[time_place] if has_time else "")  # type: ignore[index]
    return RatingRows(
        users.ids(), items.ids(), np.array(values, dtype=np.float32), lambda: _as_times(times)
    )


def _problem(fields: Any, places: list[int], layout: Layout) -> str | None:
    """Return what is wrong with a row, or None."""
    if len(fields) <= max(places):
        return f"only {counted(len(fields), 'field')}"
    if layout.has_header and any(fields[len(layout.header) :]):
        return f"{len(fields)} fields, the header has {len(layout.header)}"
    user, item, value = (fields[place].strip() for place in places)
    if not (0 < len(user.encode()) <= LONGEST_ID and 0 < len(item.encode()) <= LONGEST_ID):
        return "no usable user or film id"
    return None if _is_rating(value) else f'the rating "{value}" {NO_RATING}'


def _is_rating(text: str) -> bool:
    try:
        return abs(float(text)) <= HIGHEST_RATING and "_" not in text  # Python's own way to write
    except ValueError:
        return False


class _IdColumn:
    """Ids kept once each, with a number per row."""

    def __init__(self) -> None:
        self._codes = array("q")
        self._code_of: dict[str, int] = {}

    def append(self, text: str) -> None:
        self._codes.append(self._code_of.setdefault(clean_id(text), len(self._code_of)))

    def ids(self) -> IdArray:
        return as_ids(list(self._code_of))[np.array(self._codes, dtype=np.int64)]


def _as_times(texts: list[str]) -> npt.NDArray[Any]:
    import pandas as pd

    series = pd.Series(texts)
    numbers = pd.to_numeric(series, errors="coerce")
    if numbers.notna().any():
        return numbers.fillna(-np.inf).to_numpy(np.float64)
    return pd.to_datetime(series, errors="coerce", format="mixed").to_numpy(np.int64)
