"""The most rated items, for every user."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms.base import Algorithm, Indices, Run, Scores, TrainingData

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions


class Popular(Algorithm):
    """Score a movie by its number of ratings: the baseline that any other must beat."""

    SCHEMA: ClassVar[Schema] = {"counts_": Column("i8", ("items",), least=0)}
    SIMILARITY: ClassVar = "popularity, whatever the movie"

    counts_: npt.NDArray[np.int64]

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Count the ratings; see :meth:`Algorithm.fit`."""
        interactions = data.interactions
        self.counts_ = np.bincount(interactions.items, minlength=interactions.n_items)
        return self

    def score(self, users: Interactions) -> Scores:
        """Return the same scores for every user; see :meth:`Algorithm.score`."""
        return np.tile(self.counts_.astype(np.float32), (users.n_users, 1))

    def similarities(self, items: Indices) -> Scores:
        """Return popularities, 1 for the most rated item; see :meth:`Algorithm.similarities`."""
        shares = self.counts_ / max(self.counts_.max(initial=0), 1)
        return np.tile(shares.astype(np.float32), (len(items), 1))

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return 0: ratings of the user do not matter; see :class:`Explains`."""
        return np.zeros((len(items), len(rated)), dtype=np.float32)
