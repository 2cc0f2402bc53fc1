"""Arrays in a mapped file, read without NumPy, whose import takes longer than an answer."""

from __future__ import annotations

import ast
import struct
import sys
from array import array
from collections.abc import Callable
from math import prod
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
    check : callable
        Called with the range of bytes that is about to be read.

    Raises
    ------
    ValueError
        If the range does not hold an array of numbers or bytes that fills it exactly, in the byte
        order of this machine.
    """

    def __init__(
        self, content: memoryview, start: int, stop: int, check: Callable[[int, int], None]
    ) -> None:
        self._content, self._check = content, check
        self._start, self._descr, self._shape = self._read_description(start)
        kind = self._descr.lstrip(_NATIVE + "|")
        self._typecode = _TYPECODES.get(kind)
        self._item_size = int(kind[1:])
        self._row_size = self._item_size * prod(self._shape[1:])
        is_known = self._typecode or (kind[0] == "S" and len(self._shape) == 1)
        if not is_known or self._start + len(self) * self._row_size != stop:
            raise ValueError(f"invalid array of type {self._descr} and shape {self._shape}")

    def __len__(self) -> int:
        return self._shape[0]

    def __getitem__(self, key: int | slice) -> Any:
        rows = range(len(self))[key]
        if isinstance(rows, int):
            values = self._values(rows, rows + 1)
            return values[0] if len(self._shape) == 1 else values
        return self._values(rows.start, max(rows.start, rows.stop))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        import numpy as np

        values = np.frombuffer(self._bytes(0, len(self)), self._descr).reshape(self._shape)
        return values if dtype is None else values.astype(dtype)

    def _values(self, first: int, stop: int) -> Any:
        content = self._bytes(first, stop)
        if self._typecode:
            return array(self._typecode, content.tobytes())
        size = self._item_size
        starts = range(0, len(content), size)
        return [bytes(content[start : start + size]).rstrip(b"\0") for start in starts]

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
        description = ast.literal_eval(bytes(self._content[first:stop]).decode("latin-1"))
        shape = description["shape"]
        if description["fortran_order"] or not shape or min(shape) < 0:
            raise ValueError(f"invalid array of shape {shape}")
        return stop, description["descr"], shape
