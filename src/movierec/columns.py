"""Columns of text and of lists, as flat arrays that can be mapped from a file.

A column answers ``len(column)`` and ``column[index]`` and reads nothing but that row, so
``bisect`` can search a sorted one of any length in a few reads.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

IdArray: TypeAlias = "npt.NDArray[Any]"  # int64, or fixed-width UTF-8 bytes ("S") of text ids


class Array(Protocol):
    """What is asked of an array, be it of numpy or in a file: length, one value, a slice.

    A slice has ``tolist()`` and ``tobytes()``. Nothing else may be asked of it where a question
    is answered: importing numpy would take longer than the answer.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any: ...


class ListColumn:
    """A list of integers per row: row ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    Parameters
    ----------
    offsets : array of shape (n_rows + 1,), int64
    values : array of shape (offsets[-1],)
    """

    def __init__(self, offsets: Array, values: Array) -> None:
        self.offsets = offsets
        self.values = values

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, index: int, first: int = 0, stop: int | None = None) -> Any:
        """Return a list, or its part from `first` up to `stop`."""
        start, end = int(self.offsets[index]), int(self.offsets[index + 1])
        return self.values[start + first : end if stop is None else start + stop]

    def rows(self, start: int, stop: int) -> Any:
        """Return the lists of the rows from `start` up to `stop`, joined."""
        return self.values[int(self.offsets[start]) : int(self.offsets[stop])]


class TextColumn(Sequence[str]):
    """A string per row, kept as one run of UTF-8 bytes."""

    def __init__(self, offsets: Array, values: Array) -> None:
        self._bytes = ListColumn(offsets, values)

    @classmethod
    def of(cls, strings: Iterable[str]) -> TextColumn:
        """Build a column from strings."""
        import numpy as np

        encoded = [string.encode("utf-8", "replace") for string in strings]
        values = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(offsets_of([len(text) for text in encoded]), values)

    @classmethod
    def named(cls, arrays: Mapping[str, Array], name: str) -> TextColumn:
        """Find the column that :meth:`to_arrays` stored under `name`."""
        return cls(arrays[f"{name}_offsets"], arrays[f"{name}_bytes"])

    def to_arrays(self, name: str) -> dict[str, Array]:
        """Return the two arrays of this column, named after `name`."""
        return {f"{name}_offsets": self._bytes.offsets, f"{name}_bytes": self._bytes.values}

    def __len__(self) -> int:
        return len(self._bytes)

    def __getitem__(self, index: Any) -> Any:
        return self._bytes.rows(int(index), int(index) + 1).tobytes().decode("utf-8", "replace")

    def tolist(self) -> list[str]:
        """Return all rows, read at once."""
        offsets = self._bytes.offsets[:].tolist()
        text = self._bytes.rows(0, len(self)).tobytes()
        return [text[start:stop].decode("utf-8", "replace") for start, stop in pairwise(offsets)]


def offsets_of(lengths: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where each row of a column starts, and where the last one ends."""
    import numpy as np

    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def plain_id(value: Any) -> int | str:
    """Return an id as the number or the text that the user's file had."""
    return value.decode("utf-8") if isinstance(value, bytes) else int(value)


def place_of(ids: Array, wanted: int | str) -> int | None:
    """Return the place of an id among sorted ones, or None."""
    key = _as_stored(ids, wanted)
    if key is None:
        return None
    place = bisect_left(ids, key)
    return place if place < len(ids) and ids[place] == key else None


def _as_stored(ids: Array, wanted: int | str) -> int | bytes | None:
    if len(ids) == 0 or isinstance(ids[0], bytes):
        return str(wanted).encode("utf-8")
    number = re.fullmatch(r"-?[0-9]{1,19}", str(wanted).strip())
    return int(number[0]) if number else None
