"""What `movierec evaluate` does, as one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.algorithms.base import Algorithm
from movierec.algorithms.registry import create, load, name_of
from movierec.data.dataset import read_movie_file, read_rated
from movierec.errors import UsageError
from movierec.evaluation.runs import RandomScorer, evaluate, users_to_test
from movierec.evaluation.tasks import EvaluationProtocol, Task, published_task, split_task
from movierec.evaluation.tuning import tuned

if TYPE_CHECKING:
    from movierec.data.sources.base import Place

Published = tuple[Path | None, Path | None, Path | None]
Settings = Mapping[str, Mapping[str, str | float | int]]  # of algorithms, values of parameters
Tell = Callable[[str], object]

_RANDOM, _BASELINES = "random", ("popular",)  # evaluated before all others


def compare(
    ratings: Place | None,
    algorithms: Sequence[str | Algorithm | type[Algorithm]],
    *,
    movies: Place | None = None,
    published: Published = (None, None, None),
    protocol: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    tune: bool = False,
    tell: Tell = lambda line: None,
) -> dict[str, Any]:
    """Compare algorithms on one split.

    Parameters
    ----------
    ratings : path-like or table, optional
        Ratings to split as `protocol` says, or a folder or zip that holds the movies too.
    algorithms : sequence of str, Algorithm, or subclass of Algorithm
        Names, addresses such as ``package.module:Class``, classes, or objects.
    movies : path-like or table, optional
        The movies: their genres, titles and years are the content.
    published : tuple of path-like
        Instead of `ratings`: training rows, test rows, and perhaps negatives.
    protocol : mapping, optional
        Fields of :class:`movierec.evaluation.tasks.EvaluationProtocol` that differ from the
        defaults.
    settings : mapping, optional
        By the names of algorithms, parameters that differ from the defaults.
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
        If an algorithm or a parameter does not exist, or not exactly one way of splitting is given.
    DataError
        If a file cannot be used, or the data lack what an algorithm needs.
    """
    how, settings = EvaluationProtocol(**protocol or {}), settings or {}
    made = _algorithms(algorithms, settings, how)
    task, split = _task(ratings, movies, published, how)
    results = []
    for name, algorithm in made.items():
        tell(f"evaluating {name}")
        fixed = settings.get(name, {})
        best = _tuned(algorithm, task, how, fixed, tell) if tune else algorithm
        results.append(asdict(evaluate(name, best, task, how.k, how.seed)))
    return {
        "protocol": {**asdict(how), **split, **_counts(task), "tuned": tune},
        "results": results,
    }


def _algorithms(
    wanted: Sequence[str | Algorithm | type[Algorithm]],
    settings: Settings,
    how: EvaluationProtocol,
) -> dict[str, Algorithm]:
    """Return what is compared, by name, so that a wrong name ends before anything is read."""
    given = [one.strip() if isinstance(one, str) else one for one in wanted]
    named: dict[str, str | Algorithm | type[Algorithm]] = {}
    for one in (*_BASELINES, *given):
        if one != _RANDOM:
            named.setdefault(_name(one), one)
    for name in settings:
        if name not in named:
            hint = f"parameters can be set for {', '.join(named)}"
            raise UsageError(f'no parameter of "{name}" can be set', hint)
    made = {name: _made(one, settings.get(name, {})) for name, one in named.items()}
    return {_RANDOM: RandomScorer(seed=how.seed), **made}


def _name(one: str | Algorithm | type[Algorithm]) -> str:
    if isinstance(one, str):
        return one
    return name_of(one if isinstance(one, type) else type(one))


def _made(
    one: str | Algorithm | type[Algorithm], settings: Mapping[str, str | float | int]
) -> Algorithm:
    if isinstance(one, Algorithm):
        return create(type(one), one.parameters() | dict(settings))
    return create(load(one) if isinstance(one, str) else one, settings)


def _task(
    ratings: Place | None, movies: Place | None, published: Published, how: EvaluationProtocol
) -> tuple[Task, dict[str, str]]:
    train, test, negatives = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if ratings is not None:
        rows, read = read_rated(ratings, movies)
        return split_task(rows, how, read), {}
    assert train is not None
    assert test is not None
    ranked = "the movies of the negatives file" if negatives else "all movies not in training"
    known = None if movies is None else read_movie_file(movies)
    task = published_task(train, test, negatives, how.threshold, known)
    return task, {"split": "published", "candidates": ranked}


def _tuned(
    algorithm: Algorithm,
    task: Task,
    how: EvaluationProtocol,
    fixed: Mapping[str, Any],
    tell: Tell,
) -> Algorithm:
    def tried(parameters: Mapping[str, Any], ndcg: float) -> None:
        words = ", ".join(f"{key}={value}" for key, value in parameters.items())
        tell(f"  {words}: nDCG {ndcg:.4f} on validation")

    if not algorithm.GRID:
        return algorithm
    return tuned(algorithm, task, how.k, how.seed, fixed=fixed, tell=tried)


def _counts(task: Task) -> dict[str, int]:
    counts = {
        "users": len(users_to_test(task)),
        "films": task.train.n_items,
        "training_rows": len(task.train),
        "test_rows": len(task.test),
    }
    if task.content is not None:
        counts["films_with_content"] = int(np.count_nonzero(np.diff(task.content.indptr)))
    return counts
