"""Which differences between algorithms the people who were measured can carry.

Each pair of algorithms is compared by a paired t-test over people and seeds, and the p-values of
all pairs are corrected by Holm's method. docs/measures.md says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.evaluation.metrics import interval
from movierec.films.catalog import Listing, Record

if TYPE_CHECKING:
    from movierec.evaluation.results import Measured
    from movierec.vocabulary import IdArray

LEVEL = 0.05  # of all comparisons together
LOWER_IS_BETTER = frozenset({"miscalibration", "rmse", "mae"})

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair(Record):
    """The comparison of two algorithms on the same people.

    Attributes
    ----------
    first, second : str
        The better algorithm comes first: the one with the higher mean, or of miscalibration and
        errors with the lower one.
    k : int
        Length of the lists.
    metric : str
    n_users : int
    difference : float
        By how much the mean of the first is better; at least 0.
    low, high : float
        95 % confidence interval of the difference, of this pair alone.
    p : float
        That such a difference arises by chance: paired t-test over the people, and the seeds if
        there are several.
    p_holm : float
        The same, corrected for the number of pairs.
    is_clear : bool
        Whether the corrected value is below 0.05. The interval then leaves out 0.
    runs_ahead, n_runs : int
        In how many of the runs the first one is ahead.
    """

    first: str
    second: str
    k: int
    metric: str
    n_users: int
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    is_clear: bool
    runs_ahead: int
    n_runs: int


class Pairs(Listing[Pair]):
    """The comparisons of every pair of algorithms. Notebooks show them as a table."""

    RECORD = Pair


def people_means(runs: Sequence[Measured], values: Sequence[F64]) -> tuple[IdArray, F64]:
    """Return the mean of each person over the folds of each seed.

    Parameters
    ----------
    runs : sequence of Measured
    values : sequence of ndarray of shape (n_users,), float64
        For each run; NaN for people who do not count.

    Returns
    -------
    ids : ndarray of shape (n_people,)
        Ascending.
    means : ndarray of shape (n_seeds, n_people), float64
        NaN for people whom the runs of a seed did not measure; nobody is missing everywhere.
    """
    flat = np.concatenate(values)
    known = ~np.isnan(flat)
    people, columns = np.unique(
        np.concatenate([run.user_ids for run in runs])[known], return_inverse=True
    )
    seeds = np.repeat([run.seed for run in runs], [len(run.users) for run in runs])
    n_seeds, rows = len(np.unique(seeds)), np.unique(seeds, return_inverse=True)[1][known]
    cells, size = rows * len(people) + columns, n_seeds * len(people)
    with np.errstate(invalid="ignore"):
        means = np.bincount(cells, flat[known], size) / np.bincount(cells, minlength=size)
    return people, means.reshape(n_seeds, len(people))


def t_test(values: F64) -> tuple[float, float, float]:
    """Return the p-value and the 95 % confidence interval of a mean, by Student's t.

    With several seeds, the error has a part that people cannot show: how far the seeds are apart,
    beyond what the same people's results scatter. The degrees of freedom are those of
    Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
    Bulletin 2 (1946).

    Parameters
    ----------
    values : ndarray of shape (n_people,) or (n_seeds, n_people), float64
        NaN for people whom a seed did not measure.

    Returns
    -------
    p, low, high : float
        1 and an endless interval for fewer than two people.
    """
    from scipy.special import stdtr, stdtrit

    people = np.nanmean(np.atleast_2d(values), axis=0)
    n, mean = len(people), float(people.mean()) if len(people) else 0.0
    if n < 2:
        return 1.0, -np.inf, np.inf
    variance, freedom = float(people.var(ddof=1)) / n, float(n - 1)
    if len(np.atleast_2d(values)) > 1:
        variance, freedom = _with_seeds(values, variance)
    error = np.sqrt(variance)
    if error == 0:
        return float(mean == 0), mean, mean
    around = float(stdtrit(freedom, 1 - LEVEL / 2)) * error
    return float(2 * stdtr(freedom, -abs(mean) / error)), float(mean - around), float(mean + around)


def _with_seeds(values: F64, variance: float) -> tuple[float, float]:
    """Return the variance of a mean with that of the seeds added, and its degrees of freedom."""
    n_seeds, n = values.shape
    apart, noise = _of_seeds(values)
    if apart <= noise:
        return variance, n - 1
    total = variance + (apart - noise) / n_seeds
    parts = variance**2 / (n - 1) + (apart / n_seeds) ** 2 / (n_seeds - 1)
    return total, total**2 / parts


def _of_seeds(values: F64) -> tuple[float, float]:
    """Return the variance of the means of the seeds, and how much of it is noise of people."""
    whole = values[:, ~np.isnan(values).any(axis=0)]
    n_seeds, n = whole.shape
    if n < 2:  # other people with each seed
        counts = (~np.isnan(values)).sum(axis=1)
        noise = np.nanvar(values, axis=1, ddof=1) / counts if counts.min() > 1 else np.zeros(1)
        return float(np.nanmean(values, axis=1).var(ddof=1)), float(noise.mean())
    means = whole.mean(axis=1)
    rest = whole - means[:, None] - whole.mean(axis=0) + whole.mean()
    return float(means.var(ddof=1)), float((rest**2).sum() / ((n_seeds - 1) * (n - 1) * n))


def interval_of(runs: Sequence[Measured], values: Sequence[F64], seed: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a mean over people.

    Parameters
    ----------
    runs : sequence of Measured
    values : sequence of ndarray of shape (n_users,), float64
        For each run; NaN for people who do not count.
    seed : int
        Of the bootstrap over people if there is one seed; with several, it is :func:`t_test`.
    """
    means = people_means(runs, values)[1]
    return interval(means[0], seed) if len(means) == 1 else t_test(means)[1:]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all comparisons together.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979).

    Parameters
    ----------
    p_values : sequence of float
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    raised = np.minimum(np.maximum.accumulate(np.array(p_values)[order] * factors), 1)
    found = np.empty(len(p_values))
    found[order] = raised
    return [float(value) for value in found]


