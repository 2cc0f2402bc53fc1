"""Compiled loops that follow people from each item to those that they rated soon after.

A row of the matrix of transitions is summed at a time, from the histories of those who rated its
item, and only its strongest entries are kept: the whole matrix never exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._closeness import closeness, distance_within
from movierec.neighbors.compiled import compiled
from movierec.neighbors.heaps import kth_highest
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.algorithms._moments import Moments
    from movierec.algorithms.base import Run

Array = Any  # a NumPy array; numba checks the type

_ROWS = 256  # of a block


class Paths(NamedTuple):
    """The histories, and where each item is in them."""

    items: Array  #: (n,), by user and time
    moments: Array  #: (n,), the moment of each
    starts: Array  #: (n_moments + 1,), of the moments in `items`
    firsts: Array  #: (n_moments,), the first moment of the same person
    stops: Array  #: (n_moments,), the end of the moments of the same person
    offsets: Array  #: (n_items + 1,), of the items in `places`
    places: Array  #: (n,), the places in `items` of each item

    @classmethod
    def of(cls, moments: Moments, n_items: int) -> Self:
        """Convert histories.

        Parameters
        ----------
        moments : Moments
        n_items : int
        """
        per_user = np.diff(moments.users)
        number = np.min_scalar_type(-max(len(moments.items), 1))  # half of int64, if it suffices
        numbers = np.arange(len(moments.starts) - 1, dtype=number)
        firsts, stops = (
            np.repeat(ends.astype(number), per_user)
            for ends in (moments.users[:-1], moments.users[1:])
        )
        of_rows = np.repeat(numbers, moments.sizes)
        offsets = np.zeros(n_items + 1, dtype=np.int64)
        np.cumsum(np.bincount(moments.items, minlength=n_items), out=offsets[1:])
        places = np.empty(len(moments.items), dtype=number)
        group(moments.items, offsets[:-1].copy(), places)
        return cls(moments.items, of_rows, moments.starts, firsts, stops, offsets, places)


class Weights(NamedTuple):
    """How much pairs of ratings count."""

    later: Array  #: (2 * window + 1,), of a rating at a later time, by twice the distance
    earlier: Array  #: (2 * window + 1,), of one at an earlier time
    tied: Array  #: (3 * window,), of one at the same time, by the number of ratings at that time

    @classmethod
    def of(cls, window: int, exponent: float, backward: float) -> Self:
        """Compute the weights of all distances.

        Parameters
        ----------
        window : int
            The largest distance.
        exponent : float
            See :func:`movierec.algorithms._closeness.closeness`.
        backward : float
            The share of a rating at an earlier time. At the same time, either order is as likely.
        """
        later = np.zeros(2 * window + 1)
        later[1:] = closeness(np.arange(1, len(later)) / 2, exponent)
        tied = closeness(distance_within(np.arange(3 * window)), exponent)
        return cls(later, backward * later, (1 + backward) / 2 * tied)


class Row(NamedTuple):
    """A row of the matrix while it is summed."""

    sums: Array  #: (n_items,) float64
    people: Array  #: (n_items,) int32, who rated the item later
    touched: Array  #: (n_items,) int32, the items with a sum, in any order
    n_touched: Array  #: (1,)


def strongest(
    moments: Moments, factors: npt.NDArray[np.float64], n_kept: int, weights: Weights, run: Run
) -> tuple[csr_matrix, npt.NDArray[np.int32]]:
    """Sum the rows, and keep the strongest entries of each.

    Parameters
    ----------
    moments : Moments
    factors : ndarray of shape (n_items,), float64
        Entries are compared after they are multiplied by the factor of their column.
    n_kept : int
        Maximum number of entries of a row.
    weights : Weights
    run : Run

    Returns
    -------
    matrix : scipy.sparse.csr_matrix of shape (n_items, n_items), float32
    people : ndarray of shape (nnz,), int32
        How many people rated the item of the column later, within the window, for each entry.
    """
    from scipy.sparse import csr_matrix

    n_items, n_kept = len(factors), min(n_kept, len(factors))
    paths = Paths.of(moments, n_items)
    found: list[tuple[npt.NDArray[Any], ...]] = []

    def sum_block(first: int) -> tuple[npt.NDArray[Any], ...]:
        shape = (min(_ROWS, n_items - first), n_kept)
        items, values, people = (np.zeros(shape, kind) for kind in ("i4", "f4", "i4"))
        sizes = np.zeros(len(items), dtype=np.int64)
        sum_rows(paths, first, weights, factors, items, values, people, sizes)
        kept = np.arange(n_kept) < sizes[:, None]
        return sizes, items[kept], values[kept], people[kept]

    def done(block: tuple[npt.NDArray[Any], ...]) -> None:
        found.append(block)
        run.progress("following people", min(len(found) * _ROWS / n_items, 1.0))

    run_blocks(sum_block, range(0, n_items, _ROWS), done, run.n_threads)
    sizes, items, values, people = map(np.concatenate, zip(*found, strict=True))
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    return csr_matrix((values, items, indptr), shape=(n_items, n_items)), people


@compiled
def group(items: Array, ends: Array, places: Array) -> None:
    """Group the places of equal items.

    Parameters
    ----------
    items : ndarray of shape (n,), int32
    ends : ndarray of shape (n_items,), int64
        Where the places of each item begin; it is changed.
    places : ndarray of shape (n,), which is filled
    """
    for place in range(len(items)):
        places[ends[items[place]]] = place
        ends[items[place]] += 1


@compiled
def sum_rows(
    paths: Paths,
    first: int,
    weights: Weights,
    factors: Array,
    items: Array,
    values: Array,
    people: Array,
    sizes: Array,
) -> None:
    """Sum a block of rows, and keep the strongest entries of each.

    Parameters
    ----------
    paths : Paths
    first : int
        The first item of the block.
    weights : Weights
    factors : ndarray of shape (n_items,), float64
    items, values, people : ndarray of shape (n_rows, n_kept), int32, float32 and int32
        Filled with the entries, by item.
    sizes : ndarray of shape (n_rows,), int64
        Filled with the number of entries.
    """
    n_items = len(factors)
    touched, n_touched = np.empty(n_items, np.int32), np.zeros(1, np.int64)
    row = Row(np.zeros(n_items), np.zeros(n_items, np.int32), touched, n_touched)
    for at in range(len(sizes)):
        for place in paths.places[paths.offsets[first + at] : paths.offsets[first + at + 1]]:
            add_tied(paths, place, weights, row)
            add_later(paths, place, weights, row)
            add_earlier(paths, place, weights, row)
        sizes[at] = keep_strongest(row, factors, items[at], values[at], people[at])


@compiled
def add_tied(paths: Paths, place: int, weights: Weights, row: Row) -> None:
    """Add what a person rated at the same time.

    Parameters
    ----------
    paths : Paths
    place : int
        Of a rating in the histories.
    weights : Weights
    row : Row
    """
    moment = paths.moments[place]
    first, stop = paths.starts[moment], paths.starts[moment + 1]
    if stop - first < len(weights.tied):
        for other in range(first, stop):
            if other != place:
                add(row, paths.items[other], weights.tied[stop - first], 0)


@compiled
def add_later(paths: Paths, place: int, weights: Weights, row: Row) -> None:
    """Add what a person rated later; see :func:`add_tied`."""
    moment, starts = paths.moments[place], paths.starts
    for later in range(moment + 1, paths.stops[moment]):
        twice = starts[later] + starts[later + 1] - starts[moment] - starts[moment + 1]
        if twice >= len(weights.later):
            break
        for other in range(starts[later], starts[later + 1]):
            add(row, paths.items[other], weights.later[twice], 1)


@compiled
def add_earlier(paths: Paths, place: int, weights: Weights, row: Row) -> None:
    """Add what a person rated earlier; see :func:`add_tied`."""
    moment, starts = paths.moments[place], paths.starts
    if weights.earlier[-1] == 0:
        return
    for earlier in range(moment - 1, paths.firsts[moment] - 1, -1):
        twice = starts[moment] + starts[moment + 1] - starts[earlier] - starts[earlier + 1]
        if twice >= len(weights.earlier):
            break
        for other in range(starts[earlier], starts[earlier + 1]):
            add(row, paths.items[other], weights.earlier[twice], 0)


@compiled
def add(row: Row, item: int, weight: float, n_people: int) -> None:
    """Add to an entry of a row.

    Parameters
    ----------
    row : Row
    item : int
    weight : float
        Above 0.
    n_people : int
        Who rated it later.
    """
    if row.sums[item] == 0:
        row.touched[row.n_touched[0]] = item
        row.n_touched[0] += 1
    row.sums[item] += weight
    row.people[item] += n_people


@compiled
def keep_strongest(row: Row, factors: Array, items: Array, values: Array, people: Array) -> int:
    """Move the strongest entries of a row, and empty it.

    Parameters
    ----------
    row : Row
    factors : ndarray of shape (n_items,), float64
    items, values, people : ndarray of shape (n_kept,), which are filled
        Of entries that are equally strong, those of the first items are kept.

    Returns
    -------
    int
        The number of entries.
    """
    touched = np.sort(row.touched[: row.n_touched[0]])
    strengths = row.sums[touched] * factors[touched]
    least = 0.0
    if len(touched) > len(items):
        least = kth_highest(strengths.copy(), len(items))
    n_equal, size = len(items) - (strengths > least).sum(), 0
    for at, item in enumerate(touched):
        is_equal = strengths[at] == least
        if strengths[at] > least or (is_equal and n_equal > 0):
            n_equal -= is_equal
            items[size], values[size], people[size] = item, row.sums[item], row.people[item]
            size += 1
    row.sums[touched] = 0
    row.people[touched] = 0
    row.n_touched[0] = 0
    return size
