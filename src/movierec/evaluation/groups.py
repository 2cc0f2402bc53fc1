"""Who wins for whom: results by groups of people, or of the movies that are to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from movierec._checks import one_of
from movierec.errors import DataError
from movierec.evaluation import metrics
from movierec.evaluation.certainty import F64, interval_of, pairs_of, people_means, versus_best

if TYPE_CHECKING:
    from movierec.evaluation.results import Measured
    from movierec.evaluation.scoring import TestSet

By = Literal["activity", "fame", "age"]

NO_AGES = (
    "the age of accounts needs the time of each rating, but the ratings have no timestamps",
    "add a timestamp column, or choose --by activity",
)
_N_GROUPS = 4
FAME = ("least rated third", "middle third", "most rated third")


def grouped(
    runs: Mapping[str, Sequence[Measured]], by: str, k: int, metric: str, seed: int = 0
) -> list[dict[str, Any]]:
    """Return a row for each group and algorithm.

    Parameters
    ----------
    runs : mapping of str to sequence of Measured
        By algorithm.
    by : {"activity", "fame", "age"}
        Quarters of the people by the number of their known ratings, or by the days between the
        first and the last of them; or the movies that are to be found, in thirds of the ratings:
        from the least rated movies up.
    k : int
    metric : str
        One that is a mean over users.
    seed : int
        Of the bootstrap.

    Raises
    ------
    UsageError
        If `by` is none of these.
    DataError
        If "age" is asked of ratings without times.
    """
    one_of("by", by, get_args(By))
    rows = []
    for group, values in _values(runs, by, metric).items():
        measured = {name: each for name, each in values.items() if _n_people(runs[name], each)}
        if not measured:
            continue
        people = {name: people_means(runs[name], each)[1] for name, each in measured.items()}
        means = {name: float(np.nanmean(each, axis=0).mean()) for name, each in people.items()}
        pairs = pairs_of({name: runs[name] for name in measured}, measured, k, metric)
        against = versus_best(means, pairs)
        for name, each in people.items():
            low, high = interval_of(runs[name], measured[name], seed)
            about = {"by": by, "group": group, "users": each.shape[1], "algorithm": name, "k": k}
            measured_as = {metric: means[name], "low": low, "high": high}
            rows.append(about | measured_as | {"versus_best": against[name]})
    return rows


def _n_people(runs: Sequence[Measured], values: Sequence[F64]) -> int:
    return len(people_means(runs, values)[0])


def _values(
    runs: Mapping[str, Sequence[Measured]], by: str, metric: str
) -> dict[str, dict[str, list[F64]]]:
    """Return the metric by group, algorithm and run; NaN for people who are not in the group."""
    if by == "fame":
        return {
            group: {
                name: [_of_fame(run, number, metric) for run in each] for name, each in runs.items()
            }
            for number, group in enumerate(FAME)
        }
    quarters = bounds(
        np.concatenate([fact_of(_tests(run), by) for run in next(iter(runs.values()))])
    )
    found: dict[str, dict[str, list[F64]]] = {}
    for low, high in quarters:
        found[label(low, high, by)] = {
            name: [_where(run, by, low, high, metric) for run in each]
            for name, each in runs.items()
        }
    return found


def _where(run: Measured, by: str, low: float, high: float, metric: str) -> F64:
    fact = fact_of(_tests(run), by)
    return np.where((fact >= low) & (fact <= high), run.per_user[metric], np.nan)


class People(Protocol):
    """The people of an evaluation, and what is known of each."""

    @property
    def n_known(self) -> npt.NDArray[np.int64]:
        """The number of known ratings of each person."""

    @property
    def days(self) -> F64 | None:
        """Days from the first to the last of them; None without times."""


def fact_of(people: People, by: str) -> F64:
    """Return the number by which people are grouped, for each of them.

    Parameters
    ----------
    people : People
    by : {"activity", "age"}

    Raises
    ------
    DataError
        If "age" is asked of ratings without times.
    """
    if by == "activity":
        return people.n_known.astype(np.float64)
    if people.days is None:
        raise DataError(*NO_AGES)
    return np.floor(people.days)


def bounds(values: F64) -> list[tuple[float, float]]:
    """Return the lowest and highest value of each quarter; equal values stay together.

    Parameters
    ----------
    values : ndarray of shape (n_people,), float64
    """
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _N_GROUPS + 1)[1:], method="lower"))
    lows = [-np.inf, *edges[:-1]]
    between = zip(lows, edges, strict=True)
    parts = [values[(values > low) & (values <= high)] for low, high in between]
    return [(float(part.min()), float(part.max())) for part in parts]


def label(low: float, high: float, by: str) -> str:
    """Return the name of a group of people."""
    unit = "ratings" if by == "activity" else "days"
    return f"{low:.0f} {unit}" if low == high else f"{low:.0f}-{high:.0f} {unit}"


def _of_fame(run: Measured, number: int, metric: str) -> F64:
    """Return the metric where only movies of some fame are relevant; NaN for whom none are."""
    tests = _tests(run)
    assert run.ranked is not None
    relevant = tests.relevant.copy()
    relevant.data = (fame_of(tests.counts)[relevant.indices] == number).astype(np.float32)
    relevant.eliminate_zeros()
    n_relevant = np.diff(relevant.indptr)
    hits = metrics.hits_of(run.ranked, relevant)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = metrics.METRICS[metric](hits, n_relevant)
    return np.where(n_relevant > 0, found, np.nan)


def fame_of(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the third of each item: 2 for the most rated ones that hold a third of the ratings.

    Parameters
    ----------
    counts : ndarray of shape (n_items,), int64
        Number of known ratings of each item.
    """
    order = np.argsort(counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    third = np.empty(len(counts), dtype=np.int64)
    third[order] = np.minimum(3 * before // max(int(counts.sum()), 1), 2)
    return third


def _tests(run: Measured) -> TestSet:
    assert run.tests is not None
    return run.tests
