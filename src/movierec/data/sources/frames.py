"""Tables in memory: data frames of pandas and polars, and Arrow tables, read by narwhals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from movierec.data.columns import kind_of, known_columns, repeated_columns
from movierec.data.report import RowReport, Unit
from movierec.data.table import Batch, Done, Row
from movierec.errors import UsageError

if TYPE_CHECKING:
    import narwhals as nw

BATCH = 1 << 17  # rows
_EXACT = 2**53  # up to here, float64 holds every whole number
_NOT_A_TABLE = "give a path, or a table of pandas, polars or Arrow"


class SeriesTable:
    """A table whose columns are series of narwhals; see :class:`movierec.data.table.Table`.

    Subclasses say what it is called, what its columns are, and where the series come from.
    """

    unit: ClassVar[Unit] = "row"
    header: Sequence[str]
    columns: Mapping[str, int]

    def describe_header(self) -> str:
        """Return the columns in words."""
        return f"its columns are: {', '.join(self.header[:8])[:120]}"

    def batches(self, types: Mapping[str, Any], progress: Done | None = None) -> Iterator[Batch]:
        """Yield columns of some types; see :meth:`movierec.data.table.Table.batches`."""
        positions = [self.columns[name] for name in types]
        for _, part in self._parts(positions, progress):
            named = zip(types.items(), part, strict=True)
            yield {name: _as_array(series, dtype) for (name, dtype), series in named}

    def rows(self, report: RowReport, progress: Done | None = None) -> Iterator[Row]:
        """Yield rows as text, missing values as empty text; see :meth:`Table.rows`.

        As in a file, a row without any value is no row.
        """
        for start, part in self._parts(range(len(self.header)), progress):
            rows = enumerate(zip(*map(_as_texts, part), strict=True), start)
            yield from (row for row in rows if any(row[1]))

    def _parts(
        self, positions: Sequence[int], progress: Done | None
    ) -> Iterator[tuple[int, list[nw.Series[Any]]]]:
        """Yield some columns, a part of the rows at a time, with the number of its first row."""
        raise NotImplementedError


class FrameTable(SeriesTable):
    """A data frame as a table.

    Parameters
    ----------
    frame : narwhals.DataFrame
    role : str
        What it is given as, such as "ratings"; for its name.
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`.
    """

    description = None

    def __init__(
        self, frame: nw.DataFrame[Any], role: str, named: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._frame = frame
        self.name = _name(role)
        self.header = [str(name).strip() for name in frame.columns]
        self.columns = known_columns(self.header, named)
        self.kind = kind_of(self.columns, len(self.header))

    def _parts(
        self, positions: Sequence[int], progress: Done | None
    ) -> Iterator[tuple[int, list[nw.Series[Any]]]]:
        n_rows = len(self._frame)
        for start in range(0, n_rows, BATCH):  # so that little is held twice
            part = self._frame[start : start + BATCH]
            yield start, [part[:, position] for position in positions]
            if progress:
                progress(min((start + BATCH) / n_rows, 1.0))


def frame_table(frame: Any, role: str, named: Mapping[str, str] | None = None) -> FrameTable:
    """Take a table in memory.

    Parameters
    ----------
    frame : object
        Of pandas, polars or Arrow, or of another library that narwhals knows.
    role : str
        What it is given as, such as "ratings".
    named : mapping of str to str, optional
        As in :func:`movierec.data.columns.known_columns`.

    Raises
    ------
    UsageError
        If it is no table.
    DataError
        If two of its columns have one name.
    """
    import narwhals as nw

    try:
        return FrameTable(nw.from_native(frame, eager_only=True), role, named or {})
    except TypeError:
        what = "nothing" if frame is None else f"an object of type {type(frame).__name__}"
        raise UsageError(f"{what} was given as {role}", _NOT_A_TABLE) from None
    except (ValueError, nw.exceptions.NarwhalsError):
        raise repeated_columns(_name(role)) from None


def _name(role: str) -> str:
    return f"{role} data frame"


def _as_array(series: nw.Series[Any], dtype: Any) -> npt.NDArray[Any]:
    """Return a column as numbers of a type; None asks for numbers, datetimes, or else texts."""
    values = series.to_numpy()
    if dtype is None:
        is_plain = values.dtype.kind in "iufM"
        return values if is_plain else np.array(_as_texts(series), dtype=object)
    is_whole = np.issubdtype(dtype, np.integer)
    if values.dtype.kind not in "iuf":
        if is_whole:  # ids in texts may have zeros in front
            raise ValueError(f"{series.name} does not hold numbers")
        values = np.array([_number(text) for text in _as_texts(series)])
    if is_whole and values.dtype.kind == "f":
        # pandas makes floats of ids where one is missing.
        values = values.astype(np.float64, copy=False)
        if not ((np.abs(values) <= _EXACT) & (values == np.floor(values))).all():
            raise ValueError(f"{series.name} does not hold whole numbers only")
    elif is_whole and len(values) and values.max() > np.iinfo(dtype).max:
        raise ValueError(f"{series.name} holds numbers that are too large")
    return values.astype(dtype, copy=False)


def _number(text: str) -> float:
    if "_" in text or not text.isascii():  # Python's own notation, and digits of other scripts
        raise ValueError(f"{text} is not a number")
    return float(text or "nan")


def _as_texts(series: nw.Series[Any]) -> list[str]:
    missing = series.is_null().to_list()
    values = series.to_list()
    return ["" if gone else _text(value) for value, gone in zip(values, missing, strict=True)]


def _text(value: Any) -> str:
    """Return a cell as a file would have it; names in one cell are joined."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if isinstance(value, list | tuple):
        return "|".join(text for each in value if (text := _text(each)))
    return "" if _is_missing(value) else str(value)


def _is_missing(value: Any) -> bool:
    """Tell whether a value is one of those that stand for none: None, NaN, NaT and NA."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124 - NaN is unlike itself
    except (TypeError, ValueError):  # the NA of pandas is neither like nor unlike anything
        return True
