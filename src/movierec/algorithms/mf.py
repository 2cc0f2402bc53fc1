"""Biased matrix factorization, which predicts ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Schema
from movierec.algorithms._linear import FactorAlgorithm, Factors
from movierec.algorithms._stars import BASELINE_SCHEMA, Baseline
from movierec.algorithms.base import Indices, Range, Run, Scores, TrainingData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class Mf(FactorAlgorithm):
    """Predict what is usual for the movie and the user, plus the product of their factors.

    The factors of users and items are solved for in turn, so that their products are close to what
    the baseline leaves of the ratings. Koren, Bell and Volinsky, "Matrix factorization techniques
    for recommender systems" (Computer 2009), equations 5 and 6, by alternating least squares;
    regularization grows with the number of ratings, as in Zhou, Wilkinson, Schreiber and Pan,
    "Large-scale parallel collaborative filtering for the Netflix Prize" (AAIM 2008), section 3.1.

    Parameters
    ----------
    n_factors : int
        Length of the vector of factors of each user and item.
    l2 : float
        Strength of the regularization, for each rating.
    n_iterations : int
        Number of times that users and items are solved for.
    seed : int
        Random seed of the initial factors.
    """

    GRID: ClassVar = {"l2": (0.05, 0.1, 0.15, 0.2), "n_factors": (5, 10, 20, 40)}

    SCHEMA: ClassVar[Schema] = {**BASELINE_SCHEMA, **FactorAlgorithm.SCHEMA}

    means_: Factors
    item_deviations_: Factors

    def __init__(
        self,
        *,
        n_factors: Annotated[int, Range(1, 10_000)] = 20,
        l2: Annotated[float, Range(1e-6)] = 0.15,
        n_iterations: Annotated[int, Range(1)] = 10,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        self.n_factors = n_factors
        self.l2 = l2
        self.n_iterations = n_iterations
        self.seed = seed

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Solve for users and items in turn; see :meth:`Algorithm.fit`."""
        interactions = data.interactions
        baseline = Baseline.fit(interactions)
        self.means_ = np.array([baseline.mean], dtype=np.float32)
        self.item_deviations_ = baseline.items
        rows = _residuals(baseline, interactions)
        columns = rows.T.tocsr()
        random = np.random.default_rng(self.seed)
        shape = (interactions.n_items, self.n_factors)
        items = random.normal(0.0, 0.1, shape).astype(np.float32)
        for iteration in range(self.n_iterations):
            items = self._solve(columns, self._solve(rows, items))
            run.progress("alternating least squares", (iteration + 1) / self.n_iterations)
        self._set_item_factors(items)
        return self

    def score(self, users: Interactions) -> Scores:
        """Multiply factors that fit the preferences; see :meth:`Algorithm.score`."""
        factors = self._solve(users.user_items, self.item_factors_)
        return np.asarray(factors @ self.item_factors_.T + self.item_deviations_)

    def predict(self, users: Interactions, items: Indices) -> Scores:
        """Predict ratings; see :meth:`movierec.algorithms.base.PredictsRatings`.

        Parameters
        ----------
        users, items
            As there.
        """
        baseline = Baseline(float(self.means_[0]), self.item_deviations_)
        factors = self._solve(_residuals(baseline, users), self.item_factors_)
        usual = np.float32(baseline.mean) + baseline.items[items]
        personal = baseline.of_users(users)[:, None] + factors @ self.item_factors_[items].T
        return np.asarray(personal + usual, dtype=np.float32)

    def _solve(self, rows: csr_matrix, others: Factors) -> Factors:
        """Return the best factors of each row, given the factors of the columns."""
        from threadpoolctl import threadpool_limits

        solved = np.zeros((rows.shape[0], self.n_factors), dtype=np.float32)
        diagonal = np.eye(self.n_factors, dtype=np.float32)
        with threadpool_limits(1):
            for row in np.flatnonzero(np.diff(rows.indptr)):
                places = slice(rows.indptr[row], rows.indptr[row + 1])
                rated = others[rows.indices[places]]
                normal = rated.T @ rated + np.float32(self.l2 * len(rated)) * diagonal
                solved[row] = np.linalg.solve(normal, rated.T @ rows.data[places])
        return solved


def _residuals(baseline: Baseline, users: Interactions) -> csr_matrix:
    """Return what the baseline leaves of the ratings, as CSR of users by items."""
    from scipy.sparse import csr_matrix

    by_user = baseline.of_users(users)
    usual: npt.NDArray[np.float32] = (
        np.float32(baseline.mean) + by_user[users.users] + baseline.items[users.items]
    )
    parts = (users.ratings - usual, (users.users, users.items))
    return csr_matrix(parts, shape=(users.n_users, users.n_items), dtype=np.float32)
