"""The splits that an evaluation measures, one for each seed and fold, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from movierec.data.dataset import read_movie_file, read_rated
from movierec.data.splitting import is_ordered
from movierec.errors import DataError, UsageError
from movierec.evaluation.runs import users_to_test
from movierec.evaluation.tasks import Task, published_task, split_task

if TYPE_CHECKING:
    from movierec.data.sources.base import PathLike, Place
    from movierec.evaluation.protocol import EvaluationProtocol

Published = tuple["Place | None", "Place | None", "PathLike | None"]


class Round(NamedTuple):
    """One of the splits.

    Attributes
    ----------
    task : Task
    seed, fold : int
    is_fold : bool
        Whether there are several folds.
    """

    task: Task
    seed: int
    fold: int = 0
    is_fold: bool = False


def rounds(
    ratings: Place | None,
    movies: Place | None,
    published: Published,
    options: EvaluationProtocol,
    n_seeds: int,
) -> Iterator[Round]:
    """Yield a split for each seed, from that of the protocol on, and for each fold.

    Parameters
    ----------
    ratings, movies : path-like or table, optional
    published : tuple of path-like
        A split to use instead of `ratings`: training rows, test rows, and optionally negatives.
    options : EvaluationProtocol
    n_seeds : int

    Raises
    ------
    UsageError
        If not exactly one of `ratings` and `published` is given.
    DataError
        If a file cannot be used, or nobody can be measured.
    """
    train, test, negatives = published
    if (ratings is None) == (train is None) or (train is None) != (test is None):
        raise UsageError(
            "name a rating file to split, or a published split",
            "movierec evaluate ratings.csv, or --train train.csv --test test.csv",
        )
    seeds = range(options.seed, options.seed + n_seeds)
    if ratings is not None:
        return _split(ratings, movies, options, seeds)
    assert train is not None
    assert test is not None
    known = None if movies is None else read_movie_file(movies)
    task = published_task(train, test, negatives, options.threshold, known)
    task = _checked(replace(task, recency=options.recency))
    return (Round(task, seed) for seed in seeds)


def _split(
    ratings: Place, movies: Place | None, options: EvaluationProtocol, seeds: range
) -> Iterator[Round]:
    rows, read = read_rated(ratings, movies)
    task, is_fold = None, options.split == "folds"
    for seed in seeds:
        for fold in range(options.folds if is_fold else 1):
            if task is None or task.is_drawn:
                task = split_task(rows, replace(options, seed=seed), read, fold)
                task = _checked(replace(task, recency=options.recency))
            yield Round(task, seed, fold, is_fold)


def _checked(task: Task) -> Task:
    """Return a task, if there is somebody to measure, and times if recency matters."""
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
    return task


def described(task: Task, options: EvaluationProtocol, published: Published) -> dict[str, Any]:
    """Return how a task was made, and how much it holds.

    Parameters
    ----------
    task : Task
    options : EvaluationProtocol
    published : tuple of path-like
    """
    return asdict(options) | _of_split(task, options, published) | _counts(task)


def _of_split(task: Task, options: EvaluationProtocol, published: Published) -> dict[str, Any]:
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


def _counts(task: Task) -> dict[str, int]:
    trained = np.bincount(task.train.items, minlength=task.train.n_items) > 0
    counts = {
        "users": len(users_to_test(task)),
        "films": task.train.n_items,
        "training_rows": len(task.train),
        "test_rows": len(task.test),
        "test_rows_of_new_films": int((~trained[task.test.items]).sum()),
    }
    if task.content is not None:
        counts["films_with_content"] = task.content.n_known
    return counts


def notes_of(task: Task, options: EvaluationProtocol, published: Published) -> Iterator[str]:
    """Yield what a reader should know of a split.

    Parameters
    ----------
    task : Task
    options : EvaluationProtocol
    published : tuple of path-like
    """
    if options.n_negatives is not None or published[2] is not None:
        yield (
            "warning: only a sample of movies is ranked for each user, which can put algorithms in "
            "another order than all movies do (Krichene and Rendle, KDD 2020)"
        )
    trained = np.bincount(task.train.items, minlength=task.train.n_items) > 0
    share = float((~trained[task.test.items]).mean())
    if share and options.split != "movies":
        yield f"{share:.1%} of the test rows are of movies without training rows"
