"""The results of an algorithm: of one run, and of several runs together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from movierec.evaluation.metrics import PerUser, interval


@dataclass(frozen=True, eq=False)
class Measured:
    """What one run of an algorithm measured.

    Attributes
    ----------
    parameters : dict
    metrics : dict of str to float
    users : ndarray of shape (n_users,), int64
        The ``user_index`` of the users who were measured, ascending.
    per_user : dict of str to ndarray of shape (n_users,), float64
        The metrics that are means over users.
    fit_seconds, fit_cpu_seconds, query_seconds : float
        Time to fit, by the clock and of all processors together, and to rank the items for all
        users.
    """

    parameters: dict[str, Any]
    metrics: dict[str, float]
    users: npt.NDArray[np.int64]
    per_user: dict[str, PerUser]
    fit_seconds: float
    fit_cpu_seconds: float
    query_seconds: float


@dataclass(frozen=True)
class Result:
    """The results of one algorithm, in one run or several.

    Attributes
    ----------
    algorithm : str
    parameters : dict
        Of the first run.
    metrics : dict of str to float
        Means over the runs.
    intervals : dict of str to tuple of float
        95 % confidence intervals of the metrics that are means over users.
    fit_seconds, fit_cpu_seconds, query_seconds : float
        Time to fit, by the clock and of all processors together, and to rank the items for all
        users; means over the runs.
    runs : list of dict
        The ``parameters`` and ``metrics`` of each run.
    """

    algorithm: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    fit_seconds: float
    fit_cpu_seconds: float
    query_seconds: float
    runs: list[dict[str, Any]]

    @classmethod
    def of(cls, name: str, runs: Sequence[Measured], seed: int = 0) -> Self:
        """Join the runs of an algorithm.

        Parameters
        ----------
        name : str
            Name of the algorithm in the result.
        runs : sequence of Measured
            At least one.
        seed : int
            Random seed of the bootstrap.
        """

        def mean(value_of: Callable[[Measured], float]) -> float:
            return float(np.mean([value_of(run) for run in runs]))

        return cls(
            name,
            runs[0].parameters,
            {key: mean(lambda run, key=key: run.metrics[key]) for key in runs[0].metrics},  # type: ignore[misc]
            {key: interval(values, seed) for key, values in _by_run(runs).items()},
            mean(lambda run: run.fit_seconds),
            mean(lambda run: run.fit_cpu_seconds),
            mean(lambda run: run.query_seconds),
            [{"parameters": run.parameters, "metrics": run.metrics} for run in runs],
        )


def _by_run(runs: Sequence[Measured]) -> Mapping[str, npt.NDArray[np.float64]]:
    """Return each metric, shape (n_runs, n_users); the mean for whom a run did not measure."""
    users = reduce(np.union1d, [run.users for run in runs])
    found = {}
    for name in runs[0].per_user:
        found[name] = np.array([np.full(len(users), run.metrics[name]) for run in runs])
        for row, run in zip(found[name], runs, strict=True):
            row[np.searchsorted(users, run.users)] = run.per_user[name]
    return found
