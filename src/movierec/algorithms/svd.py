"""PureSVD: users and items in a space of few dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np

from movierec.algorithms._linear import FactorAlgorithm, as_feedback
from movierec.algorithms.base import Feedback, Indices, Range, Run, Scores, TrainingData

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions

_TOLERANCE = 1e-3  # of ARPACK: scores are off by less than a millionth


class Svd(FactorAlgorithm):
    """Truncated singular value decomposition; a missing rating is 0.

    With the right singular vectors V of the ratings X, the scores of a user with ratings x are
    ``x V V'``. Cremonesi, Koren and Turrin, "Performance of recommender algorithms on top-n
    recommendation tasks" (RecSys 2010), section 3.3.

    Parameters
    ----------
    n_factors : int
        Number of singular vectors.
    feedback : {"presence", "value"}
        Whether X holds a 1 for each rating, or the rating.
    seed : int
        Random seed of the vector from which the decomposition starts.
    """

    GRID: ClassVar = {"n_factors": (10, 15, 20, 40, 80)}

    def __init__(
        self,
        *,
        n_factors: Annotated[int, Range(1, 10_000)] = 40,
        feedback: Feedback = "presence",
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        self.n_factors = n_factors
        self.feedback = feedback
        self.seed = seed

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Decompose the ratings; see :meth:`Algorithm.fit`."""
        from scipy.sparse.linalg import svds
        from threadpoolctl import threadpool_limits

        # A view of what the training has anyway; the ratings by user would be another copy.
        ratings = as_feedback(data.interactions.item_users, self.feedback).T.astype(np.float64)
        k = min(self.n_factors, min(ratings.shape) - 1)
        start = np.random.default_rng(self.seed).random(min(ratings.shape))
        if k < 1:
            self._set_item_factors(ratings.toarray().T)
            return self
        with threadpool_limits(1):  # threads that wait for one vector at a time take more than help
            _, _, vectors = svds(ratings, k=k, v0=start, tol=_TOLERANCE)
        self._set_item_factors(vectors.T)
        return self

    def score(self, users: Interactions) -> Scores:
        """Project onto the factors and back; see :meth:`Algorithm.score`."""
        return np.asarray((users.user_items @ self.item_factors_) @ self.item_factors_.T)

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Multiply factors; see :meth:`movierec.algorithms.base.Explains.contributions`."""
        return np.asarray(self.item_factors_[items] @ self.item_factors_[rated].T)
