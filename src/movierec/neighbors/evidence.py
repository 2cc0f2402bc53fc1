"""Series keys count as far as ratings and genres speak for them: "Tokyo Story", "Tokyo Drifter"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.neighbors.factors import unit

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.factors import Factors

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.integer]
CountShared = Callable[[Indices, Indices], npt.NDArray[Any]]

_GENRES = 0.5  # weight of the cosine of genres, next to that of the factors
_CERTAIN = 0.2, 1.1  # sums of the two that say nothing of a pair, and everything
_COHERENT = 0.2, 0.33  # the same for the mean of all pairs with a key
_UNSHARED, _UNSHARED_WEAK = 0.5, 0.25  # if nobody rated both, for a strong and a weak key


def supported_keys(
    keys: csr_matrix, factors: Factors, genres: Floats | None, count: CountShared
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
    count : callable
        Returns how many users rated both items of each pair. Called once.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_keys), float32
    """
    from scipy.sparse import csc_matrix

    columns = keys.tocsc()
    directions = unit(factors.combined)
    weights = np.zeros(columns.nnz, dtype=np.float32)
    places = _groups(columns.indptr)
    groups = [columns.indices[each] for each in places]
    for each, items, shared in zip(places, groups, _share_raters(groups, count), strict=True):
        size, is_strong = items.shape[1], columns.data[each] >= 1
        alone = _alike(items, factors.rated, genres)
        whole = alone.sum(axis=(1, 2)) - np.trace(alone, axis1=1, axis2=2)
        coherence = _ramp(whole / (size * (size - 1)), *_COHERENT)
        evidence = _ramp(_alike(items, directions, genres), *_CERTAIN)
        evidence *= _discount(shared, is_strong)
        evidence[:, np.arange(size), np.arange(size)] = 0
        weights[each] = evidence.max(axis=2) * np.where(is_strong, 1, coherence[:, None])
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


def _groups(indptr: Indices) -> list[Indices]:
    """Return, for each number of items above 1, the places of the items with each such key."""
    sizes = np.diff(indptr)
    return [
        indptr[:-1][sizes == size][:, None] + np.arange(size)
        for size in np.unique(sizes[sizes > 1])
    ]


def _share_raters(groups: Sequence[Indices], count: CountShared) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield, for all pairs of items of each group, whether anybody rated both."""
    pairs = [np.triu_indices(items.shape[1], 1) for items in groups]
    sides: list[list[Indices]] = [[np.zeros(0, np.int32)], [np.zeros(0, np.int32)]]
    for items, pair in zip(groups, pairs, strict=True):
        for side, places in zip(sides, pair, strict=True):
            side.append(items[:, places].ravel())
    found = count(np.concatenate(sides[0]), np.concatenate(sides[1])) > 0
    for items, (first, second) in zip(groups, pairs, strict=True):
        part, found = np.split(found, [len(items) * len(first)])
        shared = np.zeros((len(items), items.shape[1], items.shape[1]), dtype=bool)
        shared[:, first, second] = part.reshape(len(items), -1)
        yield shared | shared.transpose(0, 2, 1)
