"""The scikit-learn estimator that a model file contains. movierec does not need it for queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.neighbors import NearestNeighbors


def fit_estimator(vectors: csr_matrix, n_neighbors: int) -> NearestNeighbors:
    """Fit scikit-learn's brute-force cosine search on the vectors of the items.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
    n_neighbors : int

    Returns
    -------
    sklearn.neighbors.NearestNeighbors
    """
    from sklearn.neighbors import NearestNeighbors

    n_neighbors = min(n_neighbors, vectors.shape[0])
    estimator = NearestNeighbors(n_neighbors=n_neighbors, metric="cosine", algorithm="brute")
    estimator.fit(vectors)
    estimator._fit_X = vectors  # instead of a copy, which takes 200 MB for 25 million ratings
    return estimator
