"""The results of an algorithm: of one run, and of several runs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from movierec.evaluation.certainty import interval_of
from movierec.evaluation.metrics import PerUser

if TYPE_CHECKING:
    from movierec.evaluation.scoring import TestSet
    from movierec.evaluation.trials import Tuning
    from movierec.vocabulary import IdArray

OF_RUN = ("parameters", "metrics", "tuning")


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
        The metrics that are means over users; NaN for whom one is not defined.
    fit_seconds, fit_cpu_seconds, query_seconds : float
        Time to fit, by the clock and of all processors together, and to rank the items for all
        users; None for lists of other systems.
    tuning : Tuning, optional
        How the parameters were chosen.
    ranked : ndarray of shape (n_users, k), int64, optional
        The lists: ``item_index``, best first; -1 where there is none.
    tests : TestSet, optional
        What they were measured by.
    """

    parameters: dict[str, Any]
    metrics: dict[str, float]
    users: npt.NDArray[np.int64]
    per_user: dict[str, PerUser]
    fit_seconds: float | None
    fit_cpu_seconds: float | None
    query_seconds: float | None
    tuning: Tuning | None = None
    ranked: npt.NDArray[np.int64] | None = None
    tests: TestSet | None = None

    @property
    def user_ids(self) -> IdArray:
        """The id of each user, shape (n_users,)."""
        return self.users if self.tests is None else self.tests.user_ids

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return 0 if self.tests is None else self.tests.seed


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
        95 % confidence intervals of the metrics that are means over users: by a bootstrap over
        people, or with several seeds by Student's t over people and seeds.
    fit_seconds, fit_cpu_seconds, query_seconds : float
        Time to fit, by the clock and of all processors together, and to rank the items for all
        users; means over the runs. None for lists of other systems.
    runs : list of dict
        The ``parameters``, ``metrics`` and ``tuning`` of each run.
    k : int
        Length of the lists.
    versus_best : {"best", "tied", ""}
        Whether its nDCG is the highest, or cannot be told from the highest; see
        :meth:`movierec.Evaluation.pairs`.
    tuning : Tuning, optional
        How the parameters of the first run were chosen, if they were tuned.
    measured : sequence of Measured
        The runs, with the lists and the values of each user.
    """

    algorithm: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    fit_seconds: float | None
    fit_cpu_seconds: float | None
    query_seconds: float | None
    runs: list[dict[str, Any]]
    k: int = 10
    versus_best: str = ""
    tuning: Tuning | None = None
    measured: Sequence[Measured] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, name: str, runs: Sequence[Measured], seed: int = 0, k: int = 10) -> Self:
        """Join the runs of an algorithm.

        Parameters
        ----------
        name : str
            Name of the algorithm in the result.
        runs : sequence of Measured
            At least one.
        seed : int
            Random seed of the bootstrap.
        k : int
            Length of the lists.
        """

        def mean(value_of: Callable[[Measured], float]) -> float:
            return float(np.mean([value_of(run) for run in runs]))

        def seconds(value_of: Callable[[Measured], float | None]) -> float | None:
            return None if value_of(runs[0]) is None else mean(value_of)  # type: ignore[arg-type]

        return cls(
            name,
            runs[0].parameters,
            {key: mean(lambda run, key=key: run.metrics[key]) for key in runs[0].metrics},  # type: ignore[misc]
            {
                key: interval_of(runs, [run.per_user[key] for run in runs], seed)
                for key in runs[0].per_user
            },
            seconds(lambda run: run.fit_seconds),
            seconds(lambda run: run.fit_cpu_seconds),
            seconds(lambda run: run.query_seconds),
            [{name: getattr(run, name) for name in OF_RUN} for run in runs],
            k,
            tuning=runs[0].tuning,
            measured=runs,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all but the lists and the values of each user, as JSON values."""
        names = (each.name for each in fields(self) if each.name != "measured")
        return {name: getattr(self, name) for name in names}
