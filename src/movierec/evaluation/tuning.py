"""Tune the parameters of an algorithm on a part of the training rows, never on test rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.algorithms.base import Algorithm
from movierec.data import splitting
from movierec.errors import DataError
from movierec.evaluation.scoring import evaluate_once
from movierec.evaluation.tasks import Task

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions

_VALIDATION_SHARE = 0.2


def tuned(
    start: Algorithm,
    task: Task,
    k: int,
    seed: int = 0,
    *,
    fixed: Collection[str] = (),
    tell: Callable[[Mapping[str, Any], float], object] = lambda parameters, ndcg: None,
) -> Algorithm:
    """Return an algorithm with the parameters that give the best nDCG on held-out training rows.

    This is a coordinate search, not a search over all combinations: the parameters are tuned one
    after the other, while the others keep their current values.

    Parameters
    ----------
    start : Algorithm
        Its parameters are the starting point, and its ``GRID`` holds the values to try.
    task : Task
        Only the number of its test rows per user is used.
    k : int
        Length of the lists.
    seed : int
        Random seed.
    fixed : collection of str
        Names of parameters that are not tuned.
    tell : callable, optional
        Called with the parameters and the nDCG of each trial.

    Raises
    ------
    DataError
        If no user has two training rows.
    """
    held_back = validation(task, seed)

    def ndcg_of(parameters: dict[str, Any]) -> float:
        algorithm = type(start)(**start.parameters() | parameters)
        ndcg = evaluate_once("", algorithm, held_back, k, seed).metrics["ndcg"]
        tell(parameters, ndcg)
        return ndcg

    grid = {name: values for name, values in start.GRID.items() if name not in fixed}
    best = {name: start.parameters()[name] for name in grid}
    if grid:
        best = climb(best, grid, ndcg_of)
    return type(start)(**start.parameters() | best)


def climb(
    best: dict[str, Any],
    grid: Mapping[str, Collection[Any]],
    value_of: Callable[[dict[str, Any]], float],
) -> dict[str, Any]:
    """Improve one parameter after the other; among equally good values, the first wins.

    Parameters
    ----------
    best : dict
        The values to start from.
    grid : mapping of str to collection
        The values to try.
    value_of : callable
        Returns how good some values are; higher is better.
    """
    highest = value_of(best)
    for name, values in grid.items():
        current = best[name]  # already measured
        for value in values:
            tried = best | {name: value}
            if value != current and (found := value_of(tried)) > highest:
                best, highest = tried, found
    return best


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
