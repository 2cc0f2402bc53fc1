"""How true a map is: whether what is near in the model is near on the map, and the reverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from movierec.maps.layout import Places
    from movierec.model.model import Model

NEAREST, AMONG = 10, 50
_N_ASKED = 500  # movies whose similarity to all others is computed
_AT_ONCE = 50

Similarities = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]
"""Takes items, and returns their similarity to all items, shape (len(items), n_items)."""


def share_kept(neighbors: npt.NDArray[np.int32], places: Places) -> float | None:
    """Return the share of each movie's 10 nearest that are among its 50 nearest on the map.

    Parameters
    ----------
    neighbors : ndarray of shape (n_items, n_neighbors), int32
        As in a :class:`movierec.neighbors.table.NeighborTable`.
    places : ndarray of shape (n_items, 2), uint16

    Returns
    -------
    float or None
        From 0 to 1; None if no movie has a neighbor.
    """
    nearest = neighbors[:, :NEAREST]
    on_map = _nearest_on_map(places, AMONG)
    counted, kept = 0, 0
    for column in nearest.T:
        rows = np.flatnonzero(column >= 0)
        counted += len(rows)
        kept += int((on_map[rows] == column[rows, None]).any(axis=1).sum())
    return kept / counted if counted else None


def trustworthiness(
    similarities: Similarities, places: Places, n_asked: int = _N_ASKED
) -> float | None:
    """Return the trustworthiness of the map at 10 neighbors, as scikit-learn defines it.

    ``sklearn.manifold.trustworthiness`` ranks all pairs; here some movies are drawn, and each is
    ranked against all others, which estimates the same mean. With all movies it is the same.

    Parameters
    ----------
    similarities : callable
        Takes an array of items; returns an array of shape (len(items), n_items).
    places : ndarray of shape (n_items, 2), uint16
    n_asked : int
        Number of movies that are drawn.

    Returns
    -------
    float or None
        From 0 to 1; None if there are no more than 20 movies, for which it is not defined.
    """
    n_items = len(places)
    if n_items <= 2 * NEAREST:
        return None
    asked = np.arange(n_items)
    if n_asked < n_items:
        asked = np.sort(np.random.RandomState(0).permutation(n_items)[:n_asked])
    on_map = _nearest_on_map(places, NEAREST)
    excess = 0
    for start in range(0, len(asked), _AT_ONCE):
        items = asked[start : start + _AT_ONCE]
        excess += sum(map(_excess, similarities(items), items, on_map[items]))
    worst = len(asked) * NEAREST * (2 * n_items - 3 * NEAREST - 1) / 2
    return float(1 - excess / worst)


def _excess(row: npt.NDArray[np.float32], item: int, on_map: npt.NDArray[np.int64]) -> int:
    """Return by how many ranks the nearest on the map are beyond the nearest in the model."""
    row = row.copy()
    row[item] = -np.inf
    order = np.sort(-row, kind="stable")
    ranks = np.searchsorted(order, -row[on_map]) + 1
    return int(np.maximum(ranks - NEAREST, 0).sum())


def _nearest_on_map(places: Places, k: int) -> npt.NDArray[np.int64]:
    """Return the `k` nearest of each movie, shape (n_items, k), without itself."""
    from scipy.spatial import cKDTree

    k = min(k, len(places) - 1)
    points = places.astype(np.float64)
    _, found = cKDTree(points).query(points, k=k + 1)
    found = np.asarray(found).reshape(len(places), k + 1)
    is_other = found != np.arange(len(places))[:, None]
    is_other[is_other.all(axis=1), -1] = False  # many movies are at the same place
    others: npt.NDArray[np.int64] = found[is_other].reshape(len(places), k)
    return others


def similarities_of(model: Model) -> Similarities | None:
    """Return what computes the similarities of a model; None if its ratings were left out.

    Parameters
    ----------
    model : Model
    """
    if not model.is_cosine:
        if model.ratings is None:
            return None
        return lambda items: np.asarray(model.load_algorithm().similarities(items))
    vectors = model.vectors
    if vectors is None or not vectors.n_leading:
        return None
    matrix, inverse_norms = vectors.matrix, np.asarray(vectors.inverse_norms)

    def cosines(items: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        products = matrix @ matrix[items].T.toarray()
        scaled: npt.NDArray[np.float32] = (products * inverse_norms[:, None]).T
        found: npt.NDArray[np.float32] = scaled * inverse_norms[items, None]
        return found

    return cosines
