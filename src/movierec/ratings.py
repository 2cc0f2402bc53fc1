"""Validated ratings: one CSR matrix, with the ids of its rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.columns import IdArray
from movierec.errors import DataError

IntArray = npt.NDArray[np.int64]


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
    known = item_index >= 0
    dropped = {"of films that are not in the movies file": int(len(rows) - known.sum())}
    user_ids, user_index = np.unique(rows.users[known], return_inverse=True)
    shape = (len(item_ids), len(user_ids))
    kept = np.flatnonzero(known)
    matrix = _csr(rows.values[kept], item_index[kept], user_index, shape)
    if matrix.nnz < len(kept):
        dropped["repeated (the last by time was kept)"] = len(kept) - matrix.nnz
        last = _last_of_each(item_index[kept], user_index, rows.timestamps, kept)
        matrix = _csr(rows.values[kept[last]], item_index[kept[last]], user_index[last], shape)
    if min_ratings > 1:
        matrix, lost = _with_min_ratings(matrix, min_ratings)
        dropped[f"of films with fewer than {min_ratings} ratings"] = lost
    if matrix.nnz == 0:
        raise DataError(*_nothing_left(name, len(rows), dropped))
    matrix, user_ids = _without_empty_columns(matrix, user_ids)
    return Ratings(matrix, user_ids, {reason: n for reason, n in dropped.items() if n})


def _nothing_left(name: str, n_rows: int, dropped: dict[str, int]) -> tuple[str, str]:
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in dropped.items() if n)
    return (
        f"{name}: no rating is left of {n_rows:,}: {reasons or 'the file has none'}",
        "do the two files belong to the same data set?",
    )


def _positions(ids: IdArray, sorted_ids: IdArray) -> IntArray:
    """Return the place of each of `ids` in `sorted_ids`, or -1."""
    unique, inverse = np.unique(ids, return_inverse=True)
    if unique.dtype.kind != sorted_ids.dtype.kind and len(unique) and len(sorted_ids):
        # One file has text ids and the other numbers: they can only meet as text.
        unique = unique.astype(bytes) if unique.dtype.kind in "iu" else unique
        texts = sorted_ids.astype(bytes) if sorted_ids.dtype.kind in "iu" else sorted_ids
        order = np.argsort(texts)
        places = order[_sorted_positions(unique, texts[order])]
        found = _sorted_positions(unique, texts[order]) >= 0
        return np.asarray(np.where(found, places, -1)[inverse])
    return _sorted_positions(unique, sorted_ids)[inverse]


def _sorted_positions(ids: IdArray, sorted_ids: IdArray) -> IntArray:
    places = np.minimum(np.searchsorted(sorted_ids, ids), max(len(sorted_ids) - 1, 0))
    found = sorted_ids[places] == ids if len(sorted_ids) else np.zeros(len(ids), bool)
    return np.where(found, places, -1)


def _csr(
    values: npt.NDArray[np.float32], items: IntArray, users: IntArray, shape: tuple[int, int]
) -> Any:
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((values, (items, users)), shape=shape, dtype=np.float32)
    matrix.sort_indices()
    return matrix


def _last_of_each(
    items: IntArray,
    users: IntArray,
    timestamps: Callable[[], npt.NDArray[Any] | None],
    kept: IntArray,
) -> IntArray:
    """Return the rows that hold the last rating of each (film, user), by time, then by place."""
    times = timestamps()
    when = np.zeros(len(kept)) if times is None else times[kept]
    order = np.lexsort((when, users, items))
    pair_ends = (np.diff(items[order]) != 0) | (np.diff(users[order]) != 0)
    return np.asarray(order[np.append(pair_ends, True)])


def _with_min_ratings(matrix: Any, min_ratings: int) -> tuple[Any, int]:
    rows = matrix.tocoo()
    enough = np.diff(matrix.indptr)[rows.row] >= min_ratings
    left = _csr(rows.data[enough], rows.row[enough], rows.col[enough], matrix.shape)
    return left, matrix.nnz - left.nnz


def _without_empty_columns(matrix: Any, user_ids: IdArray) -> tuple[Any, IdArray]:
    rated = np.bincount(matrix.indices, minlength=len(user_ids)) > 0
    return (matrix, user_ids) if rated.all() else (matrix[:, rated], user_ids[rated])
