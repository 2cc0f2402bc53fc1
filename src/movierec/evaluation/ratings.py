"""Measure predicted ratings by cross-validation, or on a published split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from movierec._progress import shows_progress
from movierec._util import Progress
from movierec.evaluation.chosen import Given, Settings, checked_calls
from movierec.evaluation.kept import KeptRuns
from movierec.evaluation.rating_outcome import RatingEvaluation
from movierec.evaluation.rating_plan import RATING_ALGORITHMS, RatingPlan
from movierec.evaluation.search import Method

if TYPE_CHECKING:
    from movierec.data.sources.base import PathLike, Place


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
    keep: PathLike | None = None,
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
    keep : path-like, optional
        A folder in which the errors of each part, and the figures of each trial, are kept by the
        content of data and parameters, so that what was done is not done again.

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
    calls = checked_calls(progress, tell)
    given = {
        "ratings": ratings, "algorithms": algorithms, "movies": movies, "train": train,
        "test": test, "settings": settings, "seed": seed, "tune": tune, "search": search,
        "trials": trials, "minutes": minutes,
    }  # fmt: skip
    return RatingPlan.of(given).run(None if keep is None else KeptRuns(keep), *calls)
