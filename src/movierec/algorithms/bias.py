"""What is usual for the movie and the user: the baseline of predicted ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from movierec._schema import Schema
from movierec.algorithms._stars import BASELINE_SCHEMA, Baseline
from movierec.algorithms.base import Algorithm, Indices, Run, Scores, TrainingData

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions


class Bias(Algorithm):
    """Predict the mean rating plus the damped deviations of the movie and of the user.

    Koren, "Factor in the neighbors: scalable and accurate collaborative filtering" (TKDD 2010),
    section 2.1. Everybody gets the best rated movies, so it recommends little of use.
    """

    SCHEMA: ClassVar[Schema] = BASELINE_SCHEMA
    SIMILARITY: ClassVar = "closeness of the mean ratings"

    means_: Scores
    item_deviations_: Scores

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Compute the deviations; see :meth:`Algorithm.fit`."""
        baseline = Baseline.fit(data.interactions)
        self.means_ = np.array([baseline.mean], dtype=np.float32)
        self.item_deviations_ = baseline.items
        return self

    def score(self, users: Interactions) -> Scores:
        """Return the deviations of the items for every user; see :meth:`Algorithm.score`."""
        return np.tile(self.item_deviations_, (users.n_users, 1))

    def predict(self, users: Interactions, items: Indices) -> Scores:
        """Add deviations; see :meth:`movierec.algorithms.base.PredictsRatings`.

        Parameters
        ----------
        users, items
            As there.
        """
        baseline = self._baseline
        usual = np.float32(baseline.mean) + baseline.items[items]
        return np.asarray(baseline.of_users(users)[:, None] + usual, dtype=np.float32)

    def similarities(self, items: Indices) -> Scores:
        """Compare deviations, 1 for equal ones; see :meth:`Algorithm.similarities`."""
        deviations = self.item_deviations_
        return np.asarray(1 - np.abs(deviations[items][:, None] - deviations), dtype=np.float32)

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return 0: ratings of the user do not matter; see :class:`Explains`."""
        return np.zeros((len(items), len(rated)), dtype=np.float32)

    @property
    def _baseline(self) -> Baseline:
        return Baseline(float(self.means_[0]), self.item_deviations_)
