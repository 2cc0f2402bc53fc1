"""Choosing an algorithm's parameters on a part of the training rows, never on the test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from movierec.algorithms._base import Scorer
from movierec.errors import DataError
from movierec.evaluation import splitting
from movierec.evaluation.runs import Task, evaluate

_VALIDATION_SHARE = 0.2


def tuned(
    start: Scorer,
    task: Task,
    k: int,
    seed: int = 0,
    *,
    fixed: Collection[str] = (),
    tell: Callable[[Mapping[str, Any], float], object] = lambda parameters, ndcg: None,
) -> Scorer:
    """Return an algorithm with the parameters that give the best nDCG on held-back training rows.

    One parameter after the other takes the best of its values, while those before it stay at
    their best and those after it as they were: a search by coordinates, not over all combinations.

    Parameters
    ----------
    start : Scorer
        With the parameters to begin with. Its ``GRID`` holds the values to try of each.
    task : Task
        Of its test rows, only how many each user has is looked at.
    k, seed : int
    fixed : collection of str
        Parameters that stay as they are.
    tell : callable, optional
        Called with each combination and its nDCG, once.

    Raises
    ------
    DataError
        If nobody has two training rows.
    """
    held_back = validation(task, seed)

    def ndcg_of(parameters: dict[str, Any]) -> float:
        scorer = type(start)(**start.parameters() | parameters)
        ndcg = evaluate("", scorer, held_back, k, seed).metrics["ndcg"]
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
    """Improve one parameter after the other; of equals, what was tried first stays."""
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
    candidates are given, as many films are ranked as there, drawn from those not in training.

    Raises
    ------
    DataError
        If nobody has two training rows.
    """
    rows = task.train.tocoo()
    held = _held_back(rows.row, np.diff(task.test.indptr), seed)

    def part(chosen: splitting.Mask) -> Any:
        from scipy.sparse import csr_matrix

        places = (rows.row[chosen], rows.col[chosen])
        return csr_matrix((rows.data[chosen], places), shape=rows.shape, dtype=np.float32)

    hidden = part(held)
    candidates = None if task.candidates is None else _candidates(task, hidden, seed)
    return Task(part(~held), hidden, candidates, task.content)


def _held_back(users: Any, n_test_rows: Any, seed: int) -> splitting.Mask:
    held = splitting.random(users, _VALIDATION_SHARE, seed)
    # A share of few rows may be none.
    if n_test_rows.max() == 1 or not held.any():
        held = splitting.leave_one_out(users, None, seed)
    if not held.any():
        raise DataError("nobody has two training rows, so none can be held back", "omit --tune")
    return held


def _candidates(task: Task, hidden: Any, seed: int) -> Any:
    """Return the films held back of each user, and beside them as many others as in the task."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    n_others = _usual(task.candidates) - _usual(task.test)  # candidates hold what is to be found
    films = []
    for user in range(task.train.shape[0]):
        unknown = np.ones(task.train.shape[1], dtype=bool)
        unknown[task.train[user].indices] = False
        others = np.flatnonzero(unknown)
        drawn = random.choice(others, min(max(n_others, 1), len(others)), replace=False)
        films.append(np.append(hidden[user].indices, drawn))
    indptr = np.cumsum([0, *map(len, films)])
    parts = (np.ones(indptr[-1], np.float32), np.concatenate(films), indptr)
    return csr_matrix(parts, shape=task.train.shape)


def _usual(rows: Any) -> int:
    """Return the median number of values of the rows that have any."""
    lengths = np.diff(rows.indptr)
    return int(np.median(lengths[lengths > 0])) if lengths.any() else 0
