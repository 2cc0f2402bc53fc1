"""Validated ratings: one CSR matrix, with the ids of its rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.columns import IdArray, plain_id
from movierec.errors import DataError

_LONGEST_LOOKUP = 1 << 26  # ids from the lowest to the highest: 64 MB


@dataclass
class RatingRows:
    """Ratings as a file lists them.

    Attributes
    ----------
    users, items : ndarray of shape (n_rows,), integer or UTF-8 bytes
        The ids in the file.
    values : ndarray of shape (n_rows,), float32
    timestamps : callable
        Returns an ndarray of shape (n_rows,), or None where the file has no times. Read only
        when duplicates must be told apart.
    """

    users: IdArray
    items: IdArray
    values: npt.NDArray[np.float32]
    timestamps: Callable[[], npt.NDArray[Any] | None] = field(default=lambda: None)

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def none(cls) -> RatingRows:
        """Return no rows."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True)
class Ratings:
    """The rating matrix.

    Attributes
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Rows are ``item_index``, columns ``user_index``; a rating of 0 is stored.
    user_ids : ndarray of shape (n_users,), sorted
    dropped : dict of str to int
        How many rows were left out, by the reason.
    """

    item_users: Any
    user_ids: IdArray
    dropped: dict[str, int]


def build_ratings(
    rows: RatingRows, item_ids: IdArray, min_ratings: int = 1, *, name: str = "the ratings"
) -> Ratings:
    """Arrange rating rows as a matrix over the films of a catalogue.

    Parameters
    ----------
    rows : RatingRows
    item_ids : ndarray of shape (n_items,), sorted
    min_ratings : int
        Films with fewer ratings lose them.
    name : str
        What an error calls the rows.

    Raises
    ------
    DataError
        If no rating is left.
    """
    item_index = _positions(rows.items, item_ids)
    n_unknown = int((item_index < 0).sum())
    dropped = {"of films that are not in the movies file": n_unknown}
    kept = np.flatnonzero(item_index >= 0) if n_unknown else slice(None)
    item_index, values = item_index[kept], rows.values[kept]
    user_ids, user_index = _unique(rows.users[kept])
    shape = (len(item_ids), len(user_ids))
    matrix = _csr(values, item_index, user_index, shape)
    if matrix.nnz < len(values):
        dropped["repeated (the last by time was kept)"] = len(values) - matrix.nnz
        times = rows.timestamps()
        last = last_of_each(item_index, user_index, None if times is None else times[kept])
        matrix = _csr(values[last], item_index[last], user_index[last], shape)
    if min_ratings > 1:
        n_before = matrix.nnz
        matrix = _with_min_ratings(matrix, min_ratings)
        dropped[f"of films with fewer than {min_ratings} ratings"] = n_before - matrix.nnz
        matrix, user_ids = _without_empty_columns(matrix, user_ids)
    if matrix.nnz == 0:
        raise DataError(*_nothing_left(name, len(rows), dropped))
    return Ratings(matrix, user_ids, {reason: n for reason, n in dropped.items() if n})


def _nothing_left(name: str, n_rows: int, dropped: dict[str, int]) -> tuple[str, str]:
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in dropped.items() if n)
    return (
        f"{name}: no rating is left of {n_rows:,}: {reasons or 'the file has none'}",
        "do the two files belong to the same data set?",
    )


def _positions(ids: IdArray, sorted_ids: IdArray) -> npt.NDArray[np.int32]:
    """Return the place of each of `ids` in `sorted_ids`, or -1."""
    unique, places = _unique(ids)
    if unique.dtype.kind != sorted_ids.dtype.kind:
        # One file has text ids and the other numbers: they can only meet as text.
        place_of = {str(plain_id(value)): place for place, value in enumerate(sorted_ids)}
        found = [place_of.get(str(plain_id(value)), -1) for value in unique]
        return np.array(found, dtype=np.int32)[places]
    places_of_unique = np.searchsorted(sorted_ids, unique).astype(np.int32)
    places_of_unique[places_of_unique == len(sorted_ids)] = 0
    places_of_unique[sorted_ids[places_of_unique] != unique] = -1
    return places_of_unique[places]


def _unique(ids: IdArray) -> tuple[IdArray, npt.NDArray[np.int32]]:
    """Return the different ids, sorted, and the place of each of `ids` among them."""
    span = int(ids.max()) - int(ids.min()) + 1 if len(ids) and ids.dtype.kind == "i" else 0
    if not 0 < span <= _LONGEST_LOOKUP:
        unique, places = np.unique(ids, return_inverse=True)
        return unique, places.astype(np.int32)
    # Numbers that lie close together are looked up instead of sorted: ten times as fast.
    least = ids.min()
    present = np.zeros(span, dtype=bool)
    present[ids - least] = True
    lookup = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return (np.flatnonzero(present) + int(least)), lookup[ids - least]


def _csr(
    values: npt.NDArray[np.float32],
    items: npt.NDArray[np.int32],
    users: npt.NDArray[np.int32],
    shape: tuple[int, int],
) -> Any:
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((values, (items, users)), shape=shape, dtype=np.float32)
    matrix.sort_indices()
    return matrix


def last_of_each(
    items: npt.NDArray[np.int32], users: npt.NDArray[np.int32], times: npt.NDArray[Any] | None
) -> npt.NDArray[np.int64]:
    """Return the rows that hold the last rating of each (film, user), by time, then by place."""
    when = np.zeros(len(items)) if times is None else times
    order = np.lexsort((when, users, items))
    pair_ends = (np.diff(items[order]) != 0) | (np.diff(users[order]) != 0)
    return np.asarray(order[np.append(pair_ends, True)])


def _with_min_ratings(matrix: Any, min_ratings: int) -> Any:
    rows = matrix.tocoo()
    enough = np.diff(matrix.indptr)[rows.row] >= min_ratings
    return _csr(rows.data[enough], rows.row[enough], rows.col[enough], matrix.shape)


def _without_empty_columns(matrix: Any, user_ids: IdArray) -> tuple[Any, IdArray]:
    rated = np.bincount(matrix.indices, minlength=len(user_ids)) > 0
    return (matrix, user_ids) if rated.all() else (matrix[:, rated], user_ids[rated])
