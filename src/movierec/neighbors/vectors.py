"""Item vectors that combine ratings and content, in either of two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.neighbors.corrected import corrected_vectors
from movierec.neighbors.sparse import inverse_norms
from movierec.neighbors.weighting import CORRECTED

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.content import Content

_LEAST_SHARE = 1e-9  # of ratings in a similarity; a smaller share would make no difference


def compared_vectors(
    ratings: csr_matrix,
    content: Content | None,
    content_weight: float,
    prior: float,
    weighting: str,
) -> tuple[csr_matrix, int]:
    """Return the vectors by which items are compared.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    content : Content, optional
    content_weight, prior : float
        See :func:`item_vectors` and :func:`movierec.neighbors.corrected.corrected_vectors`.
    weighting : {"corrected", "none"}

    Returns
    -------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_leading + n_features), float32
    n_leading : int
        Number of columns before the features of content.
    """
    if weighting == CORRECTED:
        return corrected_vectors(ratings, content, content_weight, prior)
    matrix = None if content is None else content.matrix
    return item_vectors(ratings, matrix, content_weight, prior), ratings.shape[1]


def item_vectors(
    item_users: csr_matrix, content: csr_matrix | None, content_weight: float, prior: float
) -> csr_matrix:
    """Combine the ratings and the content of each item into one vector.

    The ratings of an item with `n` ratings have the weight
    ``s = (1 - content_weight) * n / (n + prior)``. Ratings dominate if there are many, and content
    dominates if there are few, like a prior (compare Bell and Koren, "Scalable collaborative
    filtering with jointly derived neighborhood interpolation weights", ICDM 2007, section 3, who
    shrink similarities by ``n / (n + prior)``). The vector of an item is
    ``(sqrt(s) r / |r|, sqrt(1 - s) c)``, with content `c`, so that the similarity of two items is
    ``sqrt(s_i s_j) cos(r_i, r_j) + sqrt((1 - s_i) (1 - s_j)) cos(c_i, c_j)``.

    The cosine does not depend on the length of a vector. Each vector is therefore stored multiplied
    by ``|r| / sqrt(s)``, so that it holds the ratings unchanged.

    Parameters
    ----------
    item_users : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    content : scipy.sparse.csr_matrix of shape (n_items, n_features), float32, or None
        Rows of length 1; see :attr:`movierec.neighbors.content.Content.matrix`.
    content_weight : float
        From 0 to 1. At 0 the result is `item_users` itself.
    prior : float
        Number of ratings that count as much as the content of an item without ratings.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_users + n_features), float32
    """
    from scipy.sparse import csr_matrix, hstack

    if content is None or content_weight == 0:
        return item_users
    norms = norms_of(inverse_norms(item_users))
    scaled = scaled_content(content, np.diff(item_users.indptr), norms, content_weight, prior)
    vectors = csr_matrix(hstack([item_users, scaled], format="csr"))
    vectors.sort_indices()
    return vectors


def scaled_content(
    content: csr_matrix,
    n_ratings: npt.NDArray[np.integer],
    norms: npt.NDArray[np.float64],
    content_weight: float,
    prior: float,
) -> csr_matrix:
    """Return the content as it follows the ratings in a vector; see :func:`item_vectors`.

    Parameters
    ----------
    content : scipy.sparse.csr_matrix of shape (n_items, n_features), float32
    n_ratings : ndarray of shape (n_items,)
    norms : ndarray of shape (n_items,), float64
        Of the ratings of each item; 1 where there are none.
    content_weight, prior : float
        As in :func:`item_vectors`.
    """
    from scipy.sparse import csr_matrix, diags

    share = (1 - content_weight) * n_ratings / np.maximum(n_ratings + prior, 1)
    share = np.maximum(share, _LEAST_SHARE)
    scaled = csr_matrix(diags(norms * np.sqrt((1 - share) / share)) @ content).astype(np.float32)
    scaled.sort_indices()
    return scaled


def norms_of(inverse: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return norms from their inverses; 1 for those of zeros.

    Parameters
    ----------
    inverse : ndarray of shape (n_items,), float64
    """
    return np.divide(1.0, inverse, out=np.ones(len(inverse)), where=inverse > 0)
