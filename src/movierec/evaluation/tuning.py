"""Tune the parameters of an algorithm on a part of the training rows, never on test rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.algorithms.base import Algorithm
from movierec.data import splitting
from movierec.errors import DataError
from movierec.evaluation.metrics import hits_of, ndcg_at_k
from movierec.evaluation.runs import list_items, users_to_test
from movierec.evaluation.search import Search, run_search, shares_of
from movierec.evaluation.tasks import Task
from movierec.evaluation.trials import Trials

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions

_VALIDATION_SHARE = 0.2


def tuned(
    start: Algorithm,
    task: Task,
    k: int,
    search: Search,
    *,
    seed: int = 0,
    fixed: Collection[str] = (),
    **calls: Any,
) -> tuple[Algorithm, Trials | None]:
    """Return an algorithm with the parameters that give the best nDCG on held-out training rows.

    Parameters
    ----------
    start : Algorithm
        Its parameters are the starting point, and its ``GRID`` holds the values to try.
    task : Task
        Only the number of its test rows per user is used.
    k : int
        Length of the lists.
    search : Search
    seed : int
        Random seed.
    fixed : collection of str
        Names of parameters that are not tuned.
    **calls
        See :class:`movierec.evaluation.trials.Trials`: its path, label, progress and tell.

    Returns
    -------
    algorithm : Algorithm
    trials : Trials, optional
        None if the algorithm has no parameters to tune.

    Raises
    ------
    DataError
        If no user has two training rows.
    """
    grid = {name: values for name, values in start.GRID.items() if name not in fixed}
    if not grid:
        return start, None
    ndcg_of = _Validation(start, validation(task, seed), k, seed)
    trials = Trials({name: start.parameters()[name] for name in grid}, ndcg_of, search, **calls)
    run_search(search, grid, trials, seed, shares_of(search, len(users_to_test(ndcg_of.task))))
    return with_parameters(start, trials.best[0]), trials


def with_parameters(algorithm: Algorithm, parameters: dict[str, Any]) -> Algorithm:
    """Return a new algorithm, of which some parameters are others.

    Parameters
    ----------
    algorithm : Algorithm
    parameters : dict
    """
    return type(algorithm)(**algorithm.parameters() | parameters)


class _Validation:
    """Measures parameters of an algorithm on a task, or on a sample of its people."""

    def __init__(self, start: Algorithm, task: Task, k: int, seed: int) -> None:
        self.start, self.task, self.k, self.seed = start, task, k, seed
        self._samples = {1.0: task}

    def __call__(self, parameters: dict[str, Any], share: float) -> float:
        """Return the nDCG."""
        algorithm = with_parameters(self.start, parameters)
        if share not in self._samples:
            self._samples[share] = sample(self.task, share, self.seed)
        task = self._samples[share]
        ranked = list_items(algorithm, task, self.k).ranked
        relevant = task.test.user_items[users_to_test(task)]
        return float(ndcg_at_k(hits_of(ranked, relevant), np.diff(relevant.indptr)).mean())


def sample(task: Task, share: float, seed: int = 0) -> Task:
    """Return a task of some people: their training rows and test rows.

    A larger share has all people of a smaller one.

    Parameters
    ----------
    task : Task
    share : float
    seed : int
        Random seed.
    """
    people = np.random.default_rng(seed).permutation(users_to_test(task))
    is_in = np.zeros(task.train.n_users, dtype=bool)
    is_in[people[: round(share * len(people))]] = True
    train, test = (part.select(is_in[part.users]) for part in (task.train, task.test))
    return replace(task, train=train, test=test)


def validation(task: Task, seed: int = 0) -> Task:
    """Split the training rows of a task into a similar task, without looking at its test items.

    If each user has one test row, one training row of each user is held out: the latest, if the
    test rows are the latest, otherwise a random one. If users have more test rows, a share is held
    out. If the task has candidates, as many are drawn from the items that the user has not rated.

    Parameters
    ----------
    task : Task
    seed : int
        Random seed.

    Raises
    ------
    DataError
        If no user has two training rows.
    """
    held = _held_back(task, seed)
    hidden = task.train.select(held)
    candidates = None if task.candidates is None else _candidates(task, hidden, seed)
    return replace(
        task,
        train=task.train.select(~held),
        test=hidden,
        candidates=candidates,
        history=None,
        queries=None,
    )


def _held_back(task: Task, seed: int) -> splitting.Mask:
    """Return which training rows are held out, regardless of their order."""
    order = np.lexsort((task.train.items, task.train.users))
    held = np.zeros(len(order), dtype=bool)
    held[order] = splitting.random(task.train.users[order], _VALIDATION_SHARE, seed)
    # A share of a few rows may round down to none.
    if np.bincount(task.test.users).max() == 1 or not held.any():
        held = splitting.leave_one_out(task.train, seed, by_time=task.holds_out_latest)
    if not held.any():
        raise DataError("no user has two training rows, so none can be held out", "omit --tune")
    return held


def _candidates(task: Task, hidden: Interactions, seed: int) -> csr_matrix:
    """Return the held-out items of each user, with as many other items as in the task."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    assert task.candidates is not None
    # The candidates of the task include its test items.
    n_others = _usual_length(task.candidates) - _usual_length(task.test.user_items)
    known, held = task.train.user_items, hidden.user_items
    items = []
    for user in range(task.train.n_users):
        unknown = np.ones(task.train.n_items, dtype=bool)
        unknown[known[user].indices] = False
        others = np.flatnonzero(unknown)
        drawn = random.choice(others, min(max(n_others, 1), len(others)), replace=False)
        items.append(np.append(held[user].indices, drawn))
    indptr = np.cumsum([0, *map(len, items)])
    parts = (np.ones(indptr[-1], np.float32), np.concatenate(items), indptr)
    return csr_matrix(parts, shape=known.shape)


def _usual_length(rows: csr_matrix) -> int:
    """Return the median number of values of the rows that have any."""
    lengths = np.diff(rows.indptr)
    return int(np.median(lengths[lengths > 0])) if lengths.any() else 0
