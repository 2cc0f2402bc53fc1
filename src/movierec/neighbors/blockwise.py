"""All similarities of a block of films at a time, by products of sparse matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.table import NeighborTable

_NORM_ROWS = 1024
_BLOCK_CELLS = 2_000_000  # of a dense block of similarities: 16 MB


Compare = Callable[[int, int], npt.NDArray[Any]]


class Rows:
    """Rows of the table of all pairs: similarities of any kind, and what they rest on.

    Parameters
    ----------
    compare : callable
        Returns the similarities of the films from `start` up to `stop` to all.
    vectors, n_users, min_support
        As in :func:`movierec.neighbors.top_k`.
    """

    def __init__(self, compare: Compare, vectors: Any, n_users: int, min_support: int = 0) -> None:
        from scipy.sparse import csr_matrix

        ones = np.ones(vectors.nnz, dtype=np.int32)
        rated = csr_matrix((ones, vectors.indices, vectors.indptr), vectors.shape)
        self._rated = rated[:, :n_users]
        self._compare = compare
        self._min_support = min_support

    def __call__(
        self, start: int, stop: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return similarity and support of some films to all, 0 where they are no neighbours.

        Returns
        -------
        similarities : ndarray of shape (stop - start, n_items), float32
        support : ndarray of shape (stop - start, n_items), int32
        """
        support = _products(self._rated, start, stop)
        # Rounding to float32 first makes ties of what float64 noise tells apart.
        similarities = self._compare(start, stop).astype(np.float32)
        similarities[support < self._min_support] = 0.0
        similarities[np.arange(stop - start), np.arange(start, stop)] = 0.0
        return similarities, support


def cosine(vectors: Any, shrinkage: float = 0.0) -> Compare:
    """Return what compares films by the cosine of their vectors, computed in float64."""
    precise = vectors.astype(np.float64)
    scale = inverse_norms(vectors)

    def compare(start: int, stop: int) -> npt.NDArray[np.float64]:
        # The product of the scales comes first: both orders of a pair give the same bits.
        scales = scale[start:stop, None] * scale
        return np.asarray(_products(precise, start, stop) * (scales / (1 + shrinkage * scales)))

    return compare


def _products(matrix: Any, start: int, stop: int) -> npt.NDArray[Any]:
    return np.ascontiguousarray((matrix @ matrix[start:stop].T).toarray().T)


def inverse_norms(vectors: Any) -> npt.NDArray[np.float64]:
    """Return 1 / the norm of each row, or 0 for a row of zeros."""
    squares = np.zeros(vectors.shape[0])
    for start in range(0, len(squares), _NORM_ROWS):  # a float64 copy of them all is large
        ends = vectors.indptr[start : start + _NORM_ROWS + 1]
        values = vectors.data[ends[0] : ends[-1]].astype(np.float64)
        filled = np.flatnonzero(np.diff(ends))
        if len(filled):
            firsts = ends[filled] - ends[0]
            squares[start + filled] = np.add.reduceat(values * values, firsts)
    return np.divide(1.0, np.sqrt(squares), out=np.zeros(len(squares)), where=squares > 0)


def fill_table(table: NeighborTable, rows: Rows, progress: Callable[[float], object]) -> None:
    """Find the nearest films of every film; see :func:`movierec.neighbors.top_k`."""
    n_items, k = table.neighbors.shape
    for start, stop in _blocks(n_items):
        similarities, support = rows(start, stop)
        for row in range(stop - start):
            nearest = order_of(similarities[row], k)
            n_found = len(nearest)
            table.neighbors[start + row, :n_found] = nearest
            table.similarities[start + row, :n_found] = similarities[row, nearest]
            table.support[start + row, :n_found] = support[row, nearest]
        progress(stop / n_items)


def order_of(similarities: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Return the places of the `k` highest positive values, highest first, then by place."""
    candidates = np.flatnonzero(similarities > 0)
    values = similarities[candidates]
    if k < len(values):
        reach = values >= np.partition(values, -k)[-k]  # ties with the last one included
        candidates, values = candidates[reach], values[reach]
    return np.asarray(candidates[np.argsort(-values, kind="stable")][:k])


def _blocks(n_items: int) -> Iterator[tuple[int, int]]:
    length = max(1, _BLOCK_CELLS // max(n_items, 1))
    for start in range(0, n_items, length):
        yield start, min(start + length, n_items)
