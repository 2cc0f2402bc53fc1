"""Columns of strings and of lists, stored as flat arrays that can be mapped from a file.

``len(column)`` and ``column[index]`` work, and the latter reads only that row. ``bisect`` can
therefore search a sorted column of any length in a few reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Array(Protocol):
    """The operations that an array must support, whether it is a NumPy array or mapped from a file.

    They are its length, one value, and a slice, which has ``tolist()`` and ``tobytes()``. Code that
    answers a query uses nothing else, because importing NumPy would take longer than the answer.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any: ...


_BLOCK = 4096  # strings that are decoded at once


class RaggedArray:
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
        """Return the list in a row, or a part of it.

        Parameters
        ----------
        index : int
            Number of the row.
        first, stop : int, optional
            The part of the list from `first` up to `stop`.
        """
        start, end = self.offsets[index : index + 2].tolist()
        return self.values[start + first : end if stop is None else start + stop]

    def rows(self, start: int, stop: int) -> Any:
        """Return the concatenated lists of several rows.

        Parameters
        ----------
        start, stop : int
            The rows from `start` up to `stop`.
        """
        return self.values[int(self.offsets[start]) : int(self.offsets[stop])]


class StringArray(Sequence[str]):
    """One string per row, stored as concatenated UTF-8 bytes.

    Parameters
    ----------
    offsets : array of shape (n_rows + 1,), int64
    values : array of shape (offsets[-1],), uint8
    """

    def __init__(self, offsets: Array, values: Array) -> None:
        self._bytes = RaggedArray(offsets, values)

    @classmethod
    def of(cls, strings: Iterable[str]) -> StringArray:
        """Build a column from strings."""
        import numpy as np

        encoded = [string.encode("utf-8", "replace") for string in strings]
        values = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(offsets_of([len(text) for text in encoded]), values)

    @classmethod
    def named(cls, arrays: Mapping[str, Array], name: str) -> StringArray:
        """Build the column from the arrays that :meth:`to_arrays` returned.

        Parameters
        ----------
        arrays : mapping of str to array
        name : str
        """
        return cls(arrays[f"{name}_offsets"], arrays[f"{name}_bytes"])

    def to_arrays(self, name: str) -> dict[str, Array]:
        """Return the two arrays of this column, named after `name`."""
        return {f"{name}_offsets": self._bytes.offsets, f"{name}_bytes": self._bytes.values}

    def __len__(self) -> int:
        return len(self._bytes)

    def __getitem__(self, index: Any) -> Any:
        return self._bytes.row(int(index)).tobytes().decode("utf-8", "replace")

    def tolist(self) -> list[str]:
        """Return all strings."""
        return [text for block in self.blocks() for text in block]

    def blocks(self) -> Iterator[list[str]]:
        """Yield all strings, some thousand at a time."""
        for start in range(0, len(self), _BLOCK):
            stop = min(start + _BLOCK, len(self))
            first, *ends = self._bytes.offsets[start : stop + 1].tolist()
            places = pairwise([0, *(end - first for end in ends)])
            block = self._bytes.rows(start, stop).tobytes()
            if block.isascii():  # then a place in bytes is one in text, and slices take a fifth
                text = block.decode("ascii")
                yield [text[begin:end] for begin, end in places]
            else:
                yield [block[begin:end].decode("utf-8", "replace") for begin, end in places]


def offsets_of(lengths: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the start of each row of a column, and the end of the last row."""
    import numpy as np

    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
