"""Implicit-feedback matrix factorisation by alternating least squares."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._base import Scorer, Scores

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

    GRID: ClassVar = {
        "n_factors": (32, 64, 128),
        "l2": (0.01, 0.03, 0.1),
        "unobserved": (0.1, 0.3, 1.0),
    }

    def __init__(
        self,
        *,
        n_factors: int = 64,
        l2: float = 0.01,
        unobserved: float = 0.1,
        n_iterations: int = 15,
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
        item_users = user_items.T.tocsr()
        for _ in range(self.n_iterations):
            items = self._solve(item_users, self._solve(user_items, items))
        self.item_factors_ = items
        return self

    def score(self, user_items: Any) -> Scores:
        """Solve for these people, then multiply; see :meth:`Scorer.score`."""
        return self._solve(user_items, self.item_factors_) @ self.item_factors_.T

    def _solve(self, rows: Any, others: Factors) -> Factors:
        """Return the factors of each row that fit best, those of its columns being given."""
        everything = self.unobserved * (others.T @ others)
        lengths = np.diff(rows.indptr)
        l2 = self.l2 * (lengths + self.unobserved * len(others))
        solved = np.zeros((rows.shape[0], self.n_factors), dtype=np.float32)
        identity = np.eye(self.n_factors, dtype=np.float32)
        for row in np.flatnonzero(lengths):
            own = others[rows.indices[rows.indptr[row] : rows.indptr[row + 1]]]
            normal = everything + own.T @ own + np.float32(l2[row]) * identity
            solved[row] = np.linalg.solve(normal, own.sum(axis=0))
        return solved
