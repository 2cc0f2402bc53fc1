"""What `movierec evaluate` does, as one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from movierec.algorithms._base import Scorer, make
from movierec.errors import UsageError
from movierec.evaluation.data import Protocol, published_task, split_task
from movierec.evaluation.films import read_films, read_rated
from movierec.evaluation.runs import Chance, Task, evaluate, with_baselines
from movierec.evaluation.tuning import tuned

Published = tuple[Path | None, Path | None, Path | None]
Given = Mapping[str, Mapping[str, str | float | int]]  # of algorithms, the values of parameters


def compare(
    ratings: str | Path | None,
    algorithms: Sequence[str],
    *,
    movies: str | Path | None = None,
    published: Published = (None, None, None),
    protocol: Mapping[str, Any] | None = None,
    given: Given | None = None,
    tune: bool = False,
    tell: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Compare algorithms on one split.

    Parameters
    ----------
    ratings : path-like, optional
        A file that is split as `protocol` says, or a folder or zip that holds the films too.
    algorithms : sequence of str
    movies : path-like, optional
        A file of films: what is known of them is their content.
    published : tuple of path-like
        Instead of `ratings`: training rows, test rows, and perhaps negatives.
    protocol : mapping, optional
        The fields of :class:`movierec.evaluation.data.Protocol` that are not as usual.
    given : mapping, optional
        By the names of algorithms, parameters that are not as usual.
    tune : bool
        Whether the other parameters are chosen on a part of the training rows.
    tell : callable, optional
        Called with a line for each step.

    Returns
    -------
    dict
        ``protocol``, and ``results``: a dict for each algorithm.

    Raises
    ------
    UsageError
        If an algorithm or a parameter is not there, or not one way of splitting is named.
    DataError
        If a file cannot be used.
    """
    how, given = Protocol(**protocol or {}), given or {}
    scorers = _scorers(algorithms, given, how)
    task, split = _task(ratings, movies, published, how)
    results = []
    for name, scorer in scorers.items():
        tell(f"evaluating {name}")
        best = _tuned(scorer, task, how, given.get(name, {}), tell) if tune else scorer
        results.append(asdict(evaluate(name, best, task, how.k, how.seed)))
    return {
        "protocol": {**asdict(how), **split, **_counts(task), "tuned": tune},
        "results": results,
    }


def _scorers(algorithms: Sequence[str], given: Given, how: Protocol) -> dict[str, Scorer]:
    """Return what is compared, so that a slip in a name ends before anything is read."""
    _, *named = with_baselines([name.strip() for name in algorithms])
    for name in given:
        if name not in named:
            hint = f"parameters can be set of {', '.join(named)}"
            raise UsageError(f'no parameter of "{name}" can be set', hint)
    scorers = {name: make(name, given.get(name, {})) for name in named}
    return {"random": Chance(seed=how.seed), **scorers}


def _task(
    ratings: str | Path | None, movies: str | Path | None, published: Published, how: Protocol
) -> tuple[Task, dict[str, str]]:
    train, test, negatives = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if ratings is not None:
        rows, films = read_rated(ratings, movies)
        return split_task(rows, how, films), {}
    assert train is not None
    assert test is not None
    ranked = "the films of the negatives file" if negatives else "all films not in training"
    films = None if movies is None else read_films(movies)
    task = published_task(train, test, negatives, how.threshold, films)
    return task, {"split": "published", "candidates": ranked}


def _tuned(
    scorer: Scorer,
    task: Task,
    how: Protocol,
    given: Mapping[str, Any],
    tell: Callable[[str], object],
) -> Scorer:
    def tried(parameters: Mapping[str, Any], ndcg: float) -> None:
        words = ", ".join(f"{key}={value}" for key, value in parameters.items())
        tell(f"  {words}: nDCG {ndcg:.4f} on validation")

    return tuned(scorer, task, how.k, how.seed, fixed=given, tell=tried) if scorer.GRID else scorer


def _counts(task: Task) -> dict[str, int]:
    counts = {
        "users": int(np.count_nonzero(np.diff(task.test.indptr))),
        "films": task.train.shape[1],
        "training_rows": int(task.train.nnz),
        "test_rows": int(task.test.nnz),
    }
    if task.content is not None:
        counts["films_with_content"] = int(np.count_nonzero(np.diff(task.content.indptr)))
    return counts
