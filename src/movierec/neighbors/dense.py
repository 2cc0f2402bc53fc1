"""Find nearest items by products of dense matrices, with compiled loops for the rest.

Most entries of the vectors are in columns that many items have: factors and common features. These
columns are multiplied as dense blocks, the others as sparse ones. All numbers are whole and the
sums below 2 ** 24, so float32 holds them exactly, whatever the order in which they are summed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from movierec.neighbors.counting import Counts, count, mark, new_bits
from movierec.neighbors.heaps import (
    CHUNK,
    EMPTY,
    find_maxima,
    kth_highest,
    replace_weakest,
    unpack_row,
)
from movierec.neighbors.sparse import inverse_norms, split_columns
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.support import SupportMatrix

_ROWS = 128  # of a block, whose products take 30 MB for 60,000 items
_COMMON = 0.02  # share of the items that have a common column

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

    run = _Run(table, vectors, Counts.of(ratings, support), min_support)
    n_items = vectors.shape[0]
    borders = [*range(0, n_items, _ROWS), n_items]
    # A thread for each block is faster than threads within a product.
    with threadpool_limits(1):
        blocks = pairwise(borders)
        run_blocks(run.block, blocks, lambda stop: progress(stop / n_items), n_threads)


class _Run:
    """What the threads share: matrices that they read, and rows of the table that they fill."""

    def __init__(
        self, table: NeighborTable, vectors: csr_matrix, counts: Counts, min_support: int
    ) -> None:
        self._common, self._rare = split_columns(vectors, _COMMON)
        self._rare_columns = self._rare.T.tocsr()
        self._scale = inverse_norms(vectors)
        self._table, self._counts, self._min_support = table, counts, min_support

    def block(self, rows: tuple[int, int]) -> int:
        """Fill some rows of the table, given by their start and stop, and return the stop."""
        start, stop = rows
        products = self._common[start:stop] @ self._common.T
        rare = self._rare[start:stop] @ self._rare_columns
        add_sparse(rare.indptr, rare.indices, rare.data, products)
        scale_products(products, start, self._scale)
        levels, table = products.view(np.int32), self._table
        arrays = (table.neighbors, table.similarities.view(np.int32), table.support)
        select(levels, start, self._counts, self._min_support, *arrays)
        return stop


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
def scale_products(products: Array, first: int, scale: Array) -> None:
    """Turn products into similarities, in place; that of an item with itself becomes 0.

    Parameters
    ----------
    products : ndarray of shape (n_rows, n_items), float32
    first : int
        The item of the first row.
    scale : ndarray of shape (n_items,), float64
        1 / the length of each vector.
    """
    for row in range(len(products)):
        own = scale[first + row]
        for other in range(len(scale)):
            # The product of the scales comes first: both orders of a pair give the same bits.
            products[row, other] = np.float32(products[row, other] * (own * scale[other]))
        products[row, first + row] = 0


@njit(nogil=True, cache=True)
def select(
    levels: Array,
    first: int,
    counts: Counts,
    min_support: int,
    neighbors: Array,
    similarities: Array,
    support: Array,
) -> None:
    """Fill the rows of a table from the similarities of some items to all items.

    Parameters
    ----------
    levels : ndarray of shape (n_rows, n_items), int32
        See :mod:`movierec.neighbors.heaps`.
    first : int
        The item of the first row.
    counts : Counts
    min_support : int
    neighbors, similarities, support : ndarray of shape (n_items, k), int32
    """
    k = neighbors.shape[1]
    maxima = np.empty(-(-levels.shape[1] // CHUNK), np.int32)
    bits, unused = new_bits(counts), np.zeros(k, np.int32)
    for row, item in enumerate(range(first, first + len(levels))):
        mark(counts, item, bits)
        find_maxima(levels[row], maxima)
        keys, floor = np.full(k, EMPTY), np.int32(1)
        if len(maxima) > k and not min_support:  # at least k levels reach the k-th best maximum
            floor = max(floor, kth_highest(maxima.copy(), k))
        for chunk, maximum in enumerate(maxima):
            if maximum >= floor:
                _collect(levels[row], item, chunk, floor, counts, min_support, bits, keys, unused)
        unpack_row(keys, unused, neighbors[item], similarities[item], support[item])
        for place, other in enumerate(neighbors[item]):
            if other >= 0:
                support[item, place] = count(counts, item, other, bits)


@njit(nogil=True, cache=True)
def _collect(
    levels: Array,
    item: int,
    chunk: int,
    floor: Any,
    counts: Counts,
    min_support: int,
    bits: Array,
    keys: Array,
    unused: Array,
) -> None:
    """Add what a chunk of levels has to the best of an item."""
    for other in range(chunk * CHUNK, min((chunk + 1) * CHUNK, len(levels))):
        key = (np.int64(levels[other]) << 32) + (EMPTY - other)
        if levels[other] < floor or key <= keys[0]:
            continue
        if not min_support or count(counts, item, other, bits) >= min_support:
            replace_weakest(keys, unused, len(keys), int(key), 0)
