"""Lay out movies in the plane so that neighbors of the table are near each other.

UMAP does it, from the table alone: no vectors are compared, so memory grows with the number of
movies. Only its two public steps are called, since its class would compare all pairs of a small
catalog instead of using the neighbors that it is given.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import Progress
from movierec.errors import UsageError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.table import NeighborTable

Places = npt.NDArray[np.uint16]

HIGHEST = 65535  # the largest coordinate
_N_NEIGHBORS = 10  # 7 to 20 were tried on ml-latest-small; more are less true, fewer fall apart
_MIN_DIST, _SPREAD = 0.05, 1.0  # how dense groups may be
_FEW = 20_000  # movies, for which twice the epochs take less than ten seconds
_EPOCHS = 200
_STEPS = 100  # of the iteration that finds where to start
_FAR = 0.99  # the share of movies that the distance of the others is measured by
_STRIPS = 32  # into which each axis is divided
_EVENLY = 0.7  # from 0, places as they are, to 1, as many in each strip
_RIM = 1.06  # where movies without neighbors lie, in distances of the farthest other movie


def lay_out(table: NeighborTable, progress: Progress) -> Places:
    """Return a place for each movie, the same on every run and with any number of threads.

    The rows of the table may be short: what is missing is no edge. A movie that has no neighbor and
    is nobody's neighbor has no place of its own and lies on a rim around all others.

    Parameters
    ----------
    table : NeighborTable
    progress : callable

    Returns
    -------
    ndarray of shape (n_items, 2), uint16

    Raises
    ------
    UsageError
        If umap-learn is not installed.
    """
    progress("loading UMAP", 0.0)
    umap = _umap()
    with _one_thread():
        progress("laying out", 0.1)
        graph = _graph(umap, table)
        joined = np.flatnonzero(np.diff(graph.indptr))
        around = np.zeros((len(joined), 2))
        if len(joined):
            around = _embedded(umap, graph[joined][:, joined], len(table.neighbors))
    return _with_rim(_spread(_gathered(around)), joined, len(table.neighbors))


def _umap() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it may import and this does not use
            import umap.umap_ as found
    except ImportError as error:
        raise UsageError("a map needs umap-learn", "pip install umap-learn") from error
    return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """Use one thread, since the order in which several add up numbers changes the last bits."""
    import numba
    from threadpoolctl import threadpool_limits

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        numba.set_num_threads(before)


def _graph(umap: Any, table: NeighborTable) -> csr_matrix:
    """Return the weights of the edges between neighbors, shape (n_items, n_items)."""
    neighbors = np.asarray(table.neighbors)[:, :_N_NEIGHBORS].astype(np.int64)
    distances = 1 - np.asarray(table.similarities)[:, :_N_NEIGHBORS]
    # UMAP skips neighbors of -1; their distance must only be a number.
    distances = np.where(neighbors < 0, 1, np.clip(distances, 0, 1)).astype(np.float32)
    graph, _, _ = umap.fuzzy_simplicial_set(
        np.zeros((len(neighbors), 1), dtype=np.float32),  # only its length is used
        neighbors.shape[1],
        np.random.RandomState(0),
        "precomputed",
        knn_indices=neighbors,
        knn_dists=distances,
    )
    found: csr_matrix = graph.tocsr()
    return found


def _embedded(umap: Any, graph: csr_matrix, n_items: int) -> npt.NDArray[np.float64]:
    a, b = umap.find_ab_params(_SPREAD, _MIN_DIST)
    found, _ = umap.simplicial_set_embedding(
        np.zeros((graph.shape[0], 1), dtype=np.float32),
        graph,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=_EPOCHS * (2 if n_items <= _FEW else 1),
        init=_start(graph),
        random_state=np.random.RandomState(0),
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
    )
    places: npt.NDArray[np.float64] = np.nan_to_num(found.astype(np.float64))
    return places


def _start(graph: csr_matrix) -> npt.NDArray[np.float32]:
    """Return where movies start: by rank along two slow directions of a walk on the graph.

    A few steps of an iteration do, where an eigensolver would need a long time for a graph in
    several pieces. The sums are those of NumPy, which do not depend on threads.
    """
    from scipy.sparse import diags

    weights = np.asarray(graph.sum(axis=1)).ravel()
    share = weights / weights.sum()
    walk = (diags(1 / weights) @ graph).tocsr()
    random = np.random.RandomState(0)
    first, second = random.uniform(-1, 1, (2, len(weights)))
    for _ in range(_STEPS):
        first = _normal(first + walk @ first, share)
        second = second + walk @ second
        second = _normal(second - (share * first * second).sum() * first, share)
    ranks = [np.argsort(np.argsort(axis, kind="stable"), kind="stable") for axis in (first, second)]
    return np.stack(ranks, axis=1).astype(np.float32)


def _normal(
    axis: npt.NDArray[np.float64], share: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    axis = axis - (share * axis).sum()
    length = np.sqrt((share * axis * axis).sum())
    return axis / length if length > 0 else axis


def _gathered(around: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return places around the middle, with groups that drifted far away drawn nearer.

    Groups that nothing joins to the others push each other away without end, and would leave all
    others little space.
    """
    if not len(around):
        return around
    around = around - np.median(around, axis=0)
    distance = np.sqrt((around * around).sum(axis=1))
    usual = np.quantile(distance, _FAR) or 1.0
    excess = np.maximum(distance / usual, 1)
    return np.asarray(around / usual * ((1 + np.log(excess)) / excess)[:, None])


def _spread(around: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return places of which fewer are crowded, and with narrower gaps, by stretching both axes.

    The order along each axis stays. On ml-latest-small, the share of the nearest that stay near
    falls from 0.418 to 0.413.
    """
    spread = np.zeros_like(around)
    for number, axis in enumerate(around.T):
        counts, edges = np.histogram(axis, bins=_STRIPS)
        ranks = np.concatenate([[0], np.cumsum(counts)]) / max(len(axis), 1)
        even = np.linspace(0, 1, _STRIPS + 1)
        spread[:, number] = np.interp(axis, edges, _EVENLY * ranks + (1 - _EVENLY) * even) - 0.5
    return spread


def _with_rim(
    around: npt.NDArray[np.float64], joined: npt.NDArray[np.int64], n_items: int
) -> Places:
    """Return the places of all movies as whole numbers."""
    rim = _RIM * (np.sqrt((around * around).sum(axis=1)).max(initial=0.0) or 1.0)
    angles = np.linspace(0, 2 * np.pi, n_items - len(joined), endpoint=False)
    places = np.empty((n_items, 2))
    alone = np.ones(n_items, dtype=bool)
    alone[joined] = False
    places[joined] = around
    places[alone] = rim * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    low, high = places.min(axis=0, initial=0), places.max(axis=0, initial=0)
    if alone.any():  # the rim is a whole circle, however few movies are on it
        low, high = np.full(2, -rim), np.full(2, rim)
    scale = HIGHEST / ((high - low).max() or 1.0)
    middle = (low + high) / 2
    whole: Places = np.rint((places - middle) * scale + HIGHEST / 2).clip(0, HIGHEST).astype("u2")
    return whole
