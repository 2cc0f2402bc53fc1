"""Choosing an algorithm's parameters on a part of the training rows, never on the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from movierec.algorithms._base import Scorer
from movierec.evaluation import splitting
from movierec.evaluation.runs import Task, evaluate

_VALIDATION_SHARE = 0.2


def tuned(
    scorer: type[Scorer],
    task: Task,
    k: int,
    seed: int = 0,
    tell: Callable[[Mapping[str, Any], float], object] = lambda parameters, ndcg: None,
) -> Scorer:
    """Return an algorithm with the parameters that give the best nDCG on held-back training rows.

    Parameters
    ----------
    scorer : type
        Its ``GRID`` holds the values to try of each parameter.
    task : Task
        Its test rows are not looked at.
    k, seed : int
    tell : callable, optional
        Called with each combination and its nDCG.
    """
    validation = _validation(task, seed)
    best, highest = scorer(), -1.0
    for parameters in combinations(scorer.GRID):
        candidate = scorer(**parameters)
        ndcg = evaluate("", candidate, validation, k, seed).metrics["ndcg"]
        tell(parameters, ndcg)
        if ndcg > highest:
            best, highest = scorer(**parameters), ndcg
    return best


def combinations(grid: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values of some parameters."""
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def _validation(task: Task, seed: int) -> Task:
    """Hold back a part of the training rows; all other films are ranked."""
    rows = task.train.tocoo()
    held = splitting.random(rows.row, _VALIDATION_SHARE, seed)
    if not held.any():  # so few ratings each that a share of them is none
        held = splitting.leave_one_out(rows.row, None, seed)

    def part(chosen: Any) -> Any:
        from scipy.sparse import csr_matrix

        places = (rows.row[chosen], rows.col[chosen])
        return csr_matrix((rows.data[chosen], places), shape=rows.shape, dtype=np.float32)

    return Task(part(~held), part(held), content=task.content)
