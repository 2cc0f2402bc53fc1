"""Fit an algorithm on a part of the ratings, predict the others, and tune what does."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from movierec.algorithms._calls import fit_algorithm
from movierec.algorithms._preferences import RatingScale
from movierec.algorithms.base import Algorithm, PredictsRatings, Run, TrainingData
from movierec.evaluation.rating_errors import Errors
from movierec.evaluation.runs import on_one_thread, users_to_test
from movierec.evaluation.search import Search, run_search, shares_of
from movierec.evaluation.tasks import Task
from movierec.evaluation.trials import Trials, Tuning
from movierec.evaluation.tuning import sample, with_parameters

N_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Predicted:
    """What one fit of an algorithm predicted.

    Attributes
    ----------
    parameters : dict
    errors : ndarray of shape (n_rows,), float64
        Predicted minus actual ratings, user by user.
    fit_seconds, fit_cpu_seconds, query_seconds : float
        Time to fit, by the clock and of all processors together, and to predict.
    tuning : Tuning, optional
        How the parameters were chosen, if they were tuned.
    """

    parameters: dict[str, Any]
    errors: Errors
    fit_seconds: float
    fit_cpu_seconds: float
    query_seconds: float
    tuning: Tuning | None = None


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
def predict(algorithm: Algorithm, task: Task) -> Predicted:
    """Fit an algorithm on a task, and measure what it predicts for the test rows.

    Predictions are clipped to the scale of the training ratings.

    Parameters
    ----------
    algorithm : Algorithm
        It predicts ratings.
    task : Task
    """
    started, cpu_started = time.perf_counter(), time.process_time()
    fit_algorithm(algorithm, TrainingData.of(task.train, task.content), Run())
    fitted, cpu_fitted = time.perf_counter(), time.process_time()
    errors = _errors(algorithm, task)
    seconds = fitted - started, cpu_fitted - cpu_started, time.perf_counter() - fitted
    return Predicted(algorithm.parameters(), errors, *seconds)


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


def tuned(
    start: Algorithm, task: Task, search: Search, seed: int, fixed: Collection[str], **calls: Any
) -> Tuning | None:
    """Choose the parameters that predict a fifth of the training rows best.

    Parameters
    ----------
    start : Algorithm
        Its parameters are the starting point, and its ``GRID`` holds the values to try.
    task : Task
    search : Search
    seed : int
        Random seed.
    fixed : collection of str
        Names of parameters that are not tuned.
    **calls
        See :class:`movierec.evaluation.trials.Trials`: its path, label, progress and tell.

    Returns
    -------
    Tuning, optional
        None if the algorithm has no parameters to tune.
    """
    grid = {name: values for name, values in start.GRID.items() if name not in fixed}
    if not grid:
        return None
    held_back = next(folds(task, seed + 1))

    def rmse_of(parameters: dict[str, Any], share: float) -> float:
        part = held_back if share == 1 else sample(held_back, share, seed)
        return float(
            np.sqrt((predict(with_parameters(start, parameters), part).errors ** 2).mean())
        )

    own = {name: start.parameters()[name] for name in grid}
    trials = Trials(own, rmse_of, search, metric="rmse", **calls)
    run_search(search, grid, trials, seed, shares_of(search, len(users_to_test(held_back))))
    return trials.outcome()
