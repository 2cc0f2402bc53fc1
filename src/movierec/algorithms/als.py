"""Implicit-feedback matrix factorisation by alternating least squares."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._base import Indices, Scorer, Scores, cosines
from movierec.errors import DataError

Factors = npt.NDArray[np.float32]


class Als(Scorer):
    """Weighted matrix factorisation, each side solved exactly in turn.

    A film that a person rated should score 1, with weight 1; any film 0, with weight
    `unobserved`. Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets"
    (ICDM 2008), in the form of Rendle, Krichene, Zhang and Koren, "Revisiting the performance of
    iALS on item recommendation benchmarks" (RecSys 2022), equations 2 and 3, whose regularisation
    grows with the number of ratings.

    Parameters
    ----------
    n_factors : int
    l2 : float
        The strength of the regularisation, for each rating and, times `unobserved`, each film.
    unobserved : float
        The weight of what was not rated, next to 1 for what was.
    n_iterations : int
    seed : int
        Of the factors to begin with.
    """

    SIMILARITY: ClassVar = "cosine of factors"
    GRID: ClassVar = {
        "l2": (0.003, 0.007, 0.02),
        "unobserved": (0.1, 0.3, 1.0),
        "n_factors": (64, 192),
    }

    def __init__(
        self,
        *,
        n_factors: int = 192,
        l2: float = 0.007,
        unobserved: float = 0.3,
        n_iterations: int = 12,
        seed: int = 0,
    ) -> None:
        self.n_factors = n_factors
        self.l2 = l2
        self.unobserved = unobserved
        self.n_iterations = n_iterations
        self.seed = seed

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Solve for people and films in turn; see :meth:`Scorer.fit`."""
        random = np.random.default_rng(self.seed)
        scale = 0.1 / np.sqrt(self.n_factors)
        shape = (user_items.shape[1], self.n_factors)
        items: Factors = random.normal(0.0, scale, shape).astype(np.float32)
        user_items, item_users = user_items.tocsr(), user_items.T.tocsr()
        for _ in range(self.n_iterations):
            items = self._solve(item_users, self._solve(user_items, items))
        self.item_factors_ = items
        return self

    def score(self, user_items: Any) -> Scores:
        """Solve for these people, then multiply; see :meth:`Scorer.score`."""
        return self._solve(user_items, self.item_factors_) @ self.item_factors_.T

    def similarities(self, items: Indices) -> Scores:
        """Compare factors; see :meth:`Scorer.similarities`."""
        return cosines(self.item_factors_, items)

    def _solve(self, rows: Any, others: Factors) -> Factors:
        """Return the factors of each row that fit best, those of its columns being given."""
        from threadpoolctl import threadpool_limits

        everything = np.asfortranarray(self.unobserved * (others.T @ others))
        lengths = np.diff(rows.indptr)
        l2 = self.l2 * (lengths + self.unobserved * len(others))
        solved = np.zeros((rows.shape[0], self.n_factors), dtype=np.float32)
        with threadpool_limits(1):  # several threads for one small matrix take ten times as long
            for row in np.flatnonzero(lengths):
                own = others[rows.indices[rows.indptr[row] : rows.indptr[row + 1]]]
                solved[row] = _solution(own, everything, l2[row])
        return solved


def _solution(own: Factors, everything: Factors, l2: float) -> Factors:
    """Solve ``(everything + own' own + l2 I) x = own' 1`` by Cholesky's factors."""
    from scipy.linalg.blas import ssyrk
    from scipy.linalg.lapack import sposv

    normal = ssyrk(1.0, own.T, beta=1.0, c=everything, lower=True)
    normal[np.diag_indices_from(normal)] += np.float32(l2)
    _, solution, failed = sposv(normal, own.sum(axis=0), lower=True)
    if failed:
        raise DataError("als found no solution for these ratings", "take a larger l2")
    return np.asarray(solution)
