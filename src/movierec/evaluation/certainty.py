"""Which differences between algorithms the people who were measured can carry.

Each pair of algorithms is compared by a paired t-test over people, and the p-values of all pairs
are corrected by Holm's method. docs/measures.md says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.films.catalog import Listing, Record

if TYPE_CHECKING:
    from movierec.evaluation.results import Measured
    from movierec.vocabulary import IdArray

LEVEL = 0.05  # of all comparisons together

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair(Record):
    """The comparison of two algorithms on the same people.

    Attributes
    ----------
    first, second : str
        The algorithm with the higher mean comes first.
    k : int
        Length of the lists.
    metric : str
    n_users : int
    difference : float
        Mean of the first minus that of the second.
    low, high : float
        95 % confidence interval of the difference, of this pair alone.
    p : float
        That such a difference arises by chance: paired t-test over the people.
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
    """Return the mean of each person over the runs, so that people are independent.

    Parameters
    ----------
    runs : sequence of Measured
    values : sequence of ndarray of shape (n_users,), float64
        For each run; NaN for people who do not count.

    Returns
    -------
    ids : ndarray of shape (n_people,)
        Ascending.
    means : ndarray of shape (n_people,), float64
    """
    ids = np.concatenate([run.tests.user_ids for run in runs if run.tests is not None])
    flat = np.concatenate(values)
    known = ~np.isnan(flat)
    people, places = np.unique(ids[known], return_inverse=True)
    return people, np.bincount(places, flat[known]) / np.bincount(places)


def t_test(differences: F64) -> tuple[float, float, float]:
    """Return the p-value and the 95 % confidence interval of a mean, by Student's t.

    Parameters
    ----------
    differences : ndarray of shape (n,), float64

    Returns
    -------
    p, low, high : float
        1 and an endless interval for fewer than two people.
    """
    from scipy.special import stdtr, stdtrit

    n, mean = len(differences), float(differences.mean()) if len(differences) else 0.0
    if n < 2:
        return 1.0, -np.inf, np.inf
    error = float(differences.std(ddof=1)) / np.sqrt(n)
    if error == 0:
        return float(mean == 0), mean, mean
    around = float(stdtrit(n - 1, 1 - LEVEL / 2)) * error
    return float(2 * stdtr(n - 1, -abs(mean) / error)), mean - around, mean + around


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
    found = []
    for one, other in combinations(runs, 2):
        shared, mine, its = np.intersect1d(
            people[one][0], people[other][0], assume_unique=True, return_indices=True
        )
        differences = people[one][1][mine] - people[other][1][its]
        is_behind = bool(differences.sum() < 0)
        first, second = (other, one) if is_behind else (one, other)
        differences = -differences if is_behind else differences
        p, low, high = t_test(differences)
        ahead = _runs_ahead(values[first], values[second])
        mean = float(differences.mean()) if len(shared) else 0.0
        found.append((first, second, k, metric, len(shared), mean, low, high, p, *ahead))
    corrected = holm([row[8] for row in found])
    return [
        Pair(*row[:9], p_holm, p_holm < LEVEL, *row[9:])
        for row, p_holm in zip(found, corrected, strict=True)
    ]


def _runs_ahead(first: Sequence[F64], second: Sequence[F64]) -> tuple[int, int]:
    """Return in how many runs the mean of the first is higher, and the number of runs.

    What no seed changes ran once, and counts for all runs of the other.
    """
    n_runs = max(len(first), len(second))
    means = [[float(np.nanmean(values)) for values in each] for each in (first, second)]
    mine, its = (each * n_runs if len(each) == 1 else each for each in means)
    return sum(one > other for one, other in zip(mine, its, strict=True)), n_runs


def versus_best(means: Mapping[str, float], pairs: Sequence[Pair]) -> dict[str, str]:
    """Return "best" for the highest mean, "tied" for those not clearly below it, else "".

    Parameters
    ----------
    means : mapping of str to float
        By algorithm.
    pairs : sequence of Pair
    """
    best = max(means, key=lambda name: means[name])
    clear = {(pair.first, pair.second): pair.is_clear for pair in pairs}
    found = {}
    for name in means:
        behind = clear.get((best, name), False)
        found[name] = "best" if name == best else "" if behind else "tied"
    return found
