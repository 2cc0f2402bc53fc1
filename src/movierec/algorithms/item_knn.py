"""Item-based nearest neighbours: scikit-learn's estimator, and answers beyond the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.blockwise import Cosine, order_of


def fit_estimator(item_users: Any, n_neighbors: int) -> Any:
    """Fit scikit-learn's brute-force cosine search on the rating matrix.

    Parameters
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    n_neighbors : int

    Returns
    -------
    sklearn.neighbors.NearestNeighbors
    """
    from sklearn.neighbors import NearestNeighbors

    n_neighbors = min(n_neighbors, item_users.shape[0])
    estimator = NearestNeighbors(n_neighbors=n_neighbors, metric="cosine", algorithm="brute")
    return estimator.fit(item_users)


def fitted_matrix(estimator: Any) -> Any:
    """Return the matrix that an estimator was fitted on (scikit-learn keeps it by this name)."""
    return estimator._fit_X


def rank_all(
    estimator: Any, index: int, min_support: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Rank all films by their similarity to one, from the estimator's matrix.

    scikit-learn's own ``kneighbors`` would normalise the whole matrix again, in float32, and
    order ties at random; this gives what a longer table would hold.

    Returns
    -------
    order : ndarray of shape (n_neighbors,), int64
        The ``item_index`` of each film with a similarity, the nearest first.
    similarities : ndarray of shape (n_neighbors,), float32
    support : ndarray of shape (n_neighbors,), int32
    """
    similarities, support = Cosine(fitted_matrix(estimator), min_support).rows(index, index + 1)
    order = order_of(similarities[0], similarities.shape[1])
    return order, similarities[0, order], support[0, order]
