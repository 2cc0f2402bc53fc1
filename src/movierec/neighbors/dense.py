"""Find nearest items by products of dense matrices, with compiled loops for the rest.

Most entries of the vectors are in columns that many items have: factors and common features. These
columns are multiplied as dense blocks, the others as sparse ones. All numbers are whole and the
sums below 2 ** 24, so float32 holds them exactly, whatever the order in which they are summed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.compiled import compiled
from movierec.neighbors.counting import Counts, count, count_groups, group_pairs, mark, new_bits
from movierec.neighbors.heaps import CHUNK, EMPTY, find_maxima, kth_highest
from movierec.neighbors.sparse import inverse_norms, split_columns
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.blockwise import Compare
    from movierec.neighbors.support import SupportMatrix

_ROWS = 256  # of a block, whose products take 60 MB for 60,000 items
_COMMON = 0.05  # share of the items that have a common column

Array = Any  # a NumPy array; numba checks the type


def fill_table(
    table: NeighborTable,
    vectors: csr_matrix,
    ratings: csr_matrix,
    min_support: int,
    support: SupportMatrix | None,
    progress: Callable[[float], object],
    n_threads: int | None = None,
) -> None:
    """Find the nearest items of every item; see :func:`movierec.neighbors.top_k.top_k`.

    Parameters
    ----------
    table : NeighborTable
        An empty table, which is filled in place.
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        Whole numbers; see :mod:`movierec.neighbors.corrected`.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
    min_support, progress, n_threads
        As in that function.
    support : SupportMatrix, optional
        The counts of some pairs, which then are not counted again.
    """
    from threadpoolctl import threadpool_limits

    counts = Counts.of(ratings, support)
    nearest = Nearest(vectors, counts, min_support)
    n_items = vectors.shape[0]

    def fill_block(items: tuple[int, int]) -> int:
        start, stop = items
        nearest.fill(start, table.neighbors[start:stop], table.similarities[start:stop])
        return stop

    # A thread for each block is faster than threads within a product.
    with threadpool_limits(1):
        run_blocks(fill_block, blocks_of(n_items), lambda stop: progress(stop / n_items), n_threads)
    count_listed(table, counts, n_threads)


def fill_table_by(
    table: NeighborTable,
    compare: Compare,
    ratings: csr_matrix,
    min_support: int,
    progress: Callable[[float], object],
) -> None:
    """Find the nearest items of every item by any similarities.

    Only the pairs of the table are counted; counting all takes hours for 25 million ratings.

    Parameters
    ----------
    table : NeighborTable
        An empty table, which is filled in place.
    compare : callable
        Returns the similarities of the items from `start` up to `stop` to all items. It is called
        in this thread only.
    ratings, min_support, progress
        As in :func:`fill_table`.
    """
    counts, n_items = Counts.of(ratings), ratings.shape[0]
    unit = np.ones(n_items)
    for start, stop in blocks_of(n_items):
        similarities = np.array(compare(start, stop), dtype=np.float32, order="C")
        rows = table.rows(start, stop)
        arrays = (rows.neighbors, rows.similarities.view(np.int32))
        select(similarities, start, unit, counts, min_support, *arrays)
        progress(stop / n_items)
    count_listed(table, counts)


def count_listed(table: NeighborTable, counts: Counts, n_threads: int | None = None) -> None:
    """Count who rated both, for the pairs of a table.

    Parameters
    ----------
    table : NeighborTable
        Whose `support` is filled.
    counts : Counts
    n_threads : int, optional
        Default: all processors.
    """
    starts, pairs = group_pairs(table.neighbors, counts.indptr)

    def count_block(items: tuple[int, int]) -> None:
        count_groups(counts, table.neighbors, starts, pairs, *items, table.support)

    run_blocks(count_block, blocks_of(len(table.neighbors)), n_threads=n_threads)


def blocks_of(n_items: int) -> list[tuple[int, int]]:
    """Return the start and the stop of each block of items."""
    return [*pairwise([*range(0, n_items, _ROWS), n_items])]


class Nearest:
    """Finds the nearest items of blocks of items; threads may share it.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        Whole numbers.
    counts : Counts
        Not used if `min_support` is 0.
    min_support : int
    """

    def __init__(self, vectors: csr_matrix, counts: Counts, min_support: int) -> None:
        self._common, self._rare = split_columns(vectors, _COMMON)
        self._rare_columns = self._rare.T.tocsr()
        self._scale = inverse_norms(vectors)
        self._counts, self._min_support = counts, min_support
        self._of_thread = local()

    @property
    def _buffer(self) -> npt.NDArray[np.float32]:
        """Memory for the products of a block; getting new memory for each takes a second."""
        if not hasattr(self._of_thread, "buffer"):
            self._of_thread.buffer = np.empty((_ROWS, len(self._scale)), dtype=np.float32)
        buffer: npt.NDArray[np.float32] = self._of_thread.buffer
        return buffer

    def fill(self, start: int, neighbors: Array, similarities: Array) -> None:
        """Fill the rows of a table for a block of items.

        Parameters
        ----------
        start : int
            The first item.
        neighbors, similarities : ndarray of shape (n_rows, k), int32 and float32
            At most as many rows as the blocks of :func:`blocks_of` have.
        """
        stop = start + len(neighbors)
        products = self._buffer[: len(neighbors)]
        np.matmul(self._common[start:stop], self._common.T, out=products)
        rare = self._rare[start:stop] @ self._rare_columns
        add_sparse(rare.indptr, rare.indices, rare.data, products)
        arrays = (neighbors, similarities.view(np.int32))
        select(products, start, self._scale, self._counts, self._min_support, *arrays)


@compiled
def add_sparse(indptr: Array, indices: Array, data: Array, products: Array) -> None:
    """Add a CSR matrix to a dense one of the same shape.

    Parameters
    ----------
    indptr, indices, data : ndarray
    products : ndarray of shape (n_rows, n_items), float32
    """
    for row in range(len(products)):
        for entry in range(indptr[row], indptr[row + 1]):
            products[row, indices[entry]] += data[entry]


@compiled
def select(
    products: Array,
    first: int,
    scale: Array,
    counts: Counts,
    min_support: int,
    neighbors: Array,
    similarities: Array,
) -> None:
    """Fill the rows of a table from the products of some items with all items.

    Parameters
    ----------
    products : ndarray of shape (n_rows, n_items), float32, which is overwritten
    first : int
        The item of the first row.
    scale : ndarray of shape (n_items,), float64
        1 / the length of each vector.
    counts : Counts
    min_support : int
    neighbors, similarities : ndarray of shape (n_rows, k), int32, which are filled
    """
    k, maxima = neighbors.shape[1], np.empty(-(-products.shape[1] // CHUNK), np.int32)
    keys, bits = np.empty(products.shape[1], np.int64), new_bits(counts)
    for row, item in enumerate(range(first, first + len(products))):
        _scale(products[row], item, scale)
        levels = products[row].view(np.int32)
        find_maxima(levels, maxima)
        if min_support:
            mark(counts, item, bits)
        n_found, floor, reach = 0, np.int32(2), k
        while n_found < k and floor > 1:
            floor, size = _gather(levels, maxima, reach, keys)
            best = np.sort(keys[:size])[::-1]
            n_found = keep(best, item, counts, min_support, bits, neighbors[row], similarities[row])
            reach *= 8  # enough of these may be pairs with less support


@compiled
def _scale(products: Array, item: int, scale: Array) -> None:
    """Turn the products of an item into similarities; that with itself becomes 0."""
    for other in range(len(scale)):
        # The product of the scales comes first: both orders of a pair give the same bits.
        products[other] = np.float32(products[other] * (scale[item] * scale[other]))
    products[item] = 0


@compiled
def _gather(levels: Array, maxima: Array, reach: int, keys: Array) -> tuple[Any, int]:
    """Find all items whose level is at least that of some number of items.

    Returns
    -------
    floor : int32
        The lowest of these levels; 1 if all positive ones were found.
    size : int
        The number of items. Their keys are at the start of `keys`, in no order.
    """
    floor, size = np.int32(1), 0
    if len(maxima) > reach:  # at least so many levels reach this maximum
        floor = max(floor, kth_highest(maxima.copy(), reach))
    for chunk, maximum in enumerate(maxima):
        if maximum < floor:
            continue
        for other in range(chunk * CHUNK, min((chunk + 1) * CHUNK, len(levels))):
            if levels[other] >= floor:
                keys[size] = (np.int64(levels[other]) << 32) + (EMPTY - other)
                size += 1
    return floor, size


@compiled
def keep(
    keys: Array,
    item: int,
    counts: Counts,
    min_support: int,
    bits: Array,
    neighbors: Array,
    similarities: Array,
) -> int:
    """Fill a row of a table with the first pairs that have the support; return their number.

    Parameters
    ----------
    keys : ndarray of shape (n,), int64
        Best first; see :mod:`movierec.neighbors.heaps`.
    item : int
    counts : Counts
    min_support : int
    bits : ndarray of uint64
        Who rated the item; see :func:`movierec.neighbors.counting.mark`.
    neighbors, similarities : ndarray of shape (k,), int32, which are filled
    """
    size = 0
    for key in keys:
        other = EMPTY - (key & EMPTY)
        if size == len(neighbors):
            break
        if not min_support or count(counts, item, other, bits) >= min_support:
            neighbors[size], similarities[size] = other, key >> 32
            size += 1
    return size
