"""Find nearest items by the cosines of dense vectors: roughly in float32, then in float64.

Only pairs whose rough cosine comes near those of the nearest items are computed in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.compiled import compiled
from movierec.neighbors.counting import Counts, mark, new_bits
from movierec.neighbors.dense import blocks_of, count_listed, keep
from movierec.neighbors.heaps import CHUNK, EMPTY, find_maxima, kth_highest
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = Any  # a NumPy array; numba checks the type


def fill_table(
    table: NeighborTable,
    unit: npt.NDArray[np.float64],
    ratings: csr_matrix,
    min_support: int,
    progress: Callable[[float], object],
    n_threads: int | None = None,
) -> None:
    """Find the nearest items of every item; see :func:`movierec.neighbors.top_k.top_k_by`.

    Parameters
    ----------
    table : NeighborTable
        An empty table, which is filled in place.
    unit : ndarray of shape (n_items, n_factors), float64
        Vectors of length 1, or of zeros.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
    min_support, progress
        As in that function.
    n_threads : int, optional
        Default: all processors. The result does not depend on it.
    """
    from threadpoolctl import threadpool_limits

    counts, n_items = Counts.of(ratings), len(unit)
    rough = unit.astype(np.float32)
    # Each product and each sum may be off by half a unit of the last digit, and so may the vectors.
    error = (unit.shape[1] + 3) * 2.0**-24

    def fill_block(items: tuple[int, int]) -> int:
        start, stop = items
        rows = table.rows(start, stop)
        arrays = rows.neighbors, rows.similarities.view(np.int32)
        cosines = rough[start:stop] @ rough.T
        select_nearest(cosines, error, start, unit, counts, min_support, *arrays)
        return stop

    with threadpool_limits(1):  # a thread for each block is faster than threads within a product
        run_blocks(fill_block, blocks_of(n_items), lambda stop: progress(stop / n_items), n_threads)
    count_listed(table, counts, n_threads)


@compiled
def select_nearest(
    rough: Array,
    error: float,
    first: int,
    unit: Array,
    counts: Counts,
    min_support: int,
    neighbors: Array,
    similarities: Array,
) -> None:
    """Fill the rows of a table from rough cosines of some items with all items.

    Parameters
    ----------
    rough : ndarray of shape (n_rows, n_items), float32, which is overwritten
    error : float
        By how much a rough cosine may be off.
    first : int
        The item of the first row.
    unit : ndarray of shape (n_items, n_factors), float64
    counts : Counts
    min_support : int
    neighbors, similarities : ndarray of shape (n_rows, k), int32, which are filled
    """
    k, maxima = neighbors.shape[1], np.empty(-(-rough.shape[1] // CHUNK), np.int32)
    keys, bits = np.empty(rough.shape[1], np.int64), new_bits(counts)
    for row, item in enumerate(range(first, first + len(rough))):
        rough[row, item] = -2  # never its own neighbor
        find_maxima(rough[row].view(np.int32), maxima)
        if min_support:
            mark(counts, item, bits)
        n_found, floor, reach = 0, np.float32(1), k
        while n_found < k and floor > 0:
            floor = _floor(maxima, reach)
            size = _gather(rough[row], maxima.view(np.float32), floor, error, item, unit, keys)
            best = np.sort(keys[:size])[::-1]
            n_found = keep(best, item, counts, min_support, bits, neighbors[row], similarities[row])
            reach *= 8  # enough of these may be pairs with less support


@compiled
def _floor(maxima: Array, reach: int) -> Any:
    """Return a level that at least so many items reach, or 0."""
    if len(maxima) <= reach:
        return np.float32(0)
    highest = maxima.copy()
    highest[0] = kth_highest(highest, reach)
    return highest.view(np.float32)[0]


@compiled
def _gather(
    rough: Array, maxima: Array, floor: Any, error: float, item: int, unit: Array, keys: Array
) -> int:
    """Find all items whose cosine is surely among the best; return their number.

    Any item with a cosine of at least the floor less the error is found, so those that have less
    are left out: others like them may be missing.
    """
    size, least, is_last = 0, floor - 2 * error, floor == 0
    cosine = np.empty(1, np.float32)
    for chunk, maximum in enumerate(maxima):
        if not is_last and maximum < least:
            continue
        for other in range(chunk * CHUNK, min((chunk + 1) * CHUNK, len(rough))):
            if rough[other] >= least:
                total = 0.0
                for f in range(unit.shape[1]):
                    total += unit[item, f] * unit[other, f]
                cosine[0] = total
                if cosine[0] > 0 and (is_last or total >= floor - error):
                    level = np.int64(cosine.view(np.int32)[0])
                    keys[size] = (level << 32) + (EMPTY - other)
                    size += 1
    return size
