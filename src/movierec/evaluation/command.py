"""What `movierec evaluate` does, as one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from movierec.algorithms._base import Scorer, load
from movierec.errors import UsageError
from movierec.evaluation.data import Protocol, published_task, split_task
from movierec.evaluation.runs import Chance, Task, evaluate, with_baselines
from movierec.evaluation.tuning import tuned
from movierec.readers.interactions import read_interactions

Published = tuple[Path | None, Path | None, Path | None]


def compare(
    ratings: str | Path | None,
    algorithms: Sequence[str],
    *,
    published: Published = (None, None, None),
    protocol: Mapping[str, Any] | None = None,
    tune: bool = False,
    tell: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Compare algorithms on one split.

    Parameters
    ----------
    ratings : path-like, optional
        A file that is split as `protocol` says.
    algorithms : sequence of str
    published : tuple of path-like
        Instead of `ratings`: training rows, test rows, and perhaps negatives.
    protocol : mapping, optional
        The fields of :class:`movierec.evaluation.data.Protocol` that are not as usual.
    tune : bool
        Whether parameters are chosen on a part of the training rows.
    tell : callable, optional
        Called with a line for each step.

    Returns
    -------
    dict
        ``protocol``, and ``results``: a dict for each algorithm.

    Raises
    ------
    UsageError
        If an algorithm is not there, or not one way of splitting is named.
    DataError
        If a file cannot be used.
    """
    scorers = {name.strip(): load(name.strip()) for name in algorithms if name.strip() != "random"}
    how = Protocol(**protocol or {})
    task, split = _task(ratings, published, how)
    results = []
    for name in with_baselines(list(scorers)):
        tell(f"evaluating {name}")
        scorer = _scorer(name, task, how, tune, tell)
        results.append(asdict(evaluate(name, scorer, task, how.k, how.seed)))
    counts = {
        "users": int(np.count_nonzero(np.diff(task.test.indptr))),
        "films": task.train.shape[1],
        "training_rows": int(task.train.nnz),
        "test_rows": int(task.test.nnz),
    }
    return {"protocol": {**asdict(how), **split, **counts, "tuned": tune}, "results": results}


def _task(
    ratings: str | Path | None, published: Published, how: Protocol
) -> tuple[Task, dict[str, str]]:
    train, test, negatives = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if ratings is not None:
        return split_task(read_interactions(ratings), how), {}
    assert train is not None
    assert test is not None
    ranked = "the films of the negatives file" if negatives else "all films not in training"
    task = published_task(train, test, negatives, how.threshold)
    return task, {"split": "published", "candidates": ranked}


def _scorer(
    name: str, task: Task, how: Protocol, tune: bool, tell: Callable[[str], object]
) -> Scorer:
    if name == "random":
        return Chance(seed=how.seed)
    scorer = load(name)
    if not tune or not scorer.GRID:
        return scorer()

    def tried(parameters: Mapping[str, Any], ndcg: float) -> None:
        words = ", ".join(f"{key}={value}" for key, value in parameters.items())
        tell(f"  {words}: nDCG {ndcg:.4f} on validation")

    return tuned(scorer, task, how.k, how.seed, tried)
