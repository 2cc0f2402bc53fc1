"""Compute all similarities of a block of items at a time, by products of sparse matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.sparse import inverse_norms, split_columns, top_k_indices
from movierec.neighbors.table import NeighborTable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_COMMON = 0.05  # share of the items that have a common column
_BLOCK_CELLS = 2_000_000  # cells of a dense block of similarities, which takes 16 MB


Compare = Callable[[int, int], npt.NDArray[Any]]
Rows = Callable[[int, int], tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]]


class SimilarityRows:
    """Rows of the item-item matrix: similarities of any kind, and their support.

    Parameters
    ----------
    compare : callable
        Returns the similarities of the items from `start` up to `stop` to all items.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)
        Every stored value is a rating.
    min_support : int
        As in :func:`movierec.neighbors.top_k.top_k`.
    """

    def __init__(self, compare: Compare, ratings: csr_matrix, min_support: int = 0) -> None:
        from scipy.sparse import csr_matrix

        ones = np.ones(ratings.nnz, dtype=np.int32)
        self._rated = csr_matrix((ones, ratings.indices, ratings.indptr), ratings.shape)
        self._compare = compare
        self._min_support = min_support

    def __call__(
        self, start: int, stop: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return the similarity and the support of some items with all items.

        Parameters
        ----------
        start, stop : int
            The items from `start` up to `stop`.

        Returns
        -------
        similarities : ndarray of shape (stop - start, n_items), float32
            0 for an item itself, and for pairs with too little support.
        support : ndarray of shape (stop - start, n_items), int32
        """
        support = products(self._rated, slice(start, stop))
        # Round to float32 first, so that values that differ only by float64 noise are equal.
        similarities = self._compare(start, stop).astype(np.float32)
        if self._min_support:
            similarities[support < self._min_support] = 0.0
        similarities[np.arange(stop - start), np.arange(start, stop)] = 0.0
        return similarities, support


def cosine(vectors: csr_matrix, shrinkage: float = 0.0) -> Compare:
    """Return a function that compares items by the cosine of their vectors, in float64.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns)
    shrinkage : float
        As in :func:`movierec.neighbors.top_k.top_k`.
    """
    precise = vectors.astype(np.float64)
    scale = inverse_norms(vectors)

    def compare(start: int, stop: int) -> npt.NDArray[np.float64]:
        # Multiply the scales first, so that both orders of a pair give the same bits.
        scales = scale[start:stop, None] * scale
        if shrinkage:
            scales /= 1 + shrinkage * scales
        scales *= products(precise, slice(start, stop))
        return np.asarray(scales)

    return compare


def cosine_of_factors(vectors: csr_matrix) -> Compare:
    """Return a function that compares corrected vectors, most of whose entries are factors.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns)
        Whole numbers; see :mod:`movierec.neighbors.corrected`.
    """
    found = FactorProducts(vectors)

    def compare(start: int, stop: int) -> npt.NDArray[np.float64]:
        return found.cosines(slice(start, stop))

    return compare


class FactorProducts:
    """Cosines of corrected vectors, of whole numbers: sums are exact.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns)
    """

    def __init__(self, vectors: csr_matrix) -> None:
        self._common, self._rare = split_columns(vectors, _COMMON)
        self._scale = inverse_norms(vectors)

    def cosines(self, rows: Any) -> npt.NDArray[np.float64]:
        """Return the cosines of some items with all items.

        Parameters
        ----------
        rows : slice, or ndarray of integers
        """
        sums = self._common[rows] @ self._common.T + products(self._rare, rows)
        return np.asarray(sums * (self._scale[rows, None] * self._scale))


def products(matrix: csr_matrix, rows: Any) -> npt.NDArray[Any]:
    """Return the scalar products of some rows with all rows.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix of shape (n_rows, n_columns)
    rows : slice, or ndarray of integers
    """
    return np.ascontiguousarray((matrix @ matrix[rows].T).toarray().T)


def fill_table(table: NeighborTable, rows: Rows, progress: Callable[[float], object]) -> None:
    """Find the nearest items of every item; see :func:`movierec.neighbors.top_k.top_k`.

    Parameters
    ----------
    table : NeighborTable
        An empty table, which is filled in place.
    rows : callable
        As :class:`SimilarityRows`.
    progress : callable
        Called with the fraction done, from 0 to 1.
    """
    from threadpoolctl import threadpool_limits

    n_items = len(table.neighbors)
    with threadpool_limits(1):  # in small products, several threads mostly wait for each other
        for start, stop in _blocks(n_items):
            similarities, support = rows(start, stop)
            fill_rows(table.rows(start, stop), similarities, support)
            progress(stop / n_items)


def fill_rows(
    table: NeighborTable,
    similarities: npt.NDArray[np.float32],
    support: npt.NDArray[np.int32],
) -> None:
    """Fill rows of a table from the similarities of their items with all items.

    Parameters
    ----------
    table : NeighborTable of n_rows
    similarities, support : ndarray of shape (n_rows, n_items)
        Similarities are 0 where a pair is left out.
    """
    n_rows, k = table.neighbors.shape
    for row in range(n_rows):
        nearest = top_k_indices(similarities[row], k)
        n_found = len(nearest)
        table.neighbors[row, :n_found] = nearest
        table.similarities[row, :n_found] = similarities[row, nearest]
        table.support[row, :n_found] = support[row, nearest]


def _blocks(n_items: int) -> Iterator[tuple[int, int]]:
    length = max(1, _BLOCK_CELLS // max(n_items, 1))
    for start in range(0, n_items, length):
        yield start, min(start + length, n_items)
