"""Algorithms side by side on one split."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms._base import Indices, Scorer, Scores
from movierec.evaluation import metrics

_BLOCK_CELLS = 20_000_000  # of the scores of a block of users: 80 MB


@dataclass(frozen=True)
class Task:
    """What is learned from, and what should be found.

    Attributes
    ----------
    train, test : scipy.sparse.csr_matrix of shape (n_users, n_items), float32
        The same users and films. Users without a test row are not asked about.
    candidates : scipy.sparse.csr_matrix of shape (n_users, n_items), optional
        The films to rank for each user; all that are not in the user's training row, unless it
        says which.
    content : scipy.sparse.csr_matrix of shape (n_items, n_features), optional
    """

    train: Any
    test: Any
    candidates: Any = None
    content: Any = None


@dataclass(frozen=True)
class Result:
    """How one algorithm did.

    Attributes
    ----------
    algorithm : str
    parameters : dict
    metrics : dict of str to float
    intervals : dict of str to tuple of float
        95 % intervals of those that are means over users.
    fit_seconds, query_seconds : float
        Of all users together.
    """

    algorithm: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    fit_seconds: float = 0.0
    query_seconds: float = 0.0


class Chance(Scorer):
    """Score films at random: what is not better than this has learned nothing."""

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, user_items: Any, content: Any = None) -> Chance:
        """Begin with the seed."""
        self._random = np.random.default_rng(self.seed)
        return self

    def score(self, user_items: Any) -> Scores:
        """Return noise."""
        return np.asarray(self._random.random(user_items.shape, dtype=np.float32))

    def similarities(self, items: Indices) -> Scores:
        """Refuse: chance compares no films."""
        raise NotImplementedError


def evaluate(name: str, scorer: Scorer, task: Task, k: int, seed: int = 0) -> Result:
    """Fit an algorithm and measure its lists.

    Parameters
    ----------
    name : str
    scorer : Scorer
    task : Task
    k : int
        How long the lists are.
    seed : int
        Of the bootstrap.
    """
    started = time.perf_counter()
    scorer.fit(task.train, task.content)
    fitted = time.perf_counter()
    users = np.flatnonzero(np.diff(task.test.indptr))
    ranked = np.vstack([*rank(scorer.score, task, users, k)])
    asked = time.perf_counter()
    per_user, measured = _measure(ranked, task, users)
    intervals = {measure: metrics.interval(values, seed) for measure, values in per_user.items()}
    return Result(name, scorer.parameters(), measured, intervals, fitted - started, asked - fitted)


def rank(
    score: Callable[[Any], Scores], task: Task, users: npt.NDArray[np.int64], k: int
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the best films for some users, a block of users at a time; equals by their index.

    Yields
    ------
    ndarray of shape (n, k), int64
        -1 where there are fewer candidates.
    """
    n_items = task.train.shape[1]
    length = max(1, _BLOCK_CELLS // n_items)
    for start in range(0, len(users), length):
        block = users[start : start + length]
        known = task.train[block]
        scores = np.asarray(score(known), dtype=np.float64)
        if task.candidates is None:
            scores[_places(known)] = -np.inf
        else:
            asked = np.full(scores.shape, -np.inf)
            places = _places(task.candidates[block])
            asked[places] = scores[places]
            scores = asked
        yield _best(scores, k)


def _places(rows: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the places of all stored values, those of 0 included."""
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
    """Return the measures of each user, and all measures of all lists together."""
    relevant, known = task.test[users], task.train[users]
    n_relevant = np.diff(relevant.indptr)
    hits = metrics.hits_of(ranked, relevant)
    per_user = {name: measure(hits, n_relevant) for name, measure in metrics.MEASURES.items()}
    counts = np.bincount(task.train.indices, minlength=task.train.shape[1])
    measured = {name: float(values.mean()) for name, values in per_user.items()}
    return per_user, {
        **measured,
        "coverage": metrics.coverage(ranked, task.train.shape[1]),
        "novelty": metrics.novelty(ranked, counts, task.train.shape[0]),
        "popularity_bias": metrics.popularity_bias(ranked, counts, known),
        "ndcg_gap": _gap(per_user["ndcg"], np.diff(known.indptr)),
    }


def _gap(values: metrics.PerUser, n_known: npt.NDArray[np.int64]) -> float:
    """Return how much better the heavier half of the users fares than the lighter half."""
    heavy = n_known > np.median(n_known)
    if heavy.all() or not heavy.any():
        return 0.0
    return float(values[heavy].mean() - values[~heavy].mean())


def with_baselines(names: Sequence[str]) -> list[str]:
    """Return names of algorithms with ``random`` and ``popular`` before them, each once."""
    return list(dict.fromkeys(["random", "popular", *names]))
