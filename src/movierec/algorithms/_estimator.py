"""Films in one space of ratings and content: scikit-learn's estimator, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.blockwise import inverse_norms, order_of

Scores = npt.NDArray[np.float32]

_LEAST_SHARE = 1e-9  # of the ratings in a similarity: below it they are as good as left out


def place(item_users: Any, content: Any, content_weight: float, prior: float) -> Any:
    """Place each film by its ratings and its content in one space.

    With `n` ratings of a film, ``s = (1 - content_weight) * n / (n + prior)`` is what its ratings
    count: many ratings decide, few leave the word to the content, as a prior would (compare Bell
    and Koren, "Scalable collaborative filtering with jointly derived neighborhood interpolation
    weights", ICDM 2007, section 3, who shrink similarities by ``n / (n + prior)``). The vector of
    a film is ``(sqrt(s) r / |r|, sqrt(1 - s) c)``, `c` its content, so the similarity of two is
    ``sqrt(s_i s_j) cos(r_i, r_j) + sqrt((1 - s_i) (1 - s_j)) cos(c_i, c_j)``.

    A cosine does not change with the length of a vector. Each is therefore stored times
    ``|r| / sqrt(s)``: the ratings stay in it as they were given.

    Parameters
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    content : scipy.sparse.csr_matrix of shape (n_items, n_features), float32, or None
        Rows of length 1; see :func:`movierec.content.content_matrix`.
    content_weight : float
        From 0, which gives `item_users` itself, to 1.
    prior : float
        How many ratings count as much as the prior content.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_users + n_features), float32
    """
    from scipy.sparse import diags, hstack

    if content is None or content_weight == 0:
        return item_users
    n_ratings = np.diff(item_users.indptr)
    share = (1 - content_weight) * n_ratings / np.maximum(n_ratings + prior, 1)
    share = np.maximum(share, _LEAST_SHARE)
    inverse = inverse_norms(item_users)
    norms = np.divide(1.0, inverse, out=np.ones(len(inverse)), where=inverse > 0)
    scaled = diags(norms * np.sqrt((1 - share) / share)) @ content
    vectors = hstack([item_users, scaled.astype(np.float32)], format="csr")
    vectors.sort_indices()
    return vectors


def fit_estimator(vectors: Any, n_neighbors: int) -> Any:
    """Fit scikit-learn's brute-force cosine search on the vectors of the films.

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
    return estimator.fit(vectors)


def fitted_matrix(estimator: Any) -> Any:
    """Return the matrix that an estimator was fitted on (scikit-learn keeps it by this name)."""
    return estimator._fit_X


def compare(
    vectors: Any, n_users: int, items: Sequence[int], similarities: Scores | None = None
) -> tuple[Scores, npt.NDArray[np.int32]]:
    """Return similarity and support of some films and all.

    scikit-learn's own ``kneighbors`` would normalise the whole matrix again, in float32, and
    order ties at random; for one film this gives what a longer table would hold.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
    n_users : int
        How many of its columns are users.
    items : sequence of int
    similarities : ndarray of shape (len(items), n_items), float32, optional
        Instead of the cosines of the vectors.

    Returns
    -------
    similarities : ndarray of shape (n_items, len(items)), float32
    support : ndarray of shape (n_items, len(items)), int32
    """
    from scipy.sparse import csr_matrix

    ones = np.ones(vectors.nnz, dtype=np.int32)
    rated = csr_matrix((ones, vectors.indices, vectors.indptr), vectors.shape)
    by_user = rated[items].toarray().T
    by_user[n_users:] = 0
    near = _cosines(vectors, items) if similarities is None else similarities.T
    return near, rated @ by_user


def _cosines(vectors: Any, items: Sequence[int]) -> Scores:
    scale = inverse_norms(vectors)
    # The product of the scales comes first, as in the table: the same bits.
    products = vectors @ vectors[items].toarray().T.astype(np.float64)
    return np.asarray(products * (scale[items] * scale[:, None]), dtype=np.float32)


def rank_all(
    similarities: Scores,
    support: npt.NDArray[np.int32],
    liked: Sequence[int],
    disliked: Sequence[int] = (),
    *,
    min_support: int = 0,
) -> tuple[npt.NDArray[np.int64], Scores, npt.NDArray[np.int32]]:
    """Rank all films by their similarity to some.

    Parameters
    ----------
    similarities, support : ndarray of shape (n_items, n_queries)
        Of :func:`compare`, for the `liked` and then the `disliked`.
    liked, disliked : sequence of int
        Films are ranked by their mean similarity to the first, less that to the second.
    min_support : int

    Returns
    -------
    order : ndarray of shape (n_neighbors,), int64
        The ``item_index`` of each film for which that is above 0, the highest first.
    similarities : ndarray of shape (n_neighbors,), float32
        The mean similarity to the `liked`.
    support : ndarray of shape (n_neighbors,), int32
        The lowest of the supports by the `liked`.
    """
    near = np.where(support >= min_support, similarities, np.float32(0))
    means = _mean(near[:, : len(liked)])
    scores = means - _mean(near[:, len(liked) :]) if disliked else means.copy()
    scores[[*liked, *disliked]] = 0
    order = order_of(scores, len(scores))
    return order, means[order], support[order, : len(liked)].min(axis=1)


def _mean(columns: Scores) -> Scores:
    means: npt.NDArray[np.float64] = columns.mean(axis=1, dtype=np.float64)
    return means.astype(np.float32)
