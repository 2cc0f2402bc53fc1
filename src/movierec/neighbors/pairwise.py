"""Compiled loops that compute every pair of items once.

Here, "users" and "ratings" include features and their weights: each is a column of the matrix. Only
the first `n_counted` columns are real users, whom `support` counts.

Items are ranked by number of ratings, and each user's list of ratings is sorted by that rank. The
items that are more popular than a given one are then a prefix of each list, so every pair is
computed once, from its less popular item, and offered to both items. Consecutive items form a
block, which reads the lists of its raters in one pass.

Levels and entries of top lists are explained in :mod:`movierec.neighbors.heaps`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from movierec.neighbors.compiled import compiled
from movierec.neighbors.heaps import (
    CHUNK,
    EMPTY,
    find_maxima,
    kth_highest,
    replace_weakest,
    unpack_row,
)

OFFER = np.dtype([("rank", np.uint32), ("support", np.int32), ("key", np.int64)])

Array = Any  # a NumPy array; numba checks the type


class Lists(NamedTuple):
    """The ratings by item and, most popular item first, by user."""

    indptr: Array  #: (n_items + 1,) int64, the entries of each item
    users: Array  #: (nnz,) int32, the user of each entry
    depths: Array  #: (nnz,) uint32, how many more popular items the user rated
    starts: Array  #: (n_users + 1,) uint64, the list of each user
    ranks: Array  #: (nnz,) uint32, ascending in each list
    values: Array  #: (nnz,) float32


class TopLists(NamedTuple):
    """The best pairs so far: for each rank, a heap with the weakest pair on top."""

    keys: Array  #: (n_items, k) int64
    support: Array  #: (n_items, k) int32
    floor: Array  #: (n_items,) int32, the lowest level that can be added, at least 1


class Scratch(NamedTuple):
    """The working arrays of a thread. `sums`, `counts` and `taken` are zero between blocks."""

    sums: Array  #: (pairs,) float64
    counts: Array  #: (pairs,) int32
    taken: Array  #: (n_users,) uint32, number of entries of the block in each list
    first: Array  #: (n_users,) uint32, depth of the first of these entries
    touched: Array  #: (n_users,) int32, the users that have such entries
    scores: Array  #: (n_items,) float32
    maxima: Array  #: (n_chunks,) int32
    offers: Array  #: (2 * pairs,) OFFER


@compiled
def fill_lists(ratings: Array, order: Array, lists: Lists, work: Array) -> None:
    """Fill `depths`, `ranks` and `values`, and add the multiplications of each rank to `work`.

    Parameters
    ----------
    ratings : ndarray of shape (nnz,), float32
    order : ndarray of shape (n_items,), int32, the item of each rank
    lists : Lists
    work : ndarray of shape (n_items,), float64
    """
    filled = np.zeros(len(lists.starts) - 1, np.uint32)
    for rank, item in enumerate(order):
        for entry in range(lists.indptr[item], lists.indptr[item + 1]):
            user = lists.users[entry]
            depth = filled[user]
            filled[user] += np.uint32(1)
            lists.depths[entry] = depth
            lists.ranks[lists.starts[user] + depth] = rank
            lists.values[lists.starts[user] + depth] = ratings[entry]
            work[rank] += depth


@compiled
def touch(lists: Lists, items: Array, scratch: Scratch) -> int:
    """Find the raters of a block of items, and the part of each rater's list that is in the block.

    Parameters
    ----------
    lists : Lists
    items : ndarray of shape (n,), int32
    scratch : Scratch
    """
    n_touched = 0
    for item in items:
        for entry in range(lists.indptr[item], lists.indptr[item + 1]):
            user = lists.users[entry]
            if scratch.taken[user] == 0:
                scratch.first[user] = lists.depths[entry]
                scratch.touched[n_touched] = user
                n_touched += 1
            scratch.taken[user] += np.uint32(1)
    return n_touched


@compiled
def accumulate(
    lists: Lists,
    touched: Array,
    n_counted: int,
    scratch: Scratch,
    first_rank: int,
    sums: Array,
    counts: Array,
) -> None:
    """Add the products of a block's ratings with the ratings of more popular items by each user.

    Parameters
    ----------
    lists, scratch : Lists, Scratch
    touched : ndarray of shape (n,), int32, the raters of the block
    n_counted, first_rank : int
    sums, counts : ndarray of shape (n_rows, n_ranks), a row for each item of the block
    """
    ranks, values = lists.ranks, lists.values
    for user in touched:
        is_counted = np.int32(user < n_counted)
        start = lists.starts[user]
        first = start + scratch.first[user]
        for entry in range(first, first + scratch.taken[user]):
            row = ranks[entry] - np.uint32(first_rank)
            row_sums, row_counts = sums[row], counts[row]
            factor = np.float64(values[entry])
            # All indices here are unsigned: signed ones would be tested for wrap-around each time.
            for other in range(start, entry):
                rank = ranks[other]
                row_sums[rank] += factor * values[other]
                row_counts[rank] += is_counted
        scratch.taken[user] = 0


@compiled
def _score(
    sums: Array,
    counts: Array,
    scale: Array,
    own_scale: float,
    min_support: int,
    shrinkage: float,
    scores: Array,
) -> None:
    """Turn one row of sums into similarities, 0 where support is too low, and clear it."""
    for other in range(len(sums)):
        # The product of the scales comes first: both orders of a pair give the same bits.
        both = own_scale * scale[other]
        score = np.float32(sums[other] * (both / (1 + shrinkage * both)))
        scores[other] = score if counts[other] >= min_support else np.float32(0)
        sums[other] = 0


@compiled
def _count_reaching(levels: Array, floor: Array) -> np.int32:
    """Count the levels that the other items of the pairs may keep."""
    n_reaching = np.int32(0)
    for i in range(len(levels)):
        n_reaching += np.int32(levels[i] >= floor[i])
    return n_reaching


@compiled
def select(
    sums: Array,
    counts: Array,
    scale: Array,
    first_rank: int,
    order: Array,
    min_support: int,
    shrinkage: float,
    top: TopLists,
    scratch: Scratch,
) -> Array:
    """Return the pairs of a block that either item may keep, and clear the accumulators.

    Parameters
    ----------
    sums, counts : ndarray of shape (n_rows, n_ranks), a row for each item of the block
    scale, order : ndarray of shape (n_items,), float64 and int32, by rank
    first_rank, min_support : int
    shrinkage : float
        Added to the product of the two lengths; see :func:`movierec.neighbors.blockwise.cosine`.
    top, scratch : TopLists, Scratch
    """
    offers, n_offers, k = scratch.offers, 0, top.keys.shape[1]
    for row in range(len(sums)):
        rank = first_rank + row
        levels, maxima = scratch.scores[:rank].view(np.int32), scratch.maxima[: -(-rank // CHUNK)]
        own_scale = scale[rank]
        terms = (own_scale, min_support, shrinkage)
        _score(sums[row, :rank], counts[row, :rank], scale, *terms, scratch.scores)
        find_maxima(levels, maxima)
        own_floor = np.int32(1)
        if len(maxima) > k:  # k chunks reach the k-th best maximum, so at least k scores do
            own_floor = max(own_floor, kth_highest(maxima.copy(), k))
        for chunk, maximum in enumerate(maxima):
            start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, rank)
            part = levels[start:stop]
            if maximum < own_floor and not _count_reaching(part, top.floor[start:stop]):
                continue
            for other in range(start, stop):
                high, support = np.int64(levels[other]) << 32, counts[row, other]
                if levels[other] >= own_floor:
                    key = high + (EMPTY - order[other])
                    n_offers = _offer(offers, n_offers, rank, key, support)
                if levels[other] >= top.floor[other]:
                    key = high + (EMPTY - order[rank])
                    n_offers = _offer(offers, n_offers, other, key, support)
        counts[row, :rank] = 0
    return offers[:n_offers]


@compiled
def _offer(offers: Array, n_offers: int, rank: int, key: int, support: int) -> int:
    offers[n_offers].rank = rank
    offers[n_offers].support = support
    offers[n_offers].key = key
    return n_offers + 1


@compiled
def merge(offers: Array, top: TopLists) -> None:
    """Merge offers into the top lists; the order of the offers makes no difference.

    Parameters
    ----------
    offers : ndarray of shape (n,), OFFER
    top : TopLists
    """
    for offer in offers:
        keys = top.keys[offer.rank]
        if offer.key > keys[0]:
            replace_weakest(keys, top.support[offer.rank], len(keys), offer.key, offer.support)
            top.floor[offer.rank] = max(1, keys[0] >> 32)


@compiled
def unpack(top: TopLists, order: Array, neighbors: Array, levels: Array, support: Array) -> None:
    """Move the entries of the heaps, weakest first, to arrays by item.

    Parameters
    ----------
    top : TopLists
    order : ndarray of shape (n_items,), int32
    neighbors, levels, support : ndarray of shape (n_items, k), int32
    """
    for rank, item in enumerate(order):
        unpack_row(top.keys[rank], top.support[rank], neighbors[item], levels[item], support[item])
