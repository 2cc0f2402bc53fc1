"""Compiled loops that count who rated both items of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from movierec.neighbors.compiled import compiled

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.support import SupportMatrix

Array = Any  # a NumPy array; numba checks the type

_SEARCH = 16  # steps of a binary search, about as slow as reading so many ratings


class Counts(NamedTuple):
    """The ratings, and what was counted before."""

    indptr: Array  #: (n_items + 1,), of a CSR matrix of shape (n_items, n_users)
    users: Array  #: (nnz,), ascending for each item
    places: Array  #: (n_items,) int32, the row of each item in `known`, or -1
    known: Array  #: (n, n) float32
    n_users: int

    @classmethod
    def of(cls, ratings: csr_matrix, support: SupportMatrix | None = None) -> Counts:
        """Take the arrays of ratings, and the counts of a matrix that is filled.

        Parameters
        ----------
        ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
        support : SupportMatrix, optional
        """
        places = np.full(ratings.shape[0], -1, np.int32) if support is None else support.places
        known = np.zeros((0, 0), np.float32) if support is None else support.counts
        return cls(ratings.indptr, ratings.indices, places, known, ratings.shape[1])

    @classmethod
    def none(cls, n_items: int) -> Counts:
        """Return counts where nobody rated anything."""
        return cls(
            np.zeros(n_items + 1, np.int32),
            np.zeros(0, np.int32),
            np.full(n_items, -1, np.int32),
            np.zeros((0, 0), np.float32),
            0,
        )


@compiled
def count_pairs(counts: Counts, first: Array, second: Array, shared: Array) -> None:
    """Count the users that both items of each pair have.

    Parameters
    ----------
    counts : Counts
    first, second : ndarray of shape (n_pairs,), integer
        Counting is faster if equal items of `first` follow one another.
    shared : ndarray of shape (n_pairs,), int32, which is filled
    """
    bits = new_bits(counts)
    marked = -1
    for pair in range(len(first)):
        item = first[pair]
        if item != marked:
            mark(counts, item, bits)
            marked = item
        shared[pair] = count(counts, item, second[pair], bits)


@compiled
def new_bits(counts: Counts) -> Array:
    """Return a bit for each user, all 0: they fit in the first cache, where bytes would not.

    Parameters
    ----------
    counts : Counts
    """
    return np.zeros(counts.n_users // 64 + 1, np.uint64)


@compiled
def mark(counts: Counts, item: int, bits: Array) -> None:
    """Set the bits of the users who rated an item, and clear all others.

    Parameters
    ----------
    counts : Counts
    item : int
    bits : ndarray of uint64
        See :func:`new_bits`.
    """
    bits[:] = 0
    for user in counts.users[counts.indptr[item] : counts.indptr[item + 1]]:
        bits[user >> 6] |= np.uint64(1) << np.uint64(user & 63)


@compiled
def count(counts: Counts, item: Any, other: Any, bits: Array) -> Any:
    """Count the users that both items have.

    Parameters
    ----------
    counts : Counts
    item, other : int
    bits : ndarray of uint64
        Who rated the first item; see :func:`mark`.
    """
    place, other_place = counts.places[item], counts.places[other]
    if place >= 0 and other_place >= 0:
        return np.int64(counts.known[place, other_place])
    users, indptr = counts.users, counts.indptr
    n_few, n_many = indptr[item + 1] - indptr[item], indptr[other + 1] - indptr[other]
    found = np.uint64(0)
    if n_many > _SEARCH * n_few:
        many = users[indptr[other] : indptr[other + 1]]
        for user in users[indptr[item] : indptr[item + 1]]:
            at = np.searchsorted(many, user)
            found += np.uint64(at < n_many and many[at] == user)
        return np.int64(found)
    for user in users[indptr[other] : indptr[other + 1]]:
        found += (bits[user >> 6] >> np.uint64(user & 63)) & np.uint64(1)
    return np.int64(found)


@compiled
def group_pairs(neighbors: Array, indptr: Array) -> tuple[Array, Array]:
    """Group the pairs of a table by the item that has more ratings.

    Parameters
    ----------
    neighbors : ndarray of shape (n_items, k), int32
        -1 where an item has no more neighbors.
    indptr : ndarray of shape (n_items + 1,), integer
        Of the ratings.

    Returns
    -------
    starts : ndarray of shape (n_items + 1,), int64
    pairs : ndarray, int64
        The places of the pairs in the flat table; those of an item i are
        ``pairs[starts[i] : starts[i + 1]]``.
    """
    n_items, k = neighbors.shape
    larger = np.full(neighbors.size, -1, np.int32)
    ends = np.zeros(n_items + 1, np.int64)
    for pair, other in enumerate(neighbors.ravel()):
        if other >= 0:
            item = pair // k
            is_larger = indptr[item + 1] - indptr[item] > indptr[other + 1] - indptr[other]
            larger[pair] = item if is_larger else other
            ends[larger[pair]] += 1
    ends[:] = np.cumsum(ends)
    pairs = np.empty(ends[-1], np.int64)
    for pair in range(len(larger) - 1, -1, -1):
        if larger[pair] >= 0:
            ends[larger[pair]] -= 1
            pairs[ends[larger[pair]]] = pair
    return ends, pairs


@compiled
def count_groups(
    counts: Counts,
    neighbors: Array,
    starts: Array,
    pairs: Array,
    first: int,
    stop: int,
    support: Array,
) -> None:
    """Count the users that both items of the pairs in a table have.

    Parameters
    ----------
    counts : Counts
    neighbors : ndarray of shape (n_items, k), int32
    starts, pairs : ndarray
        See :func:`group_pairs`.
    first, stop : int
        The items whose pairs are counted.
    support : ndarray of shape (n_items, k), int32, which is filled
    """
    bits = new_bits(counts)
    k = neighbors.shape[1]
    for item in range(first, stop):
        mark(counts, item, bits)
        for pair in pairs[starts[item] : starts[item + 1]]:
            row, place = pair // k, pair % k
            other = row if neighbors[row, place] == item else neighbors[row, place]
            support[row, place] = count(counts, item, other, bits)


@compiled
def count_block(starts: Array, items: Array, first: int, counts: Array) -> None:
    """Count who rated both, for each item of a block and each item before it.

    Parameters
    ----------
    starts : ndarray of shape (n_users + 1,), integer
    items : ndarray of shape (nnz,), integer
        The items of each user, ascending.
    first : int
        The first item of the block.
    counts : ndarray of shape (n_rows, n_items), int32, which is filled
    """
    stop = first + len(counts)
    for user in range(len(starts) - 1):
        own = items[starts[user] : starts[user + 1]]
        for place in range(np.searchsorted(own, first), len(own)):
            if own[place] >= stop:
                break
            row = counts[own[place] - first]
            for other in own[:place]:
                row[other] += 1
