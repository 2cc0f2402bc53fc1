"""Ids and indices: ``user_id`` and ``item_id`` come from files, indices number rows from 0.

Ids are stored as int64 if all of them are plain numbers, otherwise as fixed-width UTF-8, so that
``0114709`` keeps its leading zero.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from movierec._util import parts_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from movierec.store.columns import Array

IdArray: TypeAlias = "npt.NDArray[Any]"  # int64, or fixed-width UTF-8 bytes ("S") of text ids

LONGEST_ID = 200  # bytes; text ids are stored with a fixed width
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")  # a tab is a blank
_NO_ID = 10**LONGEST_ID  # Python refuses to write numbers of thousands of digits
_LONGEST_LOOKUP = 1 << 26  # width of a range of ids; its mask takes 64 MB


class Vocabulary:
    """Sorted ids; the index of an id is its position.

    Parameters
    ----------
    ids : array of shape (n,), sorted
        In memory or mapped from a file.
    """

    def __init__(self, ids: Array) -> None:
        self.ids = ids

    @classmethod
    def encode(cls, ids: IdArray) -> tuple[Vocabulary, npt.NDArray[np.int32]]:
        """Convert ids to indices, in the sorted order of the ids.

        Parameters
        ----------
        ids : ndarray of shape (n,)
            May contain repetitions.

        Returns
        -------
        vocabulary : Vocabulary
            Holds each id once.
        indices : ndarray of shape (n,), int32
            The index of each id.
        """
        unique, indices = _unique(ids)
        return cls(unique), indices

    def __len__(self) -> int:
        return len(self.ids)

    def id_at(self, index: int) -> int | str:
        """Return the id at an index: a number or text, as in the user's file."""
        return decode_id(self.ids[index])

    def index_of(self, value: int | str) -> int | None:
        """Return the index of an id, or None. Reads only a few ids."""
        key = self._as_stored(value)
        if key is None:
            return None
        index = bisect_left(self.ids, key)
        return index if index < len(self) and self.ids[index] == key else None

    def indices_of(self, ids: IdArray) -> npt.NDArray[np.int32]:
        """Return the index of each id, or -1 if it is unknown.

        Parameters
        ----------
        ids : ndarray of shape (n,)

        Returns
        -------
        ndarray of shape (n,), int32
        """
        import numpy as np

        known = np.asarray(self.ids)
        unique, positions = _unique(ids)
        if unique.dtype.kind != known.dtype.kind:
            # One file has text ids and the other has numbers, so compare both as text.
            index_of = {str(decode_id(value)): index for index, value in enumerate(known)}
            found = [index_of.get(str(decode_id(value)), -1) for value in unique]
            return np.array(found, dtype=np.int32)[positions]
        if not len(known):
            return np.full(len(ids), -1, np.int32)
        indices = np.searchsorted(known, unique).astype(np.int32)
        indices[indices == len(known)] = 0
        indices[known[indices] != unique] = -1
        return indices[positions]

    def _as_stored(self, value: int | str) -> int | bytes | None:
        if isinstance(value, int) and abs(value) >= _NO_ID:
            return None
        if len(self) == 0 or isinstance(self.ids[0], bytes):
            return str(value).encode("utf-8", "surrogatepass")  # no id holds half a character
        number = re.fullmatch(r"-?[0-9]{1,19}", str(value).strip())
        return int(number[0]) if number else None


def decode_id(value: Any) -> int | str:
    """Return a stored id as a number or as text."""
    return value.decode("utf-8") if isinstance(value, bytes) else int(value)


def as_ids(texts: Sequence[str]) -> IdArray:
    """Return ids as int64 if all are plain numbers, otherwise as UTF-8 bytes.

    ``0114709`` is not a plain number, because an int64 would lose its leading zero.
    """
    import numpy as np

    numbers = [int(text) for text in texts if _is_plain_number(text)]
    if len(numbers) == len(texts) and all(abs(number) < 2**63 for number in numbers):
        return np.array(numbers, dtype=np.int64)
    return np.array([text.encode("utf-8") for text in texts], dtype=bytes)


def is_id(text: str) -> bool:
    """Tell whether text can be an id: not blank, not too long, and without control characters."""
    if not text.isprintable() and _CONTROL.search(text):  # nearly all are printable
        return False
    try:
        return 0 < len(text.strip().encode("utf-8")) <= LONGEST_ID
    except UnicodeEncodeError:  # half of a character, as Python reads file names of other encodings
        return False


def clean_id(text: str) -> str:
    """Strip the spaces around an id, and turn ``17.0`` back into ``17``."""
    text = text.strip()
    whole = text.removesuffix(".0")
    return whole if _is_plain_number(whole) else text


def _is_plain_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return text == "0" or (digits.isascii() and digits.isdigit() and digits[0] != "0")


def _unique(ids: IdArray) -> tuple[IdArray, npt.NDArray[np.int32]]:
    """Return the distinct ids, sorted, and the position of each of `ids` among them."""
    import numpy as np

    span = int(ids.max()) - int(ids.min()) + 1 if len(ids) and ids.dtype.kind == "i" else 0
    if not 0 < span <= _LONGEST_LOOKUP:
        unique, positions = np.unique(ids, return_inverse=True)
        wide = unique if unique.dtype.kind == "S" else unique.astype(np.int64, copy=False)
        return wide, positions.astype(np.int32)
    # Numbers in a narrow range are looked up instead of sorted, which is ten times as fast.
    lowest = ids.min()
    present = np.zeros(span, dtype=bool)
    for part in parts_of(len(ids)):
        present[ids[part] - lowest] = True
    lookup = np.cumsum(present, dtype=np.int32) - np.int32(1)
    indices = np.empty(len(ids), dtype=np.int32)
    for part in parts_of(len(ids)):
        indices[part] = lookup[ids[part] - lowest]
    return np.flatnonzero(present) + int(lowest), indices
