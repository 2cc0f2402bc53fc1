"""Call an algorithm, and check what it needs and what it returns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.algorithms._preferences import RatingScale, preferences
from movierec.algorithms.base import Algorithm, Run, Scores, TrainingData
from movierec.algorithms.registry import name_of
from movierec.data.interactions import Interactions
from movierec.data.times import is_known
from movierec.errors import DataError, MovierecError, UsageError


def check_needs(algorithm: Algorithm, data: TrainingData) -> None:
    """Check that the data have what an algorithm needs.

    Parameters
    ----------
    algorithm : Algorithm
    data : TrainingData

    Raises
    ------
    DataError
        If the algorithm needs timestamps or content that the data lack.
    """
    name = name_of(type(algorithm))
    if "timestamps" in algorithm.NEEDS and not _has_times(data.interactions):
        raise DataError(
            f"{name} needs the time of each rating, but the ratings have no timestamps",
            "add a timestamp column, or choose another algorithm",
        )
    if "content" in algorithm.NEEDS and data.content is None:
        raise DataError(
            f"{name} needs movies with genres, years, tags or titles, but there are none",
            "give a movies file, or choose another algorithm",
        )


def _has_times(interactions: Interactions) -> bool:
    """Tell whether any rating has a time that could be read."""
    if not interactions.has_timestamps:
        return False
    return bool(is_known(interactions.timestamps).any())


def fit_algorithm(algorithm: Algorithm, data: TrainingData, run: Run) -> None:
    """Fit an algorithm, or raise an error that names what is missing.

    Parameters
    ----------
    algorithm : Algorithm
    data : TrainingData
    run : Run

    Raises
    ------
    DataError
        If the data lack what the algorithm needs, or it cannot be fitted on them.
    UsageError
        If a package in the ``EXTRA`` of the algorithm is not installed.
    """
    check_needs(algorithm, data)
    try:
        with reporting_missing_packages(algorithm):
            algorithm.fit(data, run)
    except (MovierecError, MemoryError):
        raise
    except Exception as error:
        name = name_of(type(algorithm))
        if ":" not in name and type(algorithm).__module__.startswith("movierec."):
            raise
        raise UsageError(
            f"the algorithm {name} failed to fit: {type(error).__name__}: {error}",
            "that is an error in the algorithm; movierec --debug COMMAND shows where",
        ) from error


class PeopleScores(NamedTuple):
    """The scores of all items for some people.

    Attributes
    ----------
    scores : ndarray of shape (n_people, n_items), float32
    by_popularity : ndarray of shape (n_people,), bool
        For whom nothing that they like is known, so that the score of an item is its popularity.
    preferences : Interactions
        What their ratings say, less by age; for reasons.
    """

    scores: Scores
    by_popularity: npt.NDArray[np.bool_]
    preferences: Interactions


def score_people(
    algorithm: Algorithm,
    people: Interactions,
    n_ratings: npt.NDArray[Any],
    scale: RatingScale,
    recency: float = 0.0,
) -> PeopleScores:
    """Score all items for people.

    Parameters
    ----------
    algorithm : Algorithm
    people : Interactions
        Their ratings.
    n_ratings : ndarray of shape (n_items,), integer
    scale : RatingScale
    recency : float
        As in :func:`movierec.algorithms._preferences.preferences`. An algorithm that needs
        timestamps weighs age itself, so the preferences that it gets are not made smaller by age.

    Raises
    ------
    UsageError
        If the algorithm does not return scores.
    """
    preferred = preferences(people, scale, recency)
    weighs_age = "timestamps" in algorithm.NEEDS
    given = preferences(people, scale) if weighs_age else preferred
    shape = (preferred.n_users, preferred.n_items)
    scores = checked_scores(algorithm, algorithm.score(given), shape)
    unknown = ~_like_something(preferred, scores)
    if unknown.any():
        scores = scores.copy()
        scores[unknown] = _popularities(scores[unknown], n_ratings)
    return PeopleScores(scores, unknown, preferred)


def _like_something(preferred: Interactions, scores: Scores) -> npt.NDArray[np.bool_]:
    """Tell who likes an item, and gets a score above 0 for an item that they have not rated."""
    likes = np.bincount(preferred.users[preferred.ratings > 0], minlength=preferred.n_users)
    n_known = np.bincount(
        preferred.users,
        weights=scores[preferred.users, preferred.items] > 0,
        minlength=preferred.n_users,
    )
    return np.asarray((likes > 0) & ((scores > 0).sum(axis=1) > n_known))


def _popularities(scores: Scores, n_ratings: npt.NDArray[Any]) -> Scores:
    """Return the popularity of items, less for those like disliked ones: 0 for the most similar."""
    shares = (n_ratings / max(n_ratings.max(initial=0), 1)).astype(np.float32)
    against = np.minimum(scores, 0)
    worst = against.min(axis=1, keepdims=True, initial=0)
    return np.asarray(shares * (1 - against / np.where(worst < 0, worst, 1)))


def checked_scores(
    algorithm: Algorithm, scores: Any, shape: tuple[int, int], what: str = "score"
) -> Scores:
    """Return what an algorithm returned, if it has the right shape and is finite.

    Parameters
    ----------
    algorithm : Algorithm
    scores : ndarray
    shape : tuple of int
    what : str
        The method that returned it.

    Raises
    ------
    UsageError
        If it has another shape, or values that are not finite.
    """
    found = np.asarray(scores)
    if found.shape != shape or found.dtype.kind not in "iuf" or not np.isfinite(found).all():
        raise UsageError(
            f"{name_of(type(algorithm))}.{what} returned an array of shape {found.shape} and type "
            f"{found.dtype}; needed is shape {shape}, with finite numbers",
            "movierec.testing.check_algorithm finds such errors",
        )
    return found


@contextmanager
def reporting_missing_packages(algorithm: Algorithm) -> Iterator[None]:
    """Name the extra that brings a package which an algorithm fails to import.

    Raises
    ------
    UsageError
        If a package in the ``EXTRA`` of the algorithm is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if algorithm.EXTRA is None:
            raise
        from importlib.metadata import packages_distributions

        package = type(algorithm).__module__.partition(".")[0]
        distribution = packages_distributions().get(package, [package])[0]
        raise UsageError(
            f"{name_of(type(algorithm))} needs {error.name}, which is not installed",
            f"pip install '{distribution}[{algorithm.EXTRA}]'",
        ) from error
