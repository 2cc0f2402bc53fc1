"""SLIM, a sparse linear recommender, as an algorithm of movierec."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec import Algorithm, DataError, Interactions, Range, Run, TrainingData

Matrix = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

_MOST_ITEMS = 20_000  # each of the two dense matrices then takes 1.6 GB


class Slim(Algorithm):
    """Sparse linear method: each movie as a sum of few others, with weights of at least 0.

    The weights W of item j minimize
    ``|x_j - X w_j|^2 / 2 + l2 |w_j|^2 / 2 + l1 sum(w_j)``, where X holds a 1 for each rating,
    ``w_j >= 0`` and ``w_jj = 0``; scores are ``x W`` for ratings x. Ning and Karypis, "SLIM: sparse
    linear methods for top-n recommender systems" (ICDM 2011), equation 4. Solved by coordinate
    descent on the Gram matrix: Friedman, Hastie and Tibshirani, "Regularization paths for
    generalized linear models via coordinate descent", Journal of Statistical Software 33 (2010),
    section 2.2.

    Parameters
    ----------
    l1 : float
        Strength of the penalty that makes weights 0.
    l2 : float
        Strength of the penalty on large weights.
    n_iterations : int
        Highest number of times that every weight is updated.
    tolerance : float
        Stop when no weight changes by more.
    """

    SIMILARITY: ClassVar = "geometric mean of the two weights"
    GRID: ClassVar = {"l1": (1.0, 2.0, 5.0), "l2": (5.0, 20.0, 100.0)}

    weights_: Matrix

    def __init__(
        self,
        *,
        l1: Annotated[float, Range(0)] = 1.0,
        l2: Annotated[float, Range(1e-6)] = 20.0,
        n_iterations: Annotated[int, Range(1)] = 50,
        tolerance: Annotated[float, Range(0)] = 1e-4,
    ) -> None:
        self.l1 = l1
        self.l2 = l2
        self.n_iterations = n_iterations
        self.tolerance = tolerance

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Solve for the weights; see :meth:`movierec.Algorithm.fit`."""
        gram = _gram(data.interactions)
        self.weights_ = np.zeros_like(gram)
        for iteration in range(self.n_iterations):
            run.progress("coordinate descent", iteration / self.n_iterations)
            if self._update(gram) <= self.tolerance:
                break
        return self

    def _update(self, gram: Matrix) -> float:
        """Update each weight once; return the largest change.

        Row k holds the weights of item k in all models: no two of them are in the same model, so
        they are updated together.
        """
        weights, largest = self.weights_, 0.0
        for k in np.flatnonzero(gram.diagonal()):
            # How well item k goes with what the other items of each model leave unexplained.
            rest = gram[k] - gram[k] @ weights + gram[k, k] * weights[k]
            updated = np.maximum(rest - np.float32(self.l1), 0) / (gram[k, k] + np.float32(self.l2))
            updated[k] = 0
            largest = max(largest, float(np.abs(updated - weights[k]).max()))
            weights[k] = updated
        return largest

    def score(self, users: Interactions) -> Matrix:
        """Return ``x W``; see :meth:`movierec.Algorithm.score`."""
        return np.asarray(users.user_items @ self.weights_)

    def similarities(self, items: Indices) -> Matrix:
        """Return means of weights, at most the cosine; see :meth:`movierec.Algorithm`."""
        return np.asarray(np.sqrt(self.weights_[items] * self.weights_[:, items].T))

    def contributions(self, items: Indices, rated: Indices) -> Matrix:
        """Return the weights of the rated items, which explain a recommendation."""
        return self.weights_[np.ix_(rated, items)].T


def _gram(interactions: Interactions) -> Matrix:
    """Return how many users rated each pair of items; shape (n_items, n_items)."""
    if interactions.n_items > _MOST_ITEMS:
        raise DataError(
            f"slim takes at most {_MOST_ITEMS:,} movies, and there are {interactions.n_items:,}",
            "choose another algorithm",
        )
    present: Any = interactions.item_users.copy()
    present.data = np.ones_like(present.data)
    gram: Matrix = (present @ present.T).toarray()
    return gram
