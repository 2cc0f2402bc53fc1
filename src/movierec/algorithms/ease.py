"""EASE: a linear model of each film from all others, in closed form."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from movierec.algorithms._base import (
    Feedback,
    Indices,
    Scorer,
    Scores,
    as_feedback,
    refuse_too_many,
)

_N_MATRICES = 3  # of films by films at the same time: one dense, one sparse that is all but dense


class Ease(Scorer):
    """Embarrassingly shallow autoencoder.

    With the Gram matrix ``G = X'X`` and ``P = (G + l2 I)^-1`` the weights are
    ``B_ij = -P_ij / P_jj``, 0 on the diagonal; scores are ``x B`` for ratings x. Steck,
    "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), equations 7 and 8.

    Parameters
    ----------
    l2 : float
        The strength of the regularisation.
    feedback : {"presence", "value"}
        Whether X holds a 1 for each rating, or the rating.
    """

    SIMILARITY: ClassVar = "partial correlation"

    GRID: ClassVar = {"l2": (100.0, 200.0, 300.0, 500.0, 1000.0)}

    def __init__(self, *, l2: float = 300.0, feedback: Feedback = "presence") -> None:
        self.l2 = l2
        self.feedback = feedback

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Invert the Gram matrix of the films that somebody rated; see :meth:`Scorer.fit`."""
        ratings = as_feedback(user_items.tocsr(), self.feedback)
        counts = np.bincount(ratings.indices, minlength=ratings.shape[1])
        self.is_rated_ = (counts > 0).astype(np.int8)  # a model file holds numbers only
        refuse_too_many(int(self.is_rated_.sum()), _N_MATRICES, "ease")
        ratings = ratings[:, self._is_rated].astype(np.float64)
        gram = (ratings.T @ ratings).toarray(order="F")
        np.fill_diagonal(gram, gram.diagonal() + self.l2)
        weights = _inverse(gram)
        weights /= -weights.diagonal()
        np.fill_diagonal(weights, 0.0)
        self.weights_ = weights.astype(np.float32)
        return self

    def score(self, user_items: Any) -> Scores:
        """Return ``x B``; see :meth:`Scorer.score`."""
        scores = np.zeros(user_items.shape, dtype=np.float32)
        scores[:, self._is_rated] = user_items[:, self._is_rated] @ self.weights_
        return scores

    def similarities(self, items: Indices) -> Scores:
        """Return ``-P_ij / sqrt(P_ii P_jj)``, read off the weights; see the base class."""
        every = np.arange(len(self.is_rated_))
        towards, back = self._weights(items, every), self._weights(every, items).T
        return np.asarray(np.sign(towards) * np.sqrt(np.maximum(towards * back, 0)))

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return the weights themselves; see :meth:`Scorer.contributions`."""
        return self._weights(rated, items).T

    @property
    def _is_rated(self) -> Any:
        return self.is_rated_.astype(bool)

    def _weights(self, rows: Indices, columns: Indices) -> Scores:
        """Return a part of B, 0 for films that nobody rated."""
        places = np.cumsum(self.is_rated_) - 1
        known = np.outer(self._is_rated[rows], self._is_rated[columns])
        return np.where(known, self.weights_[np.ix_(places[rows], places[columns])], 0)


def _inverse(gram: Any) -> Any:
    """Return the inverse of a positive definite matrix, by Cholesky's factors: a third the work."""
    from scipy.linalg.lapack import dpotrf, dpotri

    factor, _ = dpotrf(gram, lower=True, overwrite_a=True)
    inverse, _ = dpotri(factor, lower=True, overwrite_c=True)
    inverse += np.tril(inverse, -1).T  # above the diagonal there are zeros
    return inverse
