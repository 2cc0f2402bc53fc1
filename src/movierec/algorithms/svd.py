"""PureSVD: people and films in a space of few dimensions."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from movierec.algorithms._base import (
    Feedback,
    Indices,
    Scorer,
    Scores,
    as_feedback,
    cosines,
)


class Svd(Scorer):
    """Truncated singular value decomposition, a missing rating being 0.

    With the right singular vectors V of the ratings X, the scores of a person with ratings x are
    ``x V V'``. Cremonesi, Koren and Turrin, "Performance of recommender algorithms on top-n
    recommendation tasks" (RecSys 2010), section 3.3.

    Parameters
    ----------
    n_factors : int
    feedback : {"presence", "value"}
        Whether X holds a 1 for each rating, or the rating.
    seed : int
        Of the vector from which the decomposition starts.
    """

    SIMILARITY: ClassVar = "cosine of factors"
    GRID: ClassVar = {"n_factors": (10, 20, 40, 80)}

    def __init__(
        self, *, n_factors: int = 40, feedback: Feedback = "presence", seed: int = 0
    ) -> None:
        self.n_factors = n_factors
        self.feedback = feedback
        self.seed = seed

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Decompose; see :meth:`Scorer.fit`."""
        from scipy.sparse.linalg import svds

        ratings = as_feedback(user_items, self.feedback).astype(np.float64)
        k = min(self.n_factors, min(ratings.shape) - 1)
        start = np.random.default_rng(self.seed).random(min(ratings.shape))
        _, _, vectors = svds(ratings, k=k, v0=start) if k > 0 else (None, None, ratings.toarray())
        self.item_factors_ = np.ascontiguousarray(vectors.T, dtype=np.float32)
        return self

    def score(self, user_items: Any) -> Scores:
        """Project onto the factors and back; see :meth:`Scorer.score`."""
        return np.asarray((user_items @ self.item_factors_) @ self.item_factors_.T)

    def similarities(self, items: Indices) -> Scores:
        """Compare factors; see :meth:`Scorer.similarities`."""
        return cosines(self.item_factors_, items)

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Multiply factors; see :meth:`Scorer.contributions`."""
        return np.asarray(self.item_factors_[items] @ self.item_factors_[rated].T)
