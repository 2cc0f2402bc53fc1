"""Choosing the parameters of an algorithm on a part of the training rows, never on the test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.algorithms.base import Algorithm
from movierec.errors import DataError
from movierec.evaluation import splitting
from movierec.evaluation.runs import evaluate
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
    """Return an algorithm with the parameters of the best nDCG on held-back training rows.

    The parameters are chosen one after the other: each takes its best value while those before it
    stay at their best and those after it stay as they were. This is a search by coordinates, not
    over all combinations.

    Parameters
    ----------
    start : Algorithm
        With the parameters to begin with. Its ``GRID`` holds the values to try.
    task : Task
        Of its test rows, only the number per user is used.
    k : int
        Length of the lists.
    seed : int
        Random seed.
    fixed : collection of str
        Parameters that are not tuned.
    tell : callable, optional
        Called once for each combination, with the parameters and their nDCG.

    Raises
    ------
    DataError
        If nobody has two training rows.
    """
    held_back = validation(task, seed)

    def ndcg_of(parameters: dict[str, Any]) -> float:
        algorithm = type(start)(**start.parameters() | parameters)
        ndcg = evaluate("", algorithm, held_back, k, seed).metrics["ndcg"]
        tell(parameters, ndcg)
        return ndcg

    grid = {name: values for name, values in start.GRID.items() if name not in fixed}
    best = {name: start.parameters()[name] for name in grid}
    if grid:
        best = _climb(best, grid, ndcg_of)
    return type(start)(**start.parameters() | best)


def _climb(
    best: dict[str, Any],
    grid: Mapping[str, Collection[Any]],
    value_of: Callable[[dict[str, Any]], float],
) -> dict[str, Any]:
    """Improve one parameter after the other; of equal values, the first one tried stays."""
    highest = value_of(best)
    for name, values in grid.items():
        came_with = best[name]  # measured already
        for value in values:
            tried = best | {name: value}
            if value != came_with and (found := value_of(tried)) > highest:
                best, highest = tried, found
    return best


def validation(task: Task, seed: int = 0) -> Task:
    """Return a task like another, made of its training rows alone.

    Where each user has one test row, one training row of each is held back, else a share. Where
    there are candidates, as many items are ranked as there, drawn from those not in training.

    Parameters
    ----------
    task : Task
    seed : int
        Random seed.

    Raises
    ------
    DataError
        If nobody has two training rows.
    """
    held = _held_back(task, seed)
    hidden = task.train.select(held)
    candidates = None if task.candidates is None else _candidates(task, hidden, seed)
    return Task(task.train.select(~held), hidden, candidates, task.content)


def _held_back(task: Task, seed: int) -> splitting.Mask:
    """Return which training rows are held back; the draw does not depend on their order."""
    order = np.lexsort((task.train.items, task.train.users))
    users = task.train.users[order]
    drawn = splitting.random(users, _VALIDATION_SHARE, seed)
    n_test_rows = np.bincount(task.test.users)
    # A share of few rows may be none.
    if n_test_rows.max() == 1 or not drawn.any():
        drawn = splitting.leave_one_out(users, None, seed)
    if not drawn.any():
        raise DataError("nobody has two training rows, so none can be held back", "omit --tune")
    held = np.zeros(len(order), dtype=bool)
    held[order] = drawn
    return held


def _candidates(task: Task, hidden: Interactions, seed: int) -> csr_matrix:
    """Return the items held back of each user, and beside them as many others as in the task."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    assert task.candidates is not None
    # Candidates hold what is to be found.
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
