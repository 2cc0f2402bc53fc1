"""Implicit-feedback matrix factorization by alternating least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np

from movierec.algorithms._linear import FactorAlgorithm, Factors, as_feedback
from movierec.algorithms.base import Range, Run, Scores, TrainingData
from movierec.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class Als(FactorAlgorithm):
    """Weighted matrix factorization that solves for users and items in turn.

    The target of an item that a user rated is 1, with weight 1; the target of every item is 0,
    with weight `unobserved`. Hu, Koren and Volinsky, "Collaborative filtering for implicit
    feedback datasets" (ICDM 2008), in the form of Rendle, Krichene, Zhang and Koren, "Revisiting
    the performance of iALS on item recommendation benchmarks" (RecSys 2022), equations 2 and 3,
    whose regularization grows with the number of ratings. When people are scored, the target of an
    item that they dislike is their preference, which is below 0, with weight `unobserved`.

    Parameters
    ----------
    n_factors : int
        Length of the vector of factors of each user and item.
    l2 : float
        Strength of the regularization: for each rating and, times `unobserved`, for each item.
    unobserved : float
        Weight of items that were not rated, next to 1 for those that were.
    n_iterations : int
        Number of times that users and items are solved for.
    seed : int
        Random seed of the initial factors.
    """

    GRID: ClassVar = {
        "l2": (0.003, 0.007, 0.02),
        "unobserved": (0.1, 0.3, 1.0),
        "n_factors": (64, 192),
    }

    def __init__(
        self,
        *,
        n_factors: Annotated[int, Range(1, 10_000)] = 192,
        l2: Annotated[float, Range(1e-6)] = 0.007,
        unobserved: Annotated[float, Range(0)] = 0.3,
        n_iterations: Annotated[int, Range(1)] = 12,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        self.n_factors = n_factors
        self.l2 = l2
        self.unobserved = unobserved
        self.n_iterations = n_iterations
        self.seed = seed

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Solve for users and items in turn; see :meth:`Algorithm.fit`."""
        interactions = data.interactions
        random = np.random.default_rng(self.seed)
        scale = 0.1 / np.sqrt(self.n_factors)
        shape = (interactions.n_items, self.n_factors)
        items: Factors = random.normal(0.0, scale, shape).astype(np.float32)
        user_items = as_feedback(interactions.user_items, "presence")
        item_users = as_feedback(interactions.item_users, "presence")
        for iteration in range(self.n_iterations):
            items = self._solve(item_users, self._solve(user_items, items))
            run.progress("alternating least squares", (iteration + 1) / self.n_iterations)
        self._set_item_factors(items)
        return self

    def score(self, users: Interactions) -> Scores:
        """Solve for the factors of the users, then multiply; see :meth:`Algorithm.score`."""
        return self._solve(users.user_items, self.item_factors_) @ self.item_factors_.T

    def _solve(self, rows: csr_matrix, others: Factors) -> Factors:
        """Return the best factors of each row, given its preferences, for the columns' factors."""
        from threadpoolctl import threadpool_limits

        background = np.asfortranarray(self.unobserved * (others.T @ others))
        solved = np.zeros((rows.shape[0], self.n_factors), dtype=np.float32)
        with threadpool_limits(1):  # several threads for one small matrix take ten times as long
            for row in np.flatnonzero(np.diff(rows.indptr)):
                places = slice(rows.indptr[row], rows.indptr[row + 1])
                preferred, factors = rows.data[places], others[rows.indices[places]]
                liked, disliked = factors[preferred > 0], preferred < 0
                target = liked.sum(axis=0)
                target += self.unobserved * (preferred[disliked] @ factors[disliked])
                l2 = self.l2 * (len(liked) + self.unobserved * len(others))
                solved[row] = _solution(liked, target, background, l2)
        return solved


def _solution(liked: Factors, target: Factors, background: Factors, l2: float) -> Factors:
    """Solve ``(background + liked' liked + l2 I) x = target`` by Cholesky decomposition."""
    from scipy.linalg.blas import ssyrk
    from scipy.linalg.lapack import sposv

    normal = background.copy(order="F")
    if len(liked):
        normal = ssyrk(1.0, liked.T, beta=1.0, c=normal, lower=True, overwrite_c=True)
    normal[np.diag_indices_from(normal)] += np.float32(l2)
    _, solution, failed = sposv(normal, target, lower=True)
    if failed:
        raise DataError("als found no solution for these ratings", "use a larger l2")
    return np.asarray(solution)
