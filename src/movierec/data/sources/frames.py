"""Tables in memory: data frames of pandas and polars, and Arrow tables, read by narwhals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from movierec.data.columns import NEEDED, kind_of, known_columns
from movierec.data.report import RowReport, Unit
from movierec.data.table import Batch, Done, Row
from movierec.errors import UsageError

if TYPE_CHECKING:
    import narwhals as nw

_CONTENT = frozenset({"item"})  # all that a table of other content needs
_BATCH = 1 << 17  # rows
_EXACT = 2**53  # up to here, float64 holds every whole number
_NOT_A_TABLE = "give a path, or a table of pandas, polars or Arrow"


class FrameTable:
    """A data frame as a table; see :class:`movierec.data.table.Table`.

    Parameters
    ----------
    frame : narwhals.DataFrame
    role : str
        What it is given as, such as "ratings". It may hold more: ratings with titles are ratings.
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`.
    """

    unit: ClassVar[Unit] = "row"
    description = None

    def __init__(
        self, frame: nw.DataFrame[Any], role: str, named: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._frame = frame
        self._names = [name for name in frame.columns if isinstance(name, str)]
        self.name = f"{role} data frame"
        self.header = [str(name) for name in frame.columns]
        self.columns: Mapping[str, int] = known_columns(self._names, named)
        is_given = NEEDED.get(role, _CONTENT).issubset(self.columns)
        self.kind = role if is_given else kind_of(self.columns, len(self.header))

    def describe_header(self) -> str:
        """Return the columns in words."""
        return f"its columns are: {', '.join(self.header[:8])[:120]}"

    def needs_text_ids(self, *, text_items: bool) -> bool:
        """Return False: its numbers never had zeros in front."""
        return False

    def batches(self, types: Mapping[str, Any], progress: Done | None = None) -> Iterator[Batch]:
        """Yield columns of some types; see :meth:`movierec.data.table.Table.batches`."""
        for _, part in self._parts(progress):
            yield {name: _as_array(self._column(part, name), types[name]) for name in types}

    def rows(
        self, report: RowReport, progress: Done | None = None, *, everything: bool = False
    ) -> Iterator[Row]:
        """Yield rows as text, missing values as empty text; see :meth:`Table.rows`."""
        known = set(range(len(self._names)) if everything else self.columns.values())
        for start, part in self._parts(progress):
            empty = [""] * len(part)
            fields = [
                _as_texts(part[name]) if position in known else empty
                for position, name in enumerate(self._names)
            ]
            yield from enumerate(zip(*fields, strict=True), start)

    def _column(self, part: nw.DataFrame[Any], name: str) -> nw.Series[Any]:
        return part[self._names[self.columns[name]]]

    def _parts(self, progress: Done | None) -> Iterator[tuple[int, nw.DataFrame[Any]]]:
        """Yield rows a part at a time, so that little is held twice, with their first number."""
        n_rows = len(self._frame)
        for start in range(0, n_rows, _BATCH):
            yield start, self._frame[start : start + _BATCH]
            if progress:
                progress(min((start + _BATCH) / n_rows, 1.0))


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
        If it is no table, or two of its columns have one name.
    """
    import narwhals as nw

    try:
        return FrameTable(nw.from_native(frame, eager_only=True), role, named or {})
    except TypeError:
        what = "nothing" if frame is None else f"an object of type {type(frame).__name__}"
        raise UsageError(f"{what} was given as {role}", _NOT_A_TABLE) from None
    except (ValueError, nw.exceptions.NarwhalsError):
        problem = f"two columns of the {role} data frame have the same name"
        raise UsageError(problem, "rename one of them") from None


def _as_array(series: nw.Series[Any], dtype: Any) -> npt.NDArray[Any]:
    """Return a column as numbers of a type; None leaves the type to the column."""
    values = series.to_numpy()
    if dtype is None:
        return values
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{series.name} does not hold numbers")
    is_whole = np.issubdtype(dtype, np.integer)
    if is_whole and values.dtype.kind == "f":
        # pandas makes floats of ids where one is missing.
        if not ((np.abs(values) <= _EXACT) & (values == np.floor(values))).all():
            raise ValueError(f"{series.name} does not hold whole numbers only")
    elif is_whole and len(values) and values.max() > np.iinfo(dtype).max:
        raise ValueError(f"{series.name} holds numbers that are too large")
    return values.astype(dtype, copy=False)


def _as_texts(series: nw.Series[Any]) -> list[str]:
    missing = series.is_null().to_list()
    values = series.to_list()
    return ["" if gone else _text(value) for value, gone in zip(values, missing, strict=True)]


def _text(value: Any) -> str:
    """Return a cell as a file would have it."""
    if isinstance(value, float):
        if isnan(value):  # to polars, NaN is not missing
            return ""
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, list | tuple) or hasattr(value, "tolist"):  # names in one cell
        return "|".join(map(str, value))
    return str(value)
