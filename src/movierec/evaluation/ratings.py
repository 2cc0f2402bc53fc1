"""Measure predicted ratings by cross-validation, or on a published split."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import Progress, no_progress
from movierec.algorithms._calls import fit_algorithm
from movierec.algorithms._preferences import RatingScale
from movierec.algorithms.base import Algorithm, PredictsRatings, Run, TrainingData
from movierec.algorithms.registry import load, names
from movierec.data.dataset import read_movie_file, read_rated
from movierec.errors import UsageError
from movierec.evaluation.certainty import Pair, pairs_of, t_test, versus_best
from movierec.evaluation.chosen import Given, Settings, created_algorithms
from movierec.evaluation.frames import TIMES
from movierec.evaluation.results import Measured
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
    from movierec.data.sources.base import Place

N_FOLDS = 5

Errors = npt.NDArray[np.float64]


def compare_ratings(
    ratings: Place | None,
    algorithms: Sequence[Given],
    *,
    movies: Place | None = None,
    published: tuple[Place | None, Place | None] = (None, None),
    settings: Settings | None = None,
    seed: int = 0,
    tune: bool = False,
    search: Method | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    progress: Progress = no_progress,
    tell: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Compare how well algorithms predict ratings.

    The rows are split into five random parts, each of which is predicted from the others; a
    published split is used as it is.

    Parameters
    ----------
    ratings, algorithms, movies, settings, progress, tell
        As in :func:`movierec.evaluate`.
    published : tuple of path-like or table
        Training rows and test rows, instead of `ratings`.
    seed : int
        Random seed of the parts.
    tune : bool
        Whether to tune parameters on a fifth of the training rows of the first part.
    search, trials, minutes
        As in :func:`movierec.evaluate`.

    Returns
    -------
    dict
        ``protocol``; ``results`` with a dict for each algorithm: its name, its parameters,
        ``rmse``, ``mae``, their ``intervals`` of 95 %, ``versus_best`` ("best", or "tied" where
        the RMSE is not clearly behind), ``fit_seconds``, ``fit_cpu_seconds`` and
        ``query_seconds``; and ``pairs``, the differences of RMSE: the values of
        :class:`movierec.evaluation.certainty.Pair`. A result that was tuned has ``tuning``.

    Raises
    ------
    UsageError
        If an algorithm does not predict ratings, or not exactly one of `ratings` and `published`
        is given.
    DataError
        If a file cannot be used.
    """
    created, settings = created_algorithms(algorithms, settings or {}), settings or {}
    _refuse_others(created)
    how = search_of(tune, search, trials, minutes)
    tasks = _tasks(ratings, movies, published, seed)
    results = []
    for name, algorithm in created.items():
        tell(f"evaluating {name}")
        calls: dict[str, Any] = {"label": name, "progress": progress, "tell": tell}
        fixed = settings.get(name, {})
        best, tuning = _tuned(algorithm, tasks[0], how, seed, fixed, **calls)
        measured = measure(best, tasks, lambda done, name=name: progress(name, done))  # type: ignore[misc]
        results.append({"algorithm": name, **measured, "tuning": tuning})
    pairs = _compared(results)
    split = "published" if ratings is None else f"{N_FOLDS} random parts"
    counts = {"test_rows": sum(len(task.test) for task in tasks), "users": tasks[0].train.n_users}
    about = {"task": "rating", "split": split, "seed": seed, **described_search(how), **counts}
    return {"protocol": about, "results": results, "pairs": [asdict(pair) for pair in pairs]}


def _compared(results: list[dict[str, Any]]) -> list[Pair]:
    """Compare each pair of algorithms, and mark the best; what each person adds is taken out."""
    runs = {one["algorithm"]: [one.pop("measured")] for one in results}
    values = {name: [run.per_user["rmse"] for run in each] for name, each in runs.items()}
    pairs = pairs_of(runs, values, 0, "rmse")
    marks = versus_best({one["algorithm"]: one["rmse"] for one in results}, pairs)
    for one in results:
        one["versus_best"] = marks[one["algorithm"]]
    return pairs


def _tasks(
    ratings: Place | None,
    movies: Place | None,
    published: tuple[Place | None, Place | None],
    seed: int,
) -> list[Task]:
    train, test = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    if train is not None and test is not None:
        known = None if movies is None else read_movie_file(movies)
        return [published_task(train, test, None, None, known)]
    assert ratings is not None
    return list(folds(whole_task(*read_rated(ratings, movies)), seed))


def _refuse_others(algorithms: Mapping[str, Algorithm]) -> None:
    """Check that all algorithms predict ratings; the hint names those that do."""
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
        return float(measure(tried, [part], lambda done: None)["rmse"])

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
        ``parameters``; ``rmse`` and ``mae`` over all test rows, and their ``intervals``;
        ``fit_seconds``, ``fit_cpu_seconds`` and ``query_seconds``, sums; and ``measured``, with
        what each user adds.
    """
    errors, fit_seconds, fit_cpu_seconds, query_seconds = [], 0.0, 0.0, 0.0
    for number, task in enumerate(tasks):
        started, cpu_started = time.perf_counter(), time.process_time()
        fit_algorithm(algorithm, TrainingData.of(task.train, task.content), Run())
        fitted, cpu_fitted = time.perf_counter(), time.process_time()
        errors.append(_errors(algorithm, task))
        fit_seconds += fitted - started
        fit_cpu_seconds += cpu_fitted - cpu_started
        query_seconds += time.perf_counter() - fitted
        progress((number + 1) / len(tasks))
    users = np.concatenate([np.sort(task.test.users) for task in tasks])
    metrics, people, per_user = of_errors(np.concatenate(errors), users)
    seconds = fit_seconds, fit_cpu_seconds, query_seconds
    return {
        "parameters": algorithm.parameters(),
        **metrics,
        "intervals": {name: t_test(values)[1:] for name, values in per_user.items()},
        **dict(zip(TIMES, seconds, strict=True)),
        "measured": Measured(algorithm.parameters(), metrics, people, per_user, *seconds),
    }


def of_errors(
    errors: Errors, users: npt.NDArray[Any]
) -> tuple[dict[str, float], npt.NDArray[np.int64], dict[str, Errors]]:
    """Return RMSE and MAE over all rows, and what each user adds to them.

    The mean over users of what they add is the metric, and its variance that of a ratio of two
    sums over users: Cochran, "Sampling Techniques" (1977), section 6.4; for RMSE, by the
    derivative of the root.

    Parameters
    ----------
    errors : ndarray of shape (n_rows,), float64
    users : ndarray of shape (n_rows,)
        The ``user_index`` of each row.

    Returns
    -------
    metrics : dict of str to float
    people : ndarray of shape (n_users,), int64
        Ascending.
    per_user : dict of str to ndarray of shape (n_users,), float64
    """
    people, places, counts = np.unique(users, return_inverse=True, return_counts=True)
    share = counts.mean()
    mse, mae = float((errors**2).mean()), float(np.abs(errors).mean())
    rmse = float(np.sqrt(mse))
    squares = (np.bincount(places, errors**2) - mse * counts) / share
    absolutes = (np.bincount(places, np.abs(errors)) - mae * counts) / share
    steep = 2 * rmse if rmse else 1.0
    added = {"rmse": rmse + squares / steep, "mae": mae + absolutes}
    return {"rmse": rmse, "mae": mae}, people.astype(np.int64), added


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
