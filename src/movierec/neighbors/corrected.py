"""Item vectors of corrected ratings and of content."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from movierec.neighbors.content import Content, alone
from movierec.neighbors.evidence import CountShared, supported_keys
from movierec.neighbors.factors import item_factors, unit
from movierec.neighbors.support import count_shared
from movierec.neighbors.weighting import KEYS

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.factors import Factors

# The length of all vectors. Scalar products of vectors of whole numbers are below 2 ** 24, so that
# float32 holds them exactly, in whatever order they are summed.
LENGTH = 4000.0


def corrected_vectors(
    ratings: csr_matrix, content: Content | None, content_weight: float, prior: float
) -> tuple[csr_matrix, int]:
    """Combine factors and content of each item into one vector of whole numbers.

    With factors `f` and parts of the content `c`, the similarity of two items is, up to a constant,
    ``(1 - content_weight) f_i f_j + content_weight (w_1 c_1i c_1j + w_2 c_2i c_2j + ...)``.

    Parameters
    ----------
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users), float32
    content : Content, optional
    content_weight : float
        From 0 to 1. At 0, content is not used at all.
    prior : float
        See :func:`movierec.neighbors.factors.item_factors`.

    Returns
    -------
    vectors : scipy.sparse.csr_matrix of shape (n_items, n_factors + n_features + n_items), float32
        Of length 4000, but for rounding. What an item lacks goes to a column of its own.
    n_factors : int
    """
    content = content if content_weight > 0 else None
    factors = item_factors(ratings, content, prior)
    count = partial(count_shared, ratings)
    return combined_vectors(factors, content, content_weight, count), factors.combined.shape[1]


def combined_vectors(
    factors: Factors, content: Content | None, content_weight: float, count: CountShared | None
) -> csr_matrix:
    """Combine factors and content of each item; see :func:`corrected_vectors`.

    Parameters
    ----------
    factors : Factors
    content, content_weight
        As in :func:`corrected_vectors`.
    count : callable, optional
        Returns how many users rated both items of each pair, as
        :func:`movierec.neighbors.support.count_shared` does. Without it, series keys count as they
        are, whatever speaks for them.
    """
    from scipy.sparse import csr_matrix, hstack

    content = content if content_weight > 0 else None
    total = 1.0 - content_weight * (content is not None)
    blocks = [csr_matrix(factors.combined * np.sqrt(total, dtype=np.float32))]
    if content is not None:
        weights = {name: content_weight * weight for name, weight in content.weights.items()}
        total += sum(weights.values())
        if count is not None:
            content = _with_evidence(content, factors, count)
        blocks.append(content.combined(weights))
    vectors = csr_matrix(hstack(blocks, format="csr")) * np.float32(LENGTH / np.sqrt(total))
    vectors = csr_matrix(hstack([vectors, alone(vectors, LENGTH**2)], format="csr"))
    np.rint(vectors.data, out=vectors.data)
    vectors.eliminate_zeros()
    vectors.sort_indices()
    return vectors.astype(np.float32)


def _with_evidence(content: Content, factors: Factors, count: CountShared) -> Content:
    """Return the content with the keys that ratings and genres speak for."""
    if KEYS not in content.parts:
        return content
    genres = content.parts.get("genres")
    unit_genres = None if genres is None else unit(genres.toarray())
    keys = supported_keys(content.parts[KEYS], factors, unit_genres, count)
    return Content({**content.parts, KEYS: keys}, content.weights, content.years)
