"""Arrays in a mapped file, read without NumPy, whose import takes longer than an answer."""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Callable
from math import isfinite, prod
from operator import le
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

# The start of an array in NumPy's format: magic string, version, length of the description.
_PREAMBLE = struct.Struct("<6sBBH")
_NATIVE = {"little": "<", "big": ">"}[sys.byteorder]
_TYPECODES = {
    "i1": "b", "i2": "h", "i4": "i", "i8": "q",
    "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "f4": "f", "f8": "d",
}  # fmt: skip
_WIDEST = 1 << 10  # bytes of a value
_MANY = 1 << 10  # values, from which on NumPy finds their extremes sooner
# As NumPy writes it. Nothing evaluates it: it may be anybody's text.
_DESCRIPTION = re.compile(
    rb"\{'descr': '(?P<descr>[<>|=][A-Za-z]\d{1,4})', 'fortran_order': False, "
    rb"'shape': \((?P<shape>\d{1,19},(?: \d{1,19}(?:, \d{1,19})*)?)\), \} *\n"
)


def _no_check(start: int, stop: int) -> None:
    """Check nothing."""


class MappedArray:
    """An array in a file, of which only the requested rows are read.

    A row of an array of shape (n,) is a number or bytes; a row of an array of shape (n, m) is an
    `array.array`. A slice is an `array.array` of all values in its rows. `numpy.asarray` returns
    a view.

    Parameters
    ----------
    content : memoryview
        The bytes of the whole file.
    start, stop : int
        The range of bytes that holds the array and its description.
    check : callable, optional
        Called with the range of bytes that is about to be read.
    damage : callable, optional
        Returns the error for values that may not be there, given a description of them.

    Attributes
    ----------
    kind : str
        The type of the values, such as ``i4``; ``S`` for bytes of any width.
    shape : tuple of int

    Raises
    ------
    ValueError
        If the range does not hold an array of numbers or bytes that fills it exactly, in the byte
        order of this machine.
    """

    def __init__(
        self,
        content: memoryview,
        start: int,
        stop: int,
        check: Callable[[int, int], None] = _no_check,
        damage: Callable[[str], Exception] = ValueError,
    ) -> None:
        self._content, self._check, self._damage = content, check, damage
        self._least: int | None = None
        self._most: int | None = None
        self._ascends = False
        self._start, self._descr, self.shape = self._read_description(start)
        kind = self._descr.lstrip(_NATIVE + "|")
        self._typecode = _TYPECODES.get(kind)
        self.kind = "S" if kind[0] == "S" and len(self.shape) == 1 else kind
        self._item_size = int(kind[1:])
        self._row_size = self._item_size * prod(self.shape[1:])
        is_known = self._typecode or (self.kind == "S" and 0 < self._item_size <= _WIDEST)
        is_possible = max(self.shape) <= len(content)  # also where another dimension is 0
        fills = self._start + len(self) * self._row_size == stop
        if not (is_known and is_possible and fills):
            raise ValueError(f"invalid array of type {self._descr} and shape {self.shape}")
        numbers = content[self._start : stop]
        self._view = numbers.cast(self._typecode) if self._typecode else None  # type: ignore[call-overload]
        self._is_limited = self._descr[1] == "f"

    def limit(self, least: int, most: int | None, *, ascends: bool) -> None:
        """Set what the values may be; they are checked when they are read.

        Parameters
        ----------
        least : int
        most : int or None
        ascends : bool
            Whether they ascend from `least` to `most`.
        """
        self._least, self._most, self._ascends = least, most, ascends
        self._is_limited = True

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: int | slice) -> Any:
        rows = range(len(self))[key]
        if isinstance(rows, int):
            if self._view is not None and len(self.shape) == 1:
                return self._value(rows)
            values = self._values(rows, rows + 1)
            return values[0] if len(self.shape) == 1 else values
        return self._values(rows.start, max(rows.start, rows.stop))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        import numpy as np

        values = np.frombuffer(self._bytes(0, len(self)), self._descr).reshape(self.shape)
        if values.size and self._is_limited:
            lowest, highest = values.min(), values.max()
            self._check_range(lowest, highest, float(lowest) + float(highest))
        if self._ascends and not (
            values[0] == self._least
            and values[-1] == self._most
            and (values[1:] >= values[:-1]).all()
        ):
            raise self._damage("its values do not ascend")
        return values if dtype is None else values.astype(dtype)

    def _value(self, row: int) -> Any:
        """Return a number; faster than the only one of `_values`."""
        start = self._start + row * self._row_size
        self._check(start, start + self._row_size)
        value = self._view[row]  # type: ignore[index]
        if self._is_limited:
            self._check_range(value, value, value)
        return value

    def _values(self, first: int, stop: int) -> Any:
        content = self._bytes(first, stop)
        if self._typecode:
            values = array(self._typecode, content.tobytes())
            if values and self._is_limited:
                self._check_range(*_extremes(values))
            if self._ascends and not all(map(le, values, values[1:])):
                raise self._damage("its values do not ascend")
            return values
        size = self._item_size
        starts = range(0, len(content), size)
        return [bytes(content[start : start + size]).rstrip(b"\0") for start in starts]

    def _check_range(self, lowest: Any, highest: Any, total: Any) -> None:
        """Check some values, given their extremes and a sum that shows whether all are finite."""
        if self._least is not None and lowest < self._least:
            raise self._damage(f"{lowest} is below {self._least}")
        if self._most is not None and highest > self._most:
            raise self._damage(f"{highest} is above {self._most}")
        if self._descr[1] == "f" and not isfinite(total):
            raise self._damage("not all of its values are finite")

    def _bytes(self, first: int, stop: int) -> memoryview:
        """Check and return the rows from `first` up to `stop`."""
        start, stop = (self._start + row * self._row_size for row in (first, stop))
        if stop > start:
            self._check(start, stop)
        return self._content[start:stop]

    def _read_description(self, start: int) -> tuple[int, str, tuple[int, ...]]:
        """Return the start of the values, their type in NumPy's notation, and the shape."""
        self._check(start, start + _PREAMBLE.size)
        magic, major, _, length = _PREAMBLE.unpack_from(self._content, start)
        first, stop = start + _PREAMBLE.size, start + _PREAMBLE.size + length
        self._check(first, stop)
        if (magic, major) != (b"\x93NUMPY", 1):
            raise ValueError("not an array")
        found = _DESCRIPTION.fullmatch(self._content[first:stop])
        if found is None:
            raise ValueError("not an array of numbers or bytes in C order")
        shape = tuple(int(size) for size in found["shape"].split(b",") if size)
        return stop, found["descr"].decode("ascii"), shape


def _extremes(values: Any) -> tuple[Any, Any, Any]:
    """Return the lowest and the highest of some values, and a sum that shows if all are finite.

    The ratings of a popular movie are 80,000 values. For so many, NumPy takes a twentieth of the
    time, if the process has imported it anyway; it takes longer to import than to do without.
    """
    asarray = getattr(sys.modules.get("numpy"), "asarray", None)
    if asarray is None or len(values) < _MANY:
        return min(values), max(values), sum(values)
    found = asarray(values)
    lowest, highest = found.min(), found.max()
    return lowest, highest, float(lowest) + float(highest)
