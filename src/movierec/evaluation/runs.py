"""Fit algorithms on a task, and rank items for its users."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._calls import fit_algorithm, score_people
from movierec.algorithms._preferences import RatingScale
from movierec.algorithms.base import Algorithm, Indices, Run, Scores, TrainingData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions
    from movierec.evaluation.tasks import Task
    from movierec.evaluation.trials import Tuning

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
        self._n_items = data.interactions.n_items
        return self

    def score(self, users: Interactions) -> Scores:
        """Return random scores."""
        shape = (users.n_users, users.n_items)
        return np.asarray(self._random.random(shape, dtype=np.float32))

    def similarities(self, items: Indices) -> Scores:
        """Return random similarities."""
        shape = (len(items), self._n_items)
        return np.asarray(self._random.random(shape, dtype=np.float32))


@dataclass(frozen=True, eq=False)
class Listed:
    """The lists of one run of an algorithm, or of another system.

    Attributes
    ----------
    parameters : dict
    ranked : ndarray of shape (n_users, k), int64
        ``item_index`` for each user of :func:`users_to_test`, best first; -1 where there is none.
    fit_seconds, fit_cpu_seconds, query_seconds : float, optional
        Time to fit, by the clock and of all processors together, and to rank the items for all
        users; None for lists of other systems.
    tuning : Tuning, optional
        How the parameters were chosen, if they were tuned.
    """

    parameters: dict[str, Any]
    ranked: npt.NDArray[np.int64]
    fit_seconds: float | None = None
    fit_cpu_seconds: float | None = None
    query_seconds: float | None = None
    tuning: Tuning | None = None


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Let the libraries of linear algebra use one thread.

    On several, they add in another order, so the last digit of a score and with it the order of two
    items would depend on the machine.
    """
    import scipy.linalg  # noqa: F401, its own library is limited only once it is loaded
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


@on_one_thread()
def list_items(algorithm: Algorithm, task: Task, k: int, run: Run = Run()) -> Listed:
    """Fit an algorithm and list items for the users to test.

    Parameters
    ----------
    algorithm : Algorithm
    task : Task
        Users without training rows get no list: see :func:`new_users`.
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
    asked = time.perf_counter() - fitted
    seconds = fitted - started, cpu_fitted - cpu_started, asked
    return Listed(algorithm.parameters(), np.vstack(blocks), *seconds)


def users_to_test(task: Task) -> npt.NDArray[np.int64]:
    """Return the ``user_index`` of each user with test rows and a history, ascending."""
    users = np.intersect1d(task.test.users, task.known.users).astype(np.int64)
    return users if task.queries is None else users[task.queries[users] >= 0]


def new_users(task: Task) -> npt.NDArray[np.int64]:
    """Return the ``user_index`` of each user with test rows but no history, ascending.

    They get popular items, whatever the algorithm.
    """
    return np.setdiff1d(task.test.users, task.known.users).astype(np.int64)


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
        if task.queries is not None:
            yield _best(_similarities(algorithm, task.queries[block]), k)
            continue
        known = task.known.for_users(block)
        found = score_people(algorithm, known, n_ratings, scale, task.recency)
        scores = found.scores.astype(np.result_type(found.scores, np.float32))  # a copy
        if task.candidates is None:
            scores[known.users, known.items] = -np.inf
        else:
            scores = _among(scores, task.candidates[block])
        yield _best(scores, k)


def _similarities(algorithm: Algorithm, queries: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how similar each item is to some items; -inf for themselves and for unlike ones."""
    found = np.asarray(algorithm.similarities(queries), dtype=np.float64)
    found = np.where(found > 0, found, -np.inf)
    found[np.arange(len(queries)), queries] = -np.inf
    return found


def _among(scores: npt.NDArray[np.floating], candidates: csr_matrix) -> npt.NDArray[np.floating]:
    """Return the scores of the candidates; -inf for all other items."""
    found = np.full_like(scores, -np.inf)
    places = _places(candidates)
    found[places] = scores[places]
    return found


def _places(rows: csr_matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the rows and columns of all stored values, including zeros."""
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.indices


def _best(scores: npt.NDArray[np.floating], k: int) -> npt.NDArray[np.int64]:
    """Return the columns of the k highest scores of each row; -1 where there is none but -inf."""
    last = np.partition(scores, -k, axis=1)[:, -k, None] if k < scores.shape[1] else -np.inf
    rows, columns = np.nonzero((scores >= last) & (scores > -np.inf))  # all ties with the last one
    order = np.lexsort((-scores[rows, columns], rows))  # stable: equal scores by their columns
    rows, columns = rows[order], columns[order]
    places = np.arange(len(rows)) - np.searchsorted(rows, rows)
    best = np.full((len(scores), k), -1, dtype=np.int64)
    is_listed = places < k
    best[rows[is_listed], places[is_listed]] = columns[is_listed]
    return best
