"""Compute similarities that the table does not hold, and rank items by several others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import SparseRows, top_k_indices

Scores = npt.NDArray[np.float32]
Support = npt.NDArray[np.int32]

# Matrix entries in a block, whose temporary arrays take a few MB. NumPy lets no other thread of a
# server run during some of its steps, each of which takes a millisecond then.
_BLOCK_ENTRIES = 1 << 18


def compare(
    rows: SparseRows,
    inverse_norms: npt.NDArray[np.float64],
    n_users: int,
    items: Sequence[int],
    ratings: SparseRows | None = None,
) -> tuple[Scores, Support]:
    """Compare some items with all items, with the same results as the table.

    scikit-learn's ``kneighbors`` would normalize the whole matrix again, in float32, and order
    ties arbitrarily. Only NumPy is used, because importing SciPy would take longer than the
    products for most data sets.

    Parameters
    ----------
    rows : SparseRows of shape (n_items, n_columns)
        The vectors of the items.
    inverse_norms : ndarray of shape (n_items,), float64
        1 / the length of each vector.
    n_users : int
        Number of leading columns that are users.
    items : sequence of int
    ratings : SparseRows of shape (n_items, n_users), optional
        If the vectors do not begin with the ratings.

    Returns
    -------
    similarities : ndarray of shape (n_items, len(items)), float32
    support : ndarray of shape (n_items, len(items)), int32
        Number of users who rated both.
    """
    n_items = len(inverse_norms)
    products = np.zeros((n_items, len(items)))
    support = np.zeros((n_items, len(items)), dtype=np.int32)
    for number, item in enumerate(items):
        _multiply(rows, item, n_users, products[:, number], support[:, number])
        if ratings is not None:
            _multiply(ratings, item, n_users, np.empty(n_items), support[:, number])
    # Multiply the scales first, as the table does, to get the same bits.
    scales = inverse_norms[list(items)] * inverse_norms[:, None]
    return (products * scales).astype(np.float32), support


def _multiply(
    rows: SparseRows,
    item: int,
    n_users: int,
    products: npt.NDArray[np.float64],
    support: npt.NDArray[np.int32],
) -> None:
    """Fill in the scalar products and supports of one item with all items."""
    entries = slice(rows.indptr[item], rows.indptr[item + 1])
    values = np.zeros(rows.n_columns)
    is_stored = np.zeros(rows.n_columns, dtype=bool)
    values[rows.indices[entries]] = rows.data[entries]
    is_stored[rows.indices[entries]] = True
    for first, last in _blocks(rows.indptr):
        start, stop = rows.indptr[first], rows.indptr[last]
        shared = np.flatnonzero(is_stored[rows.indices[start:stop]]) + start
        counts = np.diff(np.searchsorted(shared, rows.indptr[first : last + 1]))
        owner = np.repeat(np.arange(last - first), counts)
        columns = rows.indices[shared]
        terms = rows.data[shared].astype(np.float64) * values[columns]
        products[first:last] = np.bincount(owner, terms, last - first)  # sums terms in order
        support[first:last] = np.bincount(owner[columns < n_users], minlength=last - first)


def _blocks(indptr: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows with about the same number of entries."""
    goals = np.arange(0, int(indptr[-1]) + _BLOCK_ENTRIES, _BLOCK_ENTRIES)
    borders = np.unique([0, *np.searchsorted(indptr, goals[1:-1]), len(indptr) - 1])
    return pairwise(borders.tolist())


def rank_all(
    similarities: Scores,
    support: Support,
    liked: Sequence[int],
    disliked: Sequence[int] = (),
    *,
    min_support: int = 0,
) -> tuple[npt.NDArray[np.int64], Scores, Support]:
    """Rank all items by their similarity to some items.

    The score of an item is its mean similarity to the liked items minus its mean similarity to
    the disliked ones.

    Parameters
    ----------
    similarities, support : ndarray of shape (n_items, n_queries)
        A column for each of the `liked` and then the `disliked` items; see :func:`compare`.
    liked, disliked : sequence of int
        ``item_index`` of each.
    min_support : int
        Similarities with less support count as 0.

    Returns
    -------
    order : ndarray of shape (n_neighbors,), int64
        The ``item_index`` of each item with a score and a mean similarity to the `liked` above 0,
        highest score first.
    similarities : ndarray of shape (n_neighbors,), float32
        The mean similarity to the `liked`.
    support : ndarray of shape (n_neighbors,), int32
        The lowest support with any of the `liked`.
    """
    near = np.where(support >= min_support, similarities, np.float32(0))
    means = _mean(near[:, : len(liked)])
    scores = means - _mean(near[:, len(liked) :]) if disliked else means.copy()
    scores[means <= 0] = 0  # unlike what is disliked, but unlike what is liked, too
    scores[[*liked, *disliked]] = 0
    order = top_k_indices(scores, len(scores))
    return order, means[order], support[order, : len(liked)].min(axis=1)


def _mean(columns: Scores) -> Scores:
    means: npt.NDArray[np.float64] = columns.mean(axis=1, dtype=np.float64)
    return means.astype(np.float32)
