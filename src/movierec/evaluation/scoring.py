"""Measure ranked lists: each list by the held-out items of its user, and all lists together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.algorithms.base import Run, TrainingData
from movierec.algorithms.popular import Popular
from movierec.evaluation import beyond, metrics
from movierec.evaluation.results import Measured, Result
from movierec.evaluation.runs import Listed, list_items, new_users, rank, users_to_test

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.algorithms.base import Algorithm
    from movierec.data.interactions import Interactions
    from movierec.evaluation.protocol import NewUsers
    from movierec.evaluation.tasks import Task
    from movierec.vocabulary import IdArray

_DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True, eq=False)
class TestSet:
    """What lists are measured by: the users to test, or others, of one task.

    Attributes
    ----------
    users : ndarray of shape (n_users,), int64
        Their ``user_index``, ascending.
    user_ids : ndarray of shape (n_users,)
    item_ids : ndarray of shape (n_items,)
    relevant : scipy.sparse.csr_matrix of shape (n_users, n_items)
        Every stored entry is relevant.
    history : Interactions
        What all users rated before.
    counts : ndarray of shape (n_items,), int64
        Number of training ratings of each item.
    n_train_users : int
    popular : ndarray of shape (n_users, k), int64
        The list of popular items for each user.
    genres : scipy.sparse.csr_matrix of shape (n_items, n_genres), optional
    seed, fold : int
        Of the run.
    """

    __test__ = False  # pytest: no test

    users: npt.NDArray[np.int64]
    user_ids: IdArray
    item_ids: IdArray
    relevant: csr_matrix
    history: Interactions
    counts: npt.NDArray[np.int64]
    n_train_users: int
    popular: npt.NDArray[np.int64]
    genres: csr_matrix | None = None
    seed: int = 0
    fold: int = 0

    @classmethod
    def of(
        cls, task: Task, k: int, users: npt.NDArray[np.int64] | None = None, **run: int
    ) -> TestSet:
        """Collect what measures need.

        Parameters
        ----------
        task : Task
        k : int
            The longest lists.
        users : ndarray of shape (n_users,), int64, optional
            Default: the users to test.
        **run : int
            Seed and fold.
        """
        users = users_to_test(task) if users is None else users
        popular = Popular().fit(TrainingData(task.train))
        return cls(
            users,
            _ids(task.user_ids, task.train.n_users)[users],
            _ids(task.item_ids, task.train.n_items),
            task.test.user_items[users],
            task.known,
            np.bincount(task.train.items, minlength=task.train.n_items),
            len(np.unique(task.train.users)),
            np.vstack([*rank(popular, task, users, k)]),
            task.genres,
            **run,
        )

    @property
    def known(self) -> csr_matrix:
        """What each user rated before, shape (n_users, n_items)."""
        return self.history.user_items[self.users]

    @property
    def n_known(self) -> npt.NDArray[np.int64]:
        """The number of these ratings, shape (n_users,)."""
        return np.bincount(self.history.users, minlength=self.history.n_users)[self.users]

    @property
    def days(self) -> npt.NDArray[np.float64] | None:
        """Days from the first to the last of them, shape (n_users,); None without times."""
        return days_of(self.history, self.users)


def days_of(history: Interactions, users: npt.NDArray[np.int64]) -> npt.NDArray[np.float64] | None:
    """Return the days from the first to the last rating of each user, 0 of none.

    Parameters
    ----------
    history : Interactions
    users : ndarray of shape (n_users,), int64
        Each user at most once.

    Returns
    -------
    ndarray of shape (n_users,), float64, optional
        None without times.
    """
    if not history.has_timestamps:
        return None
    known = history.for_users(users)
    times = np.asarray(known.timestamps, dtype=np.float64)
    first, last = np.full(len(users), np.inf), np.full(len(users), -np.inf)
    np.minimum.at(first, known.users, times)
    np.maximum.at(last, known.users, times)
    return np.asarray(np.maximum(last - first, 0) / _DAY)


def _ids(ids: IdArray | None, n: int) -> IdArray:
    return np.arange(n) if ids is None else ids


def measured(listed: Listed, tests: TestSet, k: int) -> Measured:
    """Measure lists.

    Parameters
    ----------
    listed : Listed
    tests : TestSet
    k : int
        Only so many items of each list count.
    """
    per_user, means = measures(listed.ranked[:, :k], tests)
    return Measured(
        listed.parameters,
        means,
        tests.users,
        per_user,
        listed.fit_seconds,
        listed.fit_cpu_seconds,
        listed.query_seconds,
        listed.tuning,
        listed.ranked[:, :k],
        tests,
    )


def measures(
    ranked: npt.NDArray[np.int64], tests: TestSet
) -> tuple[dict[str, metrics.PerUser], dict[str, float]]:
    """Return the metrics of each user, and all metrics over all lists.

    What is not defined for anybody is left out.

    Parameters
    ----------
    ranked : ndarray of shape (n_users, k), int64
    tests : TestSet
    """
    hits, n_relevant = metrics.hits_of(ranked, tests.relevant), np.diff(tests.relevant.indptr)
    per_user = {name: metric(hits, n_relevant) for name, metric in metrics.METRICS.items()}
    per_user |= _beyond(ranked, hits, tests)
    means = {name: beyond.mean_of_known(values) for name, values in per_user.items()}
    whole = {
        "coverage": metrics.coverage(ranked, len(tests.counts)),
        "gini": beyond.gini(ranked, len(tests.counts)),
        "popularity_bias": metrics.popularity_bias(ranked, tests.counts, tests.known),
        "ndcg_gap": _gap(per_user["ndcg"], tests.n_known),
    }
    known = {name: mean for name, mean in means.items() if mean is not None}
    return {name: per_user[name] for name in known}, known | whole


def _beyond(
    ranked: npt.NDArray[np.int64], hits: metrics.Hits, tests: TestSet
) -> dict[str, metrics.PerUser]:
    """Return what the list of each user is like."""
    found = {
        "novelty": metrics.novelty(ranked, tests.counts, tests.n_train_users),
        "serendipity": beyond.serendipity(ranked, hits, tests.popular[:, : ranked.shape[1]]),
    }
    if tests.genres is not None:
        found["diversity"] = beyond.diversity(ranked, tests.genres)
        found["miscalibration"] = beyond.miscalibration(ranked, tests.known, tests.genres)
    return found


def _gap(values: metrics.PerUser, n_known: npt.NDArray[np.int64]) -> float:
    """Return the mean of users with more ratings than the median, minus the mean of the others."""
    heavy = n_known > np.median(n_known)
    if heavy.all() or not heavy.any():
        return 0.0
    return float(values[heavy].mean() - values[~heavy].mean())


def measure_new_users(task: Task, k: int) -> NewUsers | None:
    """Measure popularity for the users without a history; None if there are none.

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
    tests = TestSet.of(task, k, users)
    found = measures(tests.popular, tests)[1]
    return {"users": len(users), "metrics": {name: found[name] for name in metrics.METRICS}}


def evaluate_once(
    name: str, algorithm: Algorithm, task: Task, k: int, seed: int = 0, run: Run = Run()
) -> Result:
    """Fit an algorithm and measure its ranked lists, once.

    Parameters
    ----------
    name : str
        Name of the algorithm in the result.
    algorithm, task, k, run
        As in :func:`movierec.evaluation.runs.list_items`.
    seed : int
        Random seed of the bootstrap.

    Raises
    ------
    DataError
        If the data lack something that the algorithm needs.
    """
    listed = list_items(algorithm, task, k, run)
    return Result.of(name, [measured(listed, TestSet.of(task, k), k)], seed)
