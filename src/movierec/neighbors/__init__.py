"""The nearest films of each film: cosine similarity of their vectors.

A film's vector is a row of a sparse matrix: first its ratings, a column for each user, then perhaps
what else is known of it. Over ratings alone the cosine is that of Sarwar, Karypis, Konstan and
Riedl, "Item-based collaborative filtering recommendation algorithms" (WWW 2001), section 3.1.1,
over all users, a missing rating being 0: ``similarity(i, j) = sum_u r_ui r_uj / (|r_i| |r_j|)``.

``blockwise`` multiplies sparse matrices, a block of films at a time: simple, and fast enough for
small data. ``pairwise`` and ``parallel`` compute each pair once, in compiled loops on all
processors. Both give the same table, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from movierec.neighbors import blockwise
from movierec.neighbors.table import NeighborTable

__all__ = ["NeighborTable", "top_k"]

# Multiplications beyond which compiled loops win, though loading them takes over half a second.
_MANY = 200_000_000


def top_k(
    vectors: Any,
    k: int,
    *,
    n_users: int | None = None,
    min_support: int = 0,
    shrinkage: float = 0.0,
    progress: Callable[[float], object] = lambda done: None,
) -> NeighborTable:
    """Find the `k` nearest films of every film.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        Finite, each column at most once in a row, in order. A stored 0 is a rating.
    k : int
    n_users : int, optional
        How many columns are users, who make up the support of a pair: all, unless it says less.
    min_support : int
        Pairs that fewer users rated are left out.
    shrinkage : float
        Added to the product of the two lengths by which a scalar product is divided.
    progress : callable, optional
        Called with the fraction that is done, 0 to 1.

    Returns
    -------
    NeighborTable
        Similarities are summed in float64, and the same on any number of processors.
    """
    table = NeighborTable.empty(vectors.shape[0], k)
    per_column = np.bincount(vectors.indices, minlength=1).astype(np.float64)
    n_users = vectors.shape[1] if n_users is None else n_users
    if shrinkage or (per_column**2).sum() < _MANY:
        compare = blockwise.cosine(vectors, shrinkage)
        rows = blockwise.Rows(compare, vectors, n_users, min_support)
        blockwise.fill_table(table, rows, progress)
    else:
        from movierec.neighbors import parallel  # loads the compiled loops

        parallel.fill_table(table, vectors, n_users, min_support, progress)
    return table
