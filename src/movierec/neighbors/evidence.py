"""Series keys count as far as ratings and genres speak for them: "Tokyo Story", "Tokyo Drifter"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.neighbors.factors import unit
from movierec.neighbors.support import count_shared

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.factors import Factors

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.integer]

_GENRES = 0.5  # weight of the cosine of genres, next to that of the factors
_CERTAIN = 0.2, 1.1  # sums of the two that say nothing of a pair, and everything
_COHERENT = 0.2, 0.33  # the same for the mean of all pairs with a key
_UNSHARED, _UNSHARED_WEAK = 0.5, 0.25  # if nobody rated both, for a strong and a weak key


def supported_keys(
    keys: csr_matrix, factors: Factors, genres: Floats | None, ratings: csr_matrix
) -> csr_matrix:
    """Return keys with a weight from 0 to 1 for each item that has them.

    The weight of a key of an item is the evidence that the item belongs together with the one of
    the others with the key for which there is most. So the weight of a pair is a product, and the
    similarity remains a cosine. Where an item has a key as a weak one, its weight is multiplied by
    how far all items with the key belong together: "tokyo" is no series, "bourne" is one.

    Parameters
    ----------
    keys : scipy.sparse.csr_matrix of shape (n_items, n_keys)
        Values below 1 mark weak keys.
    factors : Factors
    genres : ndarray of shape (n_items, n_genres), float32, or None
        Unit vectors. If there are none, factors speak alone.
    ratings : scipy.sparse.csr_matrix of shape (n_items, n_users)

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_keys), float32
    """
    from scipy.sparse import csc_matrix

    columns = keys.tocsc()
    sizes = np.diff(columns.indptr)
    directions = unit(factors.combined)
    weights = np.zeros(columns.nnz, dtype=np.float32)
    for size in np.unique(sizes[sizes > 1]):
        places = columns.indptr[:-1][sizes == size][:, None] + np.arange(size)
        groups, is_strong = columns.indices[places], columns.data[places] >= 1
        alone = _alike(groups, factors.rated, genres)
        whole = alone.sum(axis=(1, 2)) - np.trace(alone, axis1=1, axis2=2)
        coherence = _ramp(whole / (size * (size - 1)), *_COHERENT)
        evidence = _ramp(_alike(groups, directions, genres), *_CERTAIN)
        evidence *= _discount(_share_raters(groups, ratings), is_strong)
        evidence[:, np.arange(size), np.arange(size)] = 0
        weights[places] = evidence.max(axis=2) * np.where(is_strong, 1, coherence[:, None])
    weighted = csc_matrix((weights, columns.indices, columns.indptr), shape=keys.shape).tocsr()
    weighted.eliminate_zeros()
    return weighted


def _alike(groups: Indices, directions: Floats, genres: Floats | None) -> Floats:
    """Return, for all pairs of each group, how far factors and genres are alike."""
    cosines = _products(directions[groups])
    shared = cosines if genres is None else _products(genres[groups])
    return np.asarray(cosines + _GENRES * shared)


def _products(vectors: Floats) -> Floats:
    return np.asarray(vectors @ vectors.transpose(0, 2, 1))


def _ramp(values: Floats, low: float, high: float) -> Floats:
    """Return 0 up to one value, 1 from another on, and what is proportional in between."""
    return np.asarray(np.clip((values - low) / (high - low), 0, 1))


def _discount(shared: npt.NDArray[np.bool_], is_strong: npt.NDArray[np.bool_]) -> Floats:
    """Return a factor for all pairs of each group, below 1 if nobody rated both."""
    both_strong = is_strong[:, :, None] & is_strong[:, None]
    unshared = np.where(both_strong, _UNSHARED, _UNSHARED_WEAK)
    return np.where(shared, 1.0, unshared).astype(np.float32)


def _share_raters(groups: Indices, ratings: csr_matrix) -> npt.NDArray[np.bool_]:
    """Return, for all pairs of each group, whether anybody rated both."""
    size = groups.shape[1]
    first, second = np.triu_indices(size, 1)
    shared = np.zeros((len(groups), size, size), dtype=bool)
    found = count_shared(ratings, groups[:, first].ravel(), groups[:, second].ravel()) > 0
    shared[:, first, second] = found.reshape(len(groups), -1)
    return shared | shared.transpose(0, 2, 1)
