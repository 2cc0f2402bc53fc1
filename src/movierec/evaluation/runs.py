"""Fit algorithms on a task, rank items for its users, and measure the lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._calls import fit_algorithm, score_people
from movierec.algorithms._preferences import RatingScale
from movierec.algorithms.base import Algorithm, Indices, Run, Scores, TrainingData
from movierec.algorithms.popular import Popular
from movierec.evaluation import metrics
from movierec.evaluation.results import Measured, Result

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions
    from movierec.evaluation.tasks import Task

_BLOCK_CELLS = 20_000_000  # scores in a block of users, which take 80 MB as float32


class RandomScorer(Algorithm):
    """Scores items at random, a baseline that every algorithm should beat.

    Parameters
    ----------
    seed : int
        Random seed.
    """

    SIMILARITY: ClassVar = "random"

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Restart the random number generator."""
        self._random = np.random.default_rng(self.seed)
        return self

    def score(self, users: Interactions) -> Scores:
        """Return random scores."""
        shape = (users.n_users, users.n_items)
        return np.asarray(self._random.random(shape, dtype=np.float32))

    def similarities(self, items: Indices) -> Scores:
        """Raise an error, because random scores do not compare items."""
        raise NotImplementedError


def evaluate(
    name: str, algorithm: Algorithm, task: Task, k: int, seed: int = 0, run: Run = Run()
) -> Result:
    """Fit an algorithm and measure its ranked lists, once.

    Parameters
    ----------
    name : str
        Name of the algorithm in the result.
    algorithm, task, k, run
        As in :func:`measure`.
    seed : int
        Random seed of the bootstrap.

    Raises
    ------
    DataError
        If the data lack something that the algorithm needs.
    """
    return Result.of(name, [measure(algorithm, task, k, run)], seed)


def measure(algorithm: Algorithm, task: Task, k: int, run: Run = Run()) -> Measured:
    """Fit an algorithm and measure its ranked lists.

    Parameters
    ----------
    algorithm : Algorithm
    task : Task
        Users without training rows are not measured: see :func:`new_users`.
    k : int
        Length of the lists.
    run : Run
        Its ``progress`` is told how far the fit and the ranking are.

    Raises
    ------
    DataError
        If the data lack something that the algorithm needs.
    """
    data = TrainingData.of(task.train, task.content)
    _ = task.train.user_items  # cached for all algorithms, so none of them is charged for it
    started, cpu_started = time.perf_counter(), time.process_time()
    fit_algorithm(algorithm, data, run)
    fitted, cpu_fitted = time.perf_counter(), time.process_time()
    users = users_to_test(task)
    blocks = []
    for block in rank(algorithm, task, users, k):
        blocks.append(block)
        run.progress("ranking", sum(map(len, blocks)) / len(users))
    ranked = np.vstack(blocks)
    asked = time.perf_counter()
    per_user, measured = _measure(ranked, task, users)
    return Measured(
        algorithm.parameters(),
        measured,
        users,
        per_user,
        fitted - started,
        cpu_fitted - cpu_started,
        asked - fitted,
    )


def users_to_test(task: Task) -> npt.NDArray[np.int64]:
    """Return the ``user_index`` of each user with test rows and training rows, ascending."""
    return np.intersect1d(task.test.users, task.train.users).astype(np.int64)


def new_users(task: Task) -> npt.NDArray[np.int64]:
    """Return the ``user_index`` of each user with test rows but no training rows, ascending.

    They get popular items, whatever the algorithm.
    """
    return np.setdiff1d(task.test.users, task.train.users).astype(np.int64)


def measure_new_users(task: Task, k: int) -> dict[str, Any] | None:
    """Measure popularity for the users without training rows; None if there are none.

    Parameters
    ----------
    task : Task
    k : int
        Length of the lists.

    Returns
    -------
    dict, optional
        ``users``, their number, and ``metrics``.
    """
    users = new_users(task)
    if not len(users):
        return None
    popular = Popular().fit(TrainingData(task.train))
    ranked = np.vstack([*rank(popular, task, users, k)])
    _, measured = _measure(ranked, task, users)
    return {"users": len(users), "metrics": {name: measured[name] for name in metrics.METRICS}}


def rank(
    algorithm: Algorithm, task: Task, users: npt.NDArray[np.int64], k: int
) -> Iterator[npt.NDArray[np.int64]]:
    """Rank items for some users, a block of users at a time.

    Items with equal scores are in the order of their indices.

    Parameters
    ----------
    algorithm : Algorithm
        Fitted.
    task : Task
    users : ndarray of shape (n,), int64
    k : int
        Length of the lists.

    Yields
    ------
    ndarray of shape (n, k), int64
        ``item_index``, best first; -1 where there are fewer candidates than k.
    """
    length = max(1, _BLOCK_CELLS // task.train.n_items)
    scale = RatingScale.of(task.train)
    n_ratings = np.bincount(task.train.items, minlength=task.train.n_items)
    for start in range(0, len(users), length):
        block = users[start : start + length]
        known = task.train.for_users(block)
        found = score_people(algorithm, known, n_ratings, scale, task.recency)
        scores = found.scores.astype(np.float64)
        if task.candidates is None:
            scores[known.users, known.items] = -np.inf
        else:
            candidates = np.full(scores.shape, -np.inf)
            places = _places(task.candidates[block])
            candidates[places] = scores[places]
            scores = candidates
        yield _best(scores, k)


def _places(rows: csr_matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the rows and columns of all stored values, including zeros."""
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.indices


def _best(scores: npt.NDArray[np.float64], k: int) -> npt.NDArray[np.int64]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    ruled_out = np.take_along_axis(scores, order, axis=1) == -np.inf
    best = np.full((len(scores), k), -1, dtype=np.int64)
    best[:, : order.shape[1]] = np.where(ruled_out, -1, order)
    return best


def _measure(
    ranked: npt.NDArray[np.int64], task: Task, users: npt.NDArray[np.int64]
) -> tuple[dict[str, metrics.PerUser], dict[str, float]]:
    """Return the metrics of each user, and all metrics over all lists."""
    relevant, known = task.test.user_items[users], task.train.user_items[users]
    n_relevant = np.diff(relevant.indptr)
    hits = metrics.hits_of(ranked, relevant)
    per_user = {name: metric(hits, n_relevant) for name, metric in metrics.METRICS.items()}
    counts = np.bincount(task.train.items, minlength=task.train.n_items)
    means = {name: float(values.mean()) for name, values in per_user.items()}
    return per_user, {
        **means,
        "coverage": metrics.coverage(ranked, task.train.n_items),
        "novelty": metrics.novelty(ranked, counts, task.train.n_users),
        "popularity_bias": metrics.popularity_bias(ranked, counts, known),
        "ndcg_gap": _gap(per_user["ndcg"], np.diff(known.indptr)),
    }


def _gap(values: metrics.PerUser, n_known: npt.NDArray[np.int64]) -> float:
    """Return the mean of users with more ratings than the median, minus the mean of the others."""
    heavy = n_known > np.median(n_known)
    if heavy.all() or not heavy.any():
        return 0.0
    return float(values[heavy].mean() - values[~heavy].mean())
