"""The nearest films of each film: cosine similarity of their rating vectors.

The cosine is that of Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering
recommendation algorithms" (WWW 2001), section 3.1.1, over all users, a missing rating being 0:
``similarity(i, j) = sum_u r_ui r_uj / (|r_i| |r_j|)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_BLOCK_CELLS = 2_000_000  # of a dense block of similarities: 16 MB


@dataclass(frozen=True)
class NeighborTable:
    """The nearest films of each film, nearest first; equals in the order of their ids.

    Attributes
    ----------
    neighbors : ndarray of shape (n_items, n_neighbors), int32
        ``item_index`` of each; -1 where a film has fewer. A film is never its own neighbour,
        and one with similarity 0 is none.
    similarities : ndarray of shape (n_items, n_neighbors), float32, descending
        Rounded from float64, so that equal similarities are equal here too.
    support : ndarray of shape (n_items, n_neighbors), int32
        How many users rated both.
    """

    neighbors: npt.NDArray[np.int32]
    similarities: npt.NDArray[np.float32]
    support: npt.NDArray[np.int32]


class Cosine:
    """Similarities between the rows of a rating matrix, computed in float64.

    Parameters
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users)
    min_support : int
        Pairs that fewer users rated have no similarity.
    """

    def __init__(self, item_users: Any, min_support: int = 1) -> None:
        from scipy.sparse import csr_matrix

        self._ratings = item_users.astype(np.float64)
        ones = np.ones(item_users.nnz, dtype=np.int32)
        self._rated = csr_matrix((ones, item_users.indices, item_users.indptr), item_users.shape)
        norms = np.sqrt(self._ratings.multiply(self._ratings).sum(axis=1)).A1
        self._norms = np.where(norms > 0, norms, 1.0)
        self._min_support = min_support

    def rows(self, start: int, stop: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return similarity and support of some films to all, 0 where they are no neighbours.

        Returns
        -------
        similarities : ndarray of shape (stop - start, n_items), float32
        support : ndarray of shape (stop - start, n_items), int32
        """
        dots = (self._ratings @ self._ratings[start:stop].T).toarray().T
        support = (self._rated @ self._rated[start:stop].T).toarray().T
        cosines = dots / self._norms[start:stop, None] / self._norms
        # Rounding to float32 first makes ties of what float64 noise tells apart.
        similarities = np.where(support >= self._min_support, cosines, 0.0).astype(np.float32)
        similarities[np.arange(stop - start), np.arange(start, stop)] = 0.0
        return similarities, support


def top_k(
    item_users: Any,
    k: int,
    *,
    min_support: int = 1,
    progress: Callable[[float], None] | None = None,
) -> NeighborTable:
    """Find the `k` nearest films of every film.

    Parameters
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users)
    k : int
    min_support : int
        Pairs that fewer users rated are left out.
    progress : callable, optional
        Called with the fraction that is done, 0 to 1.
    """
    n_items = item_users.shape[0]
    k = min(k, max(n_items - 1, 1))
    table = NeighborTable(
        neighbors=np.full((n_items, k), -1, dtype=np.int32),
        similarities=np.zeros((n_items, k), dtype=np.float32),
        support=np.zeros((n_items, k), dtype=np.int32),
    )
    cosine = Cosine(item_users, min_support)
    for start, stop in _blocks(n_items):
        similarities, support = cosine.rows(start, stop)
        for row in range(stop - start):
            nearest = order_of(similarities[row], k)
            n_found = len(nearest)
            table.neighbors[start + row, :n_found] = nearest
            table.similarities[start + row, :n_found] = similarities[row, nearest]
            table.support[start + row, :n_found] = support[row, nearest]
        if progress:
            progress(stop / n_items)
    return table


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
