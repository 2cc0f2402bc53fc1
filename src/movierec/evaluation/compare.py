"""Compare algorithms on one split: the work of `movierec evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec._util import Progress, no_progress
from movierec.algorithms.base import Algorithm, Run
from movierec.data.dataset import read_movie_file, read_rated
from movierec.data.splitting import is_ordered
from movierec.errors import DataError, UsageError
from movierec.evaluation.chosen import BASELINES, RANDOM, Given, Settings, created_algorithms
from movierec.evaluation.runs import (
    RandomScorer,
    evaluate,
    measure_new_users,
    users_to_test,
)
from movierec.evaluation.tasks import EvaluationProtocol, Task, published_task, split_task
from movierec.evaluation.tuning import tuned

if TYPE_CHECKING:
    from movierec.data.sources.base import Place

Published = tuple["Place | None", "Place | None", Path | None]
Tell = Callable[[str], object]


def compare(
    ratings: Place | None,
    algorithms: Sequence[Given],
    *,
    movies: Place | None = None,
    published: Published = (None, None, None),
    protocol: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    tune: bool = False,
    progress: Progress = no_progress,
    tell: Tell = lambda line: None,
) -> dict[str, Any]:
    """Compare algorithms on one split.

    Parameters
    ----------
    ratings : path-like or table, optional
        Ratings to split according to `protocol`, or a folder or zip that holds movies too.
    algorithms : sequence of str, Algorithm, or subclass of Algorithm
        Names, addresses such as ``package.module:Class``, classes, or objects. An object is
        not fitted itself: a new one is created with its parameters.
    movies : path-like or table, optional
        Their genres, titles and years are the content.
    published : tuple of path-like
        A split to use instead of `ratings`: training rows, test rows, and optionally negatives.
    protocol : mapping, optional
        Fields of :class:`movierec.evaluation.tasks.EvaluationProtocol` that differ from the
        defaults.
    settings : mapping, optional
        By algorithm, parameters that differ from the defaults.
    tune : bool
        Whether to tune the parameters that are not in `settings`, on a part of the training rows.
    progress : callable, optional
        Called with the name of a stage and the fraction done, from 0 to 1.
    tell : callable, optional
        Called with a line of text for each step.

    Returns
    -------
    dict
        ``protocol``; ``results`` with a dict for each algorithm; and ``new_users`` with the number
        of users without training rows and the metrics of popularity for them, or None.

    Raises
    ------
    UsageError
        If an algorithm or a parameter is unknown, or if not exactly one of `ratings` and
        `published` is given.
    DataError
        If a file cannot be used, or the data lack something that an algorithm needs.
    """
    options, settings = EvaluationProtocol(**protocol or {}), settings or {}
    random = {RANDOM: RandomScorer(seed=options.seed)}
    created = random | created_algorithms(algorithms, settings, BASELINES)
    task, split = _task(ratings, movies, published, options)
    task = replace(task, recency=options.recency)
    _check(task)
    results = []
    for name, algorithm in created.items():
        tell(f"evaluating {name}")
        fixed = settings.get(name, {})
        best = _tuned(algorithm, task, options, fixed, tell) if tune else algorithm
        run = Run(progress=partial(_progress_of, progress, name))
        results.append(asdict(evaluate(name, best, task, options.k, options.seed, run)))
    return {
        "protocol": {**asdict(options), **split, **_counts(task), "tuned": tune},
        "results": results,
        "new_users": measure_new_users(task, options.k),
    }


def _progress_of(progress: Progress, name: str, stage: str, done: float) -> None:
    progress(f"{name}: {stage}", done)


def _check(task: Task) -> None:
    """Check that there is somebody to measure, and times if recency matters."""
    if not len(users_to_test(task)):
        raise DataError(
            "nobody has both training rows and test rows", "choose another split, or other files"
        )
    if task.recency and not is_ordered(task.train):
        raise DataError(
            "recency needs the time of each rating, but the ratings have no timestamps, or equal "
            "ones",
            "leave it out, or add a timestamp column",
        )


def _task(
    ratings: Place | None, movies: Place | None, published: Published, protocol: EvaluationProtocol
) -> tuple[Task, dict[str, Any]]:
    """Return the task, and the entries of the protocol that the split adds or replaces."""
    train, test, negatives = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if ratings is not None:
        rows, read = read_rated(ratings, movies)
        task = split_task(rows, protocol, read)
        return task, _order_of(task) if protocol.split == "leave-one-out" else {}
    assert train is not None
    assert test is not None
    ranked = "the movies of the negatives file" if negatives else "all movies not in training"
    known = None if movies is None else read_movie_file(movies)
    task = published_task(train, test, negatives, protocol.threshold, known)
    return task, {"split": "published", "candidates": ranked}


def _order_of(task: Task) -> dict[str, Any]:
    """Return which rating of each user is held out, and how much is tied if it is the latest."""
    if task.ties is None:
        return {"held_out": "random"}
    shares = {"tied_ratings": task.ties.ratings, "tied_held_out": task.ties.held_out}
    return {"held_out": "latest", **shares}


def _tuned(
    algorithm: Algorithm,
    task: Task,
    protocol: EvaluationProtocol,
    fixed: Mapping[str, Any],
    tell: Tell,
) -> Algorithm:
    def tried(parameters: Mapping[str, Any], ndcg: float) -> None:
        words = ", ".join(f"{key}={value}" for key, value in parameters.items())
        tell(f"  {words}: nDCG {ndcg:.4f} on validation")

    if not algorithm.GRID:
        return algorithm
    return tuned(algorithm, task, protocol.k, protocol.seed, fixed=fixed, tell=tried)


def _counts(task: Task) -> dict[str, int]:
    counts = {
        "users": len(users_to_test(task)),
        "films": task.train.n_items,
        "training_rows": len(task.train),
        "test_rows": len(task.test),
    }
    if task.content is not None:
        counts["films_with_content"] = task.content.n_known
    return counts
