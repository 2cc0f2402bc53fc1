"""EASE: a linear model of each item from all others, in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._linear import as_feedback, refuse_too_many
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

_N_MATRICES = 3  # of items by items at the same time: one dense, one sparse but nearly full


class Ease(Algorithm):
    """Embarrassingly shallow autoencoder.

    With the Gram matrix ``G = X'X`` and ``P = (G + l2 I)^-1`` the weights are
    ``B_ij = -P_ij / P_jj``, 0 on the diagonal; scores are ``x B`` for ratings x. Steck,
    "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), equations 7 and 8.

    Parameters
    ----------
    l2 : float
        Strength of the regularization.
    feedback : {"presence", "value"}
        Whether X holds a 1 for each rating, or the rating.
    """

    SIMILARITY: ClassVar = "partial correlation"
    GRID: ClassVar = {"l2": (100.0, 200.0, 300.0, 500.0, 1000.0)}

    is_rated_: npt.NDArray[np.int8]
    weights_: npt.NDArray[np.float32]  # of the rated items only

    def __init__(
        self,
        *,
        l2: Annotated[float, Range(1e-6)] = 300.0,
        feedback: Feedback = "presence",
    ) -> None:
        self.l2 = l2
        self.feedback = feedback

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Invert the Gram matrix of the items that have ratings; see :meth:`Algorithm.fit`."""
        interactions = data.interactions
        counts = np.bincount(interactions.items, minlength=interactions.n_items)
        self.is_rated_ = (counts > 0).astype(np.int8)  # a model file holds numbers only
        refuse_too_many(int(self.is_rated_.sum()), _N_MATRICES, "ease")
        ratings = as_feedback(interactions.user_items, self.feedback)
        ratings = ratings[:, self._is_rated].astype(np.float64)
        gram = (ratings.T @ ratings).toarray(order="F")
        np.fill_diagonal(gram, gram.diagonal() + self.l2)
        weights = _inverse(gram)
        weights /= -weights.diagonal()
        np.fill_diagonal(weights, 0.0)
        self.weights_ = np.ascontiguousarray(weights, dtype=np.float32)  # as a model file has them
        return self

    def score(self, users: Interactions) -> Scores:
        """Return ``x B``; see :meth:`Algorithm.score`."""
        ratings = users.user_items
        scores = np.zeros(ratings.shape, dtype=np.float32)
        scores[:, self._is_rated] = ratings[:, self._is_rated] @ self.weights_
        return scores

    def similarities(self, items: Indices) -> Scores:
        """Return ``-P_ij / sqrt(P_ii P_jj)``; see :meth:`Algorithm.similarities`."""
        # The product of B_ij and B_ji is the square of it.
        every = np.arange(len(self.is_rated_))
        forward, backward = self._weights(items, every), self._weights(every, items).T
        return np.asarray(np.sign(forward) * np.sqrt(np.maximum(forward * backward, 0)))

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


def _inverse(gram: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Invert a positive definite matrix by Cholesky decomposition: a third of the work of LU."""
    from scipy.linalg.lapack import dpotrf, dpotri

    factor, _ = dpotrf(gram, lower=True, overwrite_a=True)
    inverse, _ = dpotri(factor, lower=True, overwrite_c=True)
    inverse += np.tril(inverse, -1).T  # above the diagonal there are zeros
    return np.asarray(inverse)