def pairs_of(
    runs: Mapping[str, Sequence[Measured]],
    values: Mapping[str, Sequence[F64]],
    k: int,
    metric: str,
) -> list[Pair]:
    """Compare every pair of algorithms on the people whom both were measured on.

    Parameters
    ----------
    runs : mapping of str to sequence of Measured
        By algorithm.
    values : mapping of str to sequence of ndarray of shape (n_users,), float64
        By algorithm, for each run.
    k : int
    metric : str
        For the result.
    """
    people = {name: people_means(runs[name], values[name]) for name in runs}
    found, sign = [], -1 if metric in LOWER_IS_BETTER else 1
    for one, other in combinations(runs, 2):
        _, mine, its = np.intersect1d(
            people[one][0], people[other][0], assume_unique=True, return_indices=True
        )
        # What no seed changes ran once, and counts for all seeds of the other.
        gains = sign * (people[one][1][:, mine] - people[other][1][:, its])
        gains = gains[:, ~np.isnan(gains).all(axis=0)]
        mean = float(np.nanmean(gains, axis=0).mean()) if gains.size else 0.0
        first, second = (other, one) if mean < 0 else (one, other)
        p, low, high = t_test(-gains if mean < 0 else gains)
        ahead = _runs_ahead(values[first], values[second], sign)
        found.append((first, second, k, metric, gains.shape[1], abs(mean), low, high, p, *ahead))
    corrected = holm([row[8] for row in found])
    return [
        Pair(*row[:9], p_holm, p_holm < LEVEL, *row[9:])
        for row, p_holm in zip(found, corrected, strict=True)
    ]


def _runs_ahead(first: Sequence[F64], second: Sequence[F64], sign: int) -> tuple[int, int]:
    """Return in how many runs the mean of the first is better, and the number of runs.

    What no seed changes ran once, and counts for all runs of the other.
    """
    n_runs = max(len(first), len(second))
    means = [[sign * float(np.nanmean(values)) for values in each] for each in (first, second)]
    mine, its = (each * n_runs if len(each) == 1 else each for each in means)
    return sum(one > other for one, other in zip(mine, its, strict=True)), n_runs


def versus_best(means: Mapping[str, float], pairs: Sequence[Pair]) -> dict[str, str]:
    """Return "best" for the best mean, "tied" for those not clearly behind it, else "".

    Parameters
    ----------
    means : mapping of str to float
        By algorithm.
    pairs : sequence of Pair
    """
    is_lower = bool(pairs) and pairs[0].metric in LOWER_IS_BETTER
    best = (min if is_lower else max)(means, key=lambda name: means[name])
    clear = {(pair.first, pair.second): pair.is_clear for pair in pairs}
    found = {}
    for name in means:
        behind = clear.get((best, name), False)
        found[name] = "best" if name == best else "" if behind else "tied"
    return found
