"""The nearest films of each film: cosine similarity of their rating vectors.

The cosine is that of Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering
recommendation algorithms" (WWW 2001), section 3.1.1, over all users, a missing rating being 0:
``similarity(i, j) = sum_u r_ui r_uj / (|r_i| |r_j|)``.

``blockwise`` multiplies sparse matrices, a block of films at a time: simple, and fast enough for
small data. ``pairwise`` and ``parallel`` compute each pair once, in compiled loops on all
processors. Both give the same table, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from movierec.neighbors.table import NeighborTable

__all__ = ["NeighborTable", "top_k"]

# Multiplications beyond which compiled loops win, though loading them takes over half a second.
_MANY = 100_000_000


def top_k(
    item_users: Any,
    k: int,
    *,
    min_support: int = 1,
    progress: Callable[[float], object] = lambda done: None,
) -> NeighborTable:
    """Find the `k` nearest films of every film.

    Parameters
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
        Finite ratings, each user at most once in a row, in order. A stored 0 is a rating.
    k : int
    min_support : int
        Pairs that fewer users rated are left out.
    progress : callable, optional
        Called with the fraction that is done, 0 to 1.

    Returns
    -------
    NeighborTable
        Similarities are summed in float64, and the same on any number of processors.
    """
    table = NeighborTable.empty(item_users.shape[0], k)
    per_user = np.bincount(item_users.indices, minlength=1).astype(np.float64)
    if (per_user**2).sum() < _MANY:
        from movierec.neighbors.blockwise import fill_table
    else:
        from movierec.neighbors.parallel import fill_table
    fill_table(table, item_users, min_support, progress)
    return table
