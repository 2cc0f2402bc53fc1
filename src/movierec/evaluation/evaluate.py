"""Compare algorithms, and lists of other systems: the work of `movierec evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from movierec._progress import shows_progress
from movierec._util import Progress
from movierec.evaluation.chosen import Given, Settings, checked_calls
from movierec.evaluation.kept import KeptRuns
from movierec.evaluation.outcome import Evaluation
from movierec.evaluation.plan import ALGORITHMS, Plan
from movierec.evaluation.protocol import Preset, Split
from movierec.evaluation.search import Method

if TYPE_CHECKING:
    from movierec.data.sources.base import PathLike, Place


@shows_progress
def evaluate(
    ratings: Place | None = None,
    algorithms: Sequence[Given] = ALGORITHMS,
    *,
    movies: Place | None = None,
    train: Place | None = None,
    test: Place | None = None,
    negatives: PathLike | None = None,
    lists: Place | Sequence[Place] | Mapping[str, Place] = (),
    protocol: Preset | None = None,
    split: Split | None = None,
    test_share: float | None = None,
    folds: int | None = None,
    date: str | None = None,
    threshold: float | None = None,
    min_rating: float | None = None,
    min_user_ratings: int | None = None,
    core: int | None = None,
    ignore_ratings: bool | None = None,
    n_negatives: int | None = None,
    k: int | Sequence[int] | None = None,
    seed: int | None = None,
    recency: float | None = None,
    settings: Settings | None = None,
    tune: bool = False,
    search: Method | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    repeats: int = 1,
    epsilons: Sequence[float] = (),
    keep: PathLike | None = None,
    progress: Progress | bool | None = None,
    tell: Callable[[str], object] | None = None,
) -> Evaluation:
    """Measure how well algorithms find held-out ratings, and what else their lists are like.

    Parameters
    ----------
    ratings : path-like or table, optional
        Ratings to split, or a folder or zip that holds movies too.
    algorithms : sequence of str, Algorithm, or subclass of Algorithm
        Names, addresses such as ``package.module:Class``, classes, or objects. An object is
        not fitted itself: a new one is created with its parameters. The baselines "random" and
        "popular" are always included.
    movies : path-like or table, optional
        Their genres, titles and years are the content.
    train, test : path-like or table, optional
        A split to use instead of `ratings`.
    negatives : path-like, optional
        For such a split, the movies to rank for each user.
    lists : path-like, table, or sequence or mapping of these
        Lists of other systems, measured in the same way: userId, movieId, and rank or score;
        or a TREC run. The keys of a mapping name the systems.
    protocol : {"ncf", "lightgcn", "mult-vae", "msr-75-25"}, optional
        How a paper splits and measures; what else is given replaces a part of it.
    split, test_share, folds, date, threshold, min_rating, min_user_ratings, core, ignore_ratings
        See :class:`movierec.evaluation.protocol.EvaluationProtocol`.
    n_negatives, seed, recency
        As well.
    k : int or sequence of int, optional
        Length of the lists, or several; the first is the one that is compared. Default: 10.
    settings : mapping, optional
        By algorithm, parameters that differ from the defaults.
    tune : bool
        Whether to tune the parameters that are not in `settings`, on a part of the training rows.
    search : {"grid", "random", "tpe", "halving"}, optional
        How to tune: the values that the algorithm lists (the default), or values between them,
        which need Optuna: at random, by tree-structured Parzen estimators (the default if there is
        a budget), or at random with successive halving.
    trials : int, optional
        The most parameter values that are tried for each algorithm. Default: 50, without `minutes`.
    minutes : float, optional
        For each algorithm, no trial begins after so much time.
    repeats : int
        Number of runs, each with the next seed, which chooses the held-out rows and is added to
        the ``seed`` of an algorithm. Where neither makes a difference, there is one run.
    epsilons : sequence of float
        Also measure what ``fit --epsilon`` recommends, for each epsilon; its ratings are on the
        scale from 0.5 to 5.
    keep : path-like, optional
        A folder in which the lists of each run, and the figures of each trial, are kept by the
        content of data and parameters, so that what was done is not done again, also after an
        interruption.
    progress : callable or bool, optional
        Called with the name of a stage and the fraction done, from 0 to 1. True shows a bar, in a
        notebook or a terminal.
    tell : callable, optional
        Called with a line of text for each step.

    Returns
    -------
    Evaluation

    Raises
    ------
    UsageError
        If an argument, an algorithm or a parameter is unknown, or if not exactly one of `ratings`
        and a published split is given.
    DataError
        If a file cannot be used, or the data lack something that an algorithm needs.

    Examples
    --------
    >>> import movierec
    >>> from movierec.data.discover import sample_folder
    >>> found = movierec.evaluate(sample_folder(), ["item_knn"], k=[5, 10])
    >>> [(each.algorithm, each.k, each.versus_best) for each in found.results[3:]]
    [('popular', 10, ''), ('item_knn', 5, 'best'), ('item_knn', 10, 'best')]
    """
    calls = checked_calls(progress, tell)
    given = {
        "ratings": ratings, "algorithms": algorithms, "movies": movies, "train": train,
        "test": test, "negatives": negatives, "lists": lists, "protocol": protocol,
        "split": split, "test_share": test_share, "folds": folds, "date": date,
        "threshold": threshold, "min_rating": min_rating, "min_user_ratings": min_user_ratings,
        "core": core, "ignore_ratings": ignore_ratings, "n_negatives": n_negatives, "k": k,
        "seed": seed, "recency": recency, "settings": settings, "tune": tune, "search": search,
        "trials": trials, "minutes": minutes, "repeats": repeats, "epsilons": epsilons,
    }  # fmt: skip
    return Plan.of(given).run(None if keep is None else KeptRuns(keep), *calls)
