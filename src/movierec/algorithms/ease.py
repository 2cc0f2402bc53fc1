"""EASE: a linear model of each item from all others, in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._linear import as_feedback
from movierec.algorithms._ridge import (
    default_l2,
    gram_of,
    refuse_too_many,
    weights_by_users,
    weights_of,
)
from movierec.algorithms.base import (
    Algorithm,
    Feedback,
    Indices,
    Range,
    Run,
    Scores,
    TrainingData,
)

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions


class Ease(Algorithm):
    """Embarrassingly shallow autoencoder.

    With the Gram matrix ``G = X'X`` and ``P = (G + l2 I)^-1`` the weights are
    ``B_ij = -P_ij / P_jj``, 0 on the diagonal; scores are ``x B`` for preferences x. Steck,
    "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), equations 7 and 8.

    Parameters
    ----------
    l2 : float, optional
        Strength of the regularization. Default: 13 times the square root of the number of users.
    feedback : {"presence", "value"}
        Whether X holds a 1 for each rating, or the rating.
    """

    SCHEMA: ClassVar[Schema] = {
        "is_rated_": Column("i1", ("items",), up_to=1),
        "weights_": Column("f4", ("items of the matrix", "items of the matrix")),
    }
    SIMILARITY: ClassVar = "partial correlation"
    GRID: ClassVar = {"l2": (100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0, 5000.0)}

    is_rated_: npt.NDArray[np.int8]
    weights_: npt.NDArray[np.float32]  # of the rated items only

    def __init__(
        self,
        *,
        l2: Annotated[float | None, Range(1e-6)] = None,
        feedback: Feedback = "presence",
    ) -> None:
        self.l2 = l2
        self.feedback = feedback

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Invert the Gram matrix of the items that have ratings; see :meth:`Algorithm.fit`."""
        interactions = data.interactions
        counts = np.bincount(interactions.items, minlength=interactions.n_items)
        self.is_rated_ = (counts > 0).astype(np.int8)  # a model file holds numbers only
        n_items, n_users = int(self.is_rated_.sum()), len(np.unique(interactions.users))
        refuse_too_many(n_items, "ease")
        ratings = as_feedback(interactions.user_items, self.feedback)[:, self._is_rated]
        l2 = default_l2(n_users) if self.l2 is None else self.l2
        if n_users < n_items:
            self.weights_ = weights_by_users(ratings, l2)
        else:
            self.weights_ = weights_of(gram_of(ratings), l2)
        return self

    def score(self, users: Interactions) -> Scores:
        """Return ``x B``; see :meth:`Algorithm.score`."""
        preferences = users.user_items
        scores = np.zeros(preferences.shape, dtype=np.float32)
        scores[:, self._is_rated] = preferences[:, self._is_rated] @ self.weights_
        return scores

    def similarities(self, items: Indices) -> Scores:
        """Return ``-P_ij / sqrt(P_ii P_jj)``; see :meth:`Algorithm.similarities`."""
        # The product of B_ij and B_ji is the square of it.
        places = np.cumsum(self.is_rated_) - 1
        known, own = self._is_rated[items], places[items[self._is_rated[items]]]
        forward = self.weights_[own]
        found = np.ascontiguousarray(self.weights_[:, own].T)
        found *= forward
        np.maximum(found, 0, out=found)
        np.sqrt(found, out=found)
        np.copysign(found, forward, out=found)
        if known.all() and self.is_rated_.all():
            return found
        every = np.zeros((len(items), len(self.is_rated_)), dtype=np.float32)
        every[np.ix_(known, self._is_rated)] = found
        return every

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return weights; see :meth:`movierec.algorithms.base.Explains.contributions`."""
        return self._weights(rated, items).T

    @property
    def _is_rated(self) -> npt.NDArray[np.bool_]:
        return self.is_rated_.astype(bool)

    def _weights(self, rows: Indices, columns: Indices) -> Scores:
        """Return a part of B, 0 for items without ratings."""
        places = np.cumsum(self.is_rated_) - 1
        known = np.outer(self._is_rated[rows], self._is_rated[columns])
        return np.where(known, self.weights_[np.ix_(places[rows], places[columns])], 0)
