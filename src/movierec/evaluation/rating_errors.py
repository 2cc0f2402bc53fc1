"""Errors of predicted ratings: RMSE and MAE over all rows, or over those of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, get_args

import numpy as np
import numpy.typing as npt

from movierec._checks import one_of
from movierec.data.interactions import Interactions
from movierec.evaluation.certainty import Pair, pairs_of, t_test, versus_best
from movierec.evaluation.groups import FAME, By, bounds, fact_of, fame_of, label
from movierec.evaluation.results import Measured
from movierec.evaluation.scoring import days_of

if TYPE_CHECKING:
    from movierec.evaluation.tasks import Task
    from movierec.vocabulary import IdArray

RATING_METRICS = ("rmse", "mae")

Errors = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PredictedRows:
    """The rows whose ratings are predicted, part by part, and user by user in each part.

    Attributes
    ----------
    users, items : ndarray of shape (n_rows,), int32
    known : Interactions
        By which groups are told: all ratings if they are split, else the training rows.
    user_ids : ndarray of shape (n_users,)
        Of all users of `known`.
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    known: Interactions
    user_ids: IdArray

    @classmethod
    def of(cls, known: Interactions, tasks: Sequence[Task]) -> Self:
        """Collect the test rows of tasks over the same users and items.

        Parameters
        ----------
        known : Interactions
        tasks : sequence of Task
            At least one.
        """
        order = [np.argsort(task.test.users, kind="stable") for task in tasks]
        rows = [(task.test, own) for task, own in zip(tasks, order, strict=True)]
        ids = tasks[0].user_ids
        return cls(
            np.concatenate([test.users[own] for test, own in rows]),
            np.concatenate([test.items[own] for test, own in rows]),
            known,
            np.arange(known.n_users) if ids is None else ids,
        )

    @cached_property
    def people(self) -> npt.NDArray[np.int64]:
        """The users who have rows, ascending, shape (n_people,)."""
        return np.unique(self.users).astype(np.int64)

    @property
    def n_known(self) -> npt.NDArray[np.int64]:
        """The number of known ratings of each of these people, shape (n_people,)."""
        return np.bincount(self.known.users, minlength=self.known.n_users)[self.people]

    @property
    def days(self) -> npt.NDArray[np.float64] | None:
        """Days from the first to the last of them, shape (n_people,); None without times."""
        return days_of(self.known, self.people)

    def groups(self, by: str) -> dict[str, Mask]:
        """Return which rows belong to each group that has any.

        Parameters
        ----------
        by : {"activity", "fame", "age"}
            Quarters of the people by the number of known ratings, or by the days between the first
            and the last of them; or thirds of the known ratings, from the least rated movies up.

        Returns
        -------
        dict of str to ndarray of shape (n_rows,), bool

        Raises
        ------
        UsageError
            If `by` is none of these.
        DataError
            If "age" is asked of ratings without times.
        """
        one_of("by", by, get_args(By))
        if by == "fame":
            counts = np.bincount(self.known.items, minlength=self.known.n_items)
            thirds = fame_of(counts)[self.items]
            masks = {name: thirds == number for number, name in enumerate(FAME)}
        else:
            facts = fact_of(self, by)
            own = facts[np.searchsorted(self.people, self.users)]
            between = bounds(facts)
            masks = {label(*each, by): (own >= each[0]) & (own <= each[1]) for each in between}
        return {name: mask for name, mask in masks.items() if mask.any()}


def of_errors(
    errors: Errors, users: npt.NDArray[Any]
) -> tuple[dict[str, float], npt.NDArray[np.int64], dict[str, Errors]]:
    """Return RMSE and MAE over all rows, and what each user adds to them.

    The mean over users of what they add is the metric, and its variance that of a ratio of two
    sums over users: Cochran, "Sampling Techniques" (1977), section 6.4; for RMSE, by the
    derivative of the root.

    Parameters
    ----------
    errors : ndarray of shape (n_rows,), float64
    users : ndarray of shape (n_rows,)
        The ``user_index`` of each row.

    Returns
    -------
    metrics : dict of str to float
    people : ndarray of shape (n_users,), int64
        Ascending.
    per_user : dict of str to ndarray of shape (n_users,), float64
    """
    people, places, counts = np.unique(users, return_inverse=True, return_counts=True)
    share = counts.mean()
    mse, mae = float((errors**2).mean()), float(np.abs(errors).mean())
    rmse = float(np.sqrt(mse))
    squares = (np.bincount(places, errors**2) - mse * counts) / share
    absolutes = (np.bincount(places, np.abs(errors)) - mae * counts) / share
    steep = 2 * rmse if rmse else 1.0
    added = {"rmse": rmse + squares / steep, "mae": mae + absolutes}
    return {"rmse": rmse, "mae": mae}, people.astype(np.int64), added


class Compared:
    """Algorithms that are compared on the same rows.

    Parameters
    ----------
    errors : mapping of str to ndarray of shape (n_rows,), float64
        By algorithm.
    users : ndarray of shape (n_rows,)
        The ``user_index`` of each row.
    """

    def __init__(self, errors: Mapping[str, Errors], users: npt.NDArray[Any]) -> None:
        self._runs = {name: [_measured(each, users)] for name, each in errors.items()}

    def metrics(self, name: str) -> dict[str, float]:
        """Return the RMSE and the MAE of an algorithm."""
        return self._runs[name][0].metrics

    def interval(self, name: str, metric: str) -> tuple[float, float]:
        """Return the 95 % confidence interval of a metric of an algorithm, over people."""
        return t_test(self._runs[name][0].per_user[metric])[1:]

    def pairs(self, metric: str) -> list[Pair]:
        """Return the comparison of each pair of algorithms by a metric."""
        values = {name: [run.per_user[metric] for run in runs] for name, runs in self._runs.items()}
        return pairs_of(self._runs, values, 0, metric)

    def versus_best(self, metric: str) -> dict[str, str]:
        """Return "best", "tied" or "" for each algorithm, by a metric."""
        means = {name: self.metrics(name)[metric] for name in self._runs}
        return versus_best(means, self.pairs(metric))


def _measured(errors: Errors, users: npt.NDArray[Any]) -> Measured:
    metrics, people, per_user = of_errors(errors, users)
    return Measured({}, metrics, people, per_user, None, None, None)
