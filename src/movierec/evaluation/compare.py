"""Compare algorithms on one split: the work of `movierec evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec._checks import whole_number
from movierec._util import Progress, no_progress
from movierec.algorithms.base import Algorithm, Run
from movierec.data.dataset import read_movie_file, read_rated
from movierec.data.splitting import is_ordered
from movierec.errors import DataError, UsageError
from movierec.evaluation.chosen import (
    BASELINES,
    RANDOM,
    Given,
    Settings,
    created_algorithms,
    private_algorithms,
)
from movierec.evaluation.results import Measured, Result
from movierec.evaluation.runs import RandomScorer, measure, measure_new_users, users_to_test
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
    repeats: int = 1,
    epsilons: Sequence[float] = (),
    progress: Progress = no_progress,
    tell: Tell = lambda line: None,
) -> dict[str, Any]:
    """Compare algorithms on one split, or on several that differ by their seed.

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
    repeats : int
        Number of runs, each with the next seed, which chooses the held-out rows and is added to
        the ``seed`` of an algorithm. Where neither makes a difference, there is one run.
    epsilons : sequence of float
        Also compare what ``fit --epsilon`` recommends, for each epsilon; its ratings are on the
        scale from 0.5 to 5.
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
    seeds = range(options.seed, options.seed + whole_number("repeats", repeats, 1))
    created = {RANDOM: RandomScorer()} | created_algorithms(algorithms, settings, BASELINES)
    created |= private_algorithms(epsilons)
    tasks = _tasks(ratings, movies, published, options)
    first = next(tasks)
    _check(first)
    runs: dict[str, list[Measured]] = {name: [] for name in created}
    for seed, task in zip(seeds, chain([first], tasks), strict=False):
        for name, algorithm in created.items():
            if runs[name] and not (task.is_drawn or _has_seed(algorithm)):
                continue  # it would give the same
            tell(f"evaluating {name}" + (f", seed {seed}" if repeats > 1 else ""))
            used, fixed = _seeded(algorithm, seed), settings.get(name, {})
            if tune:
                used = _tuned(used, task, options.k, seed, fixed, tell)
            run = Run(progress=partial(_progress_of, progress, name))
            runs[name].append(measure(used, task, options.k, run))
    results = [Result.of(name, measured, options.seed) for name, measured in runs.items()]
    how = asdict(options) | _described(first, options, published) | _counts(first)
    return {
        "protocol": {**how, "tuned": tune, "repeats": repeats},
        "results": [asdict(result) for result in results],
        "new_users": measure_new_users(first, options.k),
    }


def _has_seed(algorithm: Algorithm) -> bool:
    return isinstance(algorithm.parameters().get("seed"), int)


def _seeded(algorithm: Algorithm, seed: int) -> Algorithm:
    """Return an algorithm whose seed is that of the run, or is as far from its own."""
    parameters = algorithm.parameters()
    if _has_seed(algorithm):
        parameters["seed"] += seed
    return type(algorithm)(**parameters)


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


def _tasks(
    ratings: Place | None, movies: Place | None, published: Published, options: EvaluationProtocol
) -> Iterator[Task]:
    """Yield a task for each seed, from that of the protocol on."""
    train, test, negatives = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if ratings is not None:
        rows, read = read_rated(ratings, movies)
        task = split_task(rows, options, read)
    else:
        assert train is not None
        assert test is not None
        known = None if movies is None else read_movie_file(movies)
        task = published_task(train, test, negatives, options.threshold, known)
    task = replace(task, recency=options.recency)
    yield task
    for seed in count(options.seed + 1):
        if task.is_drawn:
            drawn = split_task(rows, replace(options, seed=seed), read)
            task = replace(drawn, recency=options.recency)
        yield task


def _described(task: Task, options: EvaluationProtocol, published: Published) -> dict[str, Any]:
    """Return what a split adds to the protocol, or replaces."""
    if published[0] is not None:
        ranked = (
            "the movies of the negatives file" if published[2] else "all movies not in training"
        )
        return {"split": "published", "candidates": ranked}
    if options.split != "leave-one-out":
        return {}
    if task.ties is None:
        return {"held_out": "random"}
    shares = {"tied_ratings": task.ties.ratings, "tied_held_out": task.ties.held_out}
    return {"held_out": "latest", **shares}


def _tuned(
    algorithm: Algorithm,
    task: Task,
    k: int,
    seed: int,
    fixed: Mapping[str, Any],
    tell: Tell,
) -> Algorithm:
    def tried(parameters: Mapping[str, Any], ndcg: float) -> None:
        words = ", ".join(f"{key}={value}" for key, value in parameters.items())
        tell(f"  {words}: nDCG {ndcg:.4f} on validation")

    if not algorithm.GRID:
        return algorithm
    return tuned(algorithm, task, k, seed, fixed=fixed, tell=tried)


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
