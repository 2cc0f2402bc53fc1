"""EASE: a linear model of each film from all others, in closed form."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from movierec.algorithms._base import Feedback, Scorer, Scores, as_feedback, refuse_too_many


class Ease(Scorer):
    """Embarrassingly shallow autoencoder.

    With the Gram matrix ``G = X'X`` and ``P = (G + l2 I)^-1`` the weights are
    ``B_ij = -P_ij / P_jj``, 0 on the diagonal; scores are ``X B``. Steck, "Embarrassingly shallow
    autoencoders for sparse data" (WWW 2019), equations 7 and 8.

    Parameters
    ----------
    l2 : float
        The strength of the regularisation.
    feedback : {"presence", "value"}
        Whether X holds a 1 for each rating, or the rating.
    """

    GRID: ClassVar = {"l2": (100.0, 200.0, 300.0, 500.0, 1000.0)}

    def __init__(self, *, l2: float = 300.0, feedback: Feedback = "presence") -> None:
        self.l2 = l2
        self.feedback = feedback

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Invert the Gram matrix; see :meth:`Scorer.fit`."""
        refuse_too_many(user_items.shape[1], 2, "ease")
        ratings = as_feedback(user_items, self.feedback).astype(np.float64)
        gram = (ratings.T @ ratings).toarray()
        np.fill_diagonal(gram, gram.diagonal() + self.l2)
        inverse = np.linalg.inv(gram)
        weights = inverse / -inverse.diagonal()
        np.fill_diagonal(weights, 0.0)
        self.weights_ = weights.astype(np.float32)
        return self

    def score(self, user_items: Any) -> Scores:
        """Return ``X B``; see :meth:`Scorer.score`."""
        return np.asarray(as_feedback(user_items, self.feedback) @ self.weights_)
