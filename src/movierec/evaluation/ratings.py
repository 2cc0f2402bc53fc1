"""Measure predicted ratings by cross-validation, or on a published split."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from movierec._checks import truth, whole_number
from movierec._progress import shows_progress
from movierec._util import Progress
from movierec.algorithms._calls import fit_algorithm
from movierec.algorithms._preferences import RatingScale
from movierec.algorithms.base import Algorithm, PredictsRatings, Run, TrainingData
from movierec.algorithms.registry import load, names
from movierec.data.dataset import read_movie_file, read_rated
from movierec.errors import UsageError
from movierec.evaluation.chosen import (
    Given,
    Settings,
    checked_calls,
    checked_settings,
    created_algorithms,
)
from movierec.evaluation.frames import TIMES
from movierec.evaluation.rating_errors import Errors, PredictedRows
from movierec.evaluation.rating_outcome import RatingEvaluation, compared
from movierec.evaluation.runs import on_one_thread, users_to_test
from movierec.evaluation.search import (
    Method,
    Search,
    described_search,
    run_search,
    search_of,
    shares_of,
)
from movierec.evaluation.tasks import Task, published_task, whole_task
from movierec.evaluation.trials import Trials, Tuning
from movierec.evaluation.tuning import sample

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions
    from movierec.data.sources.base import Place
    from movierec.evaluation.protocol import RatingProtocolFacts

RATING_ALGORITHMS = ("rating_knn", "mf", "bias")
N_FOLDS = 5


@shows_progress
def evaluate_ratings(
    ratings: Place | None = None,
    algorithms: Sequence[Given] = RATING_ALGORITHMS,
    *,
    movies: Place | None = None,
    train: Place | None = None,
    test: Place | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    tune: bool = False,
    search: Method | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    progress: Progress | bool | None = None,
    tell: Callable[[str], object] | None = None,
) -> RatingEvaluation:
    """Measure how well algorithms predict ratings.

    The rows are split into five random parts, each of which is predicted from the others; a
    published split is used as it is.

    Parameters
    ----------
    ratings, algorithms, movies, settings, progress, tell
        As in :func:`movierec.evaluate`.
    train, test : path-like or table, optional
        A split to use instead of `ratings`.
    seed : int
        Random seed of the parts.
    tune : bool
        Whether to tune parameters on a fifth of the training rows of the first part.
    search, trials, minutes
        As in :func:`movierec.evaluate`.

    Returns
    -------
    RatingEvaluation

    Raises
    ------
    UsageError
        If an argument is unknown, an algorithm does not predict ratings, or not exactly one of
        `ratings` and a published split is given.
    DataError
        If a file cannot be used.

    Examples
    --------
    >>> import movierec
    >>> from movierec.data.discover import sample_folder
    >>> found = movierec.evaluate_ratings(sample_folder(), ["bias", "rating_knn"])
    >>> [(each.algorithm, each.versus_best) for each in found.results]
    [('bias', 'best'), ('rating_knn', '')]
    """
    settings = checked_settings(settings)
    created = created_algorithms(algorithms, settings)
    _refuse_others(created)
    seed, how = (
        whole_number("seed", seed, 0),
        search_of(truth("tune", tune), search, trials, minutes),
    )
    calls = checked_calls(progress, tell)
    known, tasks = _tasks(ratings, movies, (train, test), seed)
    measured = {
        name: _tuned_and_measured(name, algorithm, tasks, settings.get(name, {}), how, seed, *calls)
        for name, algorithm in created.items()
    }
    split = "published" if ratings is None else f"{N_FOLDS} random parts"
    counts = {"test_rows": sum(len(task.test) for task in tasks), "users": known.n_users}
    about = {"task": "rating", "split": split, "seed": seed, **described_search(how), **counts}
    rows = PredictedRows.of(known, tasks)
    return compared(cast("RatingProtocolFacts", about), measured, rows)


def _tuned_and_measured(
    name: str,
    algorithm: Algorithm,
    tasks: Sequence[Task],
    fixed: Collection[str],
    search: Search | None,
    seed: int,
    progress: Progress,
    tell: Callable[[str], object],
) -> dict[str, Any]:
    tell(f"evaluating {name}")
    calls: dict[str, Any] = {"label": name, "progress": progress, "tell": tell}
    best, tuning = _tuned(algorithm, tasks[0], search, seed, fixed, **calls)
    return measure(best, tasks, lambda done: progress(name, done)) | {"tuning": tuning}


def _tasks(
    ratings: Place | None,
    movies: Place | None,
    published: tuple[Place | None, Place | None],
    seed: int,
) -> tuple[Interactions, list[Task]]:
    """Return the known ratings, and a task for each part."""
    train, test = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if train is not None and test is not None:
        known = None if movies is None else read_movie_file(movies)
        task = published_task(train, test, None, None, known)
        return task.train, [task]
    assert ratings is not None
    whole = whole_task(*read_rated(ratings, movies))
    return whole.train, list(folds(whole, seed))


def _refuse_others(algorithms: Mapping[str, Algorithm]) -> None:
    """Refuse what does not predict ratings, with a hint that names those that do."""
    if not algorithms:
        raise UsageError("no algorithm is given", f"such as {', '.join(RATING_ALGORITHMS)}")
    for name, algorithm in algorithms.items():
        if not isinstance(algorithm, PredictsRatings):
            able = [other for other in names() if issubclass(load(other), PredictsRatings)]
            raise UsageError(
                f"{name} does not predict ratings", f"those that do: {', '.join(able)}"
            )


def _tuned(
    algorithm: Algorithm,
    task: Task,
    search: Search | None,
    seed: int,
    fixed: Collection[str],
    **calls: Any,
) -> tuple[Algorithm, Tuning | None]:
    """Return the algorithm with the parameters that are best on a fifth of the training rows."""
    grid = {name: values for name, values in algorithm.GRID.items() if name not in fixed}
    if search is None or not grid:
        return algorithm, None
    held_back = next(folds(task, seed + 1))

    def rmse_of(parameters: dict[str, Any], share: float) -> float:
        tried = type(algorithm)(**algorithm.parameters() | parameters)
        part = held_back if share == 1 else sample(held_back, share, seed)
        errors = measure(tried, [part], lambda done: None)["errors"]
        return float(np.sqrt((errors**2).mean()))

    start = {name: algorithm.parameters()[name] for name in grid}
    trials = Trials(start, rmse_of, search, metric="rmse", **calls)
    run_search(search, grid, trials, seed, shares_of(search, len(users_to_test(held_back))))
    return type(algorithm)(**algorithm.parameters() | trials.best[0]), trials.outcome()


def folds(task: Task, seed: int) -> Iterator[Task]:
    """Yield tasks whose test rows are a random fifth of the rows, each row once.

    Parameters
    ----------
    task : Task
        Its training rows are split.
    seed : int
        Random seed.
    """
    rows = task.train
    number = np.random.default_rng(seed).permutation(len(rows)) % N_FOLDS
    for fold in range(N_FOLDS):
        yield replace(task, train=rows.select(number != fold), test=rows.select(number == fold))


@on_one_thread()
def measure(
    algorithm: Algorithm, tasks: Sequence[Task], progress: Callable[[float], object]
) -> dict[str, Any]:
    """Fit an algorithm on each task, and measure what it predicts for the test rows.

    Predictions are clipped to the scale of the training ratings.

    Parameters
    ----------
    algorithm : Algorithm
        It predicts ratings.
    tasks : sequence of Task
    progress : callable
        Called with the fraction done.

    Returns
    -------
    dict
        ``parameters``; ``errors``, of shape (n_rows,), part by part and user by user; and
        ``fit_seconds``, ``fit_cpu_seconds`` and ``query_seconds``, sums over the tasks.
    """
    errors, seconds = [], np.zeros(len(TIMES))
    for number, task in enumerate(tasks):
        started, cpu_started = time.perf_counter(), time.process_time()
        fit_algorithm(algorithm, TrainingData.of(task.train, task.content), Run())
        fitted, cpu_fitted = time.perf_counter(), time.process_time()
        errors.append(_errors(algorithm, task))
        asked = time.perf_counter() - fitted
        seconds += (fitted - started, cpu_fitted - cpu_started, asked)
        progress((number + 1) / len(tasks))
    return {
        "parameters": algorithm.parameters(),
        "errors": np.concatenate(errors),
        **dict(zip(TIMES, seconds.tolist(), strict=True)),
    }


def _errors(algorithm: Algorithm, task: Task) -> Errors:
    """Return the error of each test row, user by user."""
    assert isinstance(algorithm, PredictsRatings)
    scale = RatingScale.of(task.train)
    errors = []
    for user in np.unique(task.test.users):
        wanted = task.test.for_users(np.array([user]))
        known = task.train.for_users(np.array([user]))
        predicted = algorithm.predict(known, wanted.items.astype(np.int64))[0]
        errors.append(np.clip(predicted, *scale).astype(np.float64) - wanted.ratings)
    return np.concatenate(errors)
