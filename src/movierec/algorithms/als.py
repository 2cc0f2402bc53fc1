"""Implicit-feedback matrix factorization by alternating least squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._linear import FactorAlgorithm, Factors, as_feedback
from movierec.algorithms.base import ParameterValue, Range, Run, Scores, State, TrainingData
from movierec.errors import DataError
from movierec.neighbors.sparse import row_parts
from movierec.neighbors.threads import run_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions

_MANY = (
    40_000_000  # users times squared factors, above which loading the compiled loops is worth it
)


class _Part(NamedTuple):
    """Consecutive rows of preferences: which, the preferences, and the regularization of each."""

    places: slice
    rows: csr_matrix
    l2: npt.NDArray[np.float32]


class Als(FactorAlgorithm):
    """Weighted matrix factorization that solves for users and items in turn.

    The target of an item that a user rated is 1, with weight 1; the target of every item is 0,
    with weight `unobserved`. Hu, Koren and Volinsky, "Collaborative filtering for implicit
    feedback datasets" (ICDM 2008), in the form of Rendle, Krichene, Zhang and Koren, "Revisiting
    the performance of iALS on item recommendation benchmarks" (RecSys 2022), equations 2 and 3,
    whose regularization grows with the number of ratings. When people are scored, the target of an
    item that they dislike is their preference, which is below 0, with weight `unobserved`. A fit
    takes a few steps of conjugate gradients each time, as Takács, Pilászy and Tikk, "Applications
    of the conjugate gradient method for implicit feedback collaborative filtering" (RecSys 2011).

    Parameters
    ----------
    n_factors : int
        Length of the vector of factors of each user and item.
    l2 : float
        Strength of the regularization: for each rating and, times `unobserved`, for each item.
    unobserved : float, optional
        Weight of items that were not rated, next to 1 for those that were. Default: more for dense
        ratings; see :func:`weight_of_unobserved`.
    n_iterations : int
        Number of times that the factors of users, then those of items, are improved, each by two
        steps of conjugate gradients.
    seed : int
        Random seed of the initial factors.

    Attributes
    ----------
    unobserved_ : ndarray of shape (1,), float32
        The weight that was used.
    """

    SCHEMA: ClassVar[Schema] = {
        **FactorAlgorithm.SCHEMA,
        "unobserved_": Column("f4", (1,), is_optional=True),
    }
    unobserved_: npt.NDArray[np.float32]

    GRID: ClassVar = {
        "l2": (0.003, 0.007, 0.014, 0.02),
        "unobserved": (0.03, 0.1, 0.3, 1.0),
        "n_factors": (64, 192),
    }

    def __init__(
        self,
        *,
        n_factors: Annotated[int, Range(1, 10_000)] = 192,
        l2: Annotated[float, Range(1e-6)] = 0.007,
        unobserved: Annotated[float | None, Range(0)] = None,
        n_iterations: Annotated[int, Range(1)] = 12,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        self.n_factors = n_factors
        self.l2 = l2
        self.unobserved = unobserved
        self.n_iterations = n_iterations
        self.seed = seed

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, ParameterValue]) -> Self:
        """Restore a fitted algorithm; see :meth:`Algorithm.from_state`."""
        algorithm = super().from_state(state, parameters)
        weight = vars(algorithm).get("unobserved_", np.full(1, np.nan))[0]
        if algorithm.unobserved is None and not 0 <= weight <= 1:
            raise ValueError("als/unobserved_ is no weight")
        return algorithm

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Solve for users and items in turn; see :meth:`Algorithm.fit`."""
        from threadpoolctl import threadpool_limits

        interactions = data.interactions
        weight = self.unobserved
        weight = weight_of_unobserved(interactions) if weight is None else weight
        self.unobserved_ = np.array([weight], dtype=np.float32)
        random = np.random.default_rng(self.seed)
        scale = 0.1 / np.sqrt(self.n_factors)
        shape = (interactions.n_items, self.n_factors)
        items: Factors = random.normal(0.0, scale, shape).astype(np.float32)
        users: Factors = np.zeros((interactions.n_users, self.n_factors), dtype=np.float32)
        by_user = self._parts(as_feedback(interactions.user_items, "presence"))
        by_item = self._parts(as_feedback(interactions.item_users, "presence"))
        with threadpool_limits(1):  # the last digit of a product may depend on the threads
            for iteration in range(self.n_iterations):
                users, items = self._improved(by_user, users, items, run.n_threads)
                items, users = self._improved(by_item, items, users, run.n_threads)
                run.progress("alternating least squares", (iteration + 1) / self.n_iterations)
        self._set_item_factors(items)
        return self

    def score(self, users: Interactions) -> Scores:
        """Solve for the factors of the users, then multiply; see :meth:`Algorithm.score`."""
        rows, items = users.user_items, self.item_factors_
        if users.n_users * self.n_factors**2 < _MANY:
            return self._solved(rows, items) @ items.T
        start = np.zeros((users.n_users, self.n_factors), dtype=np.float32)
        parts = self._parts(rows)
        solved, turned = self._improved(parts, start, items, n_steps=1000, tolerance=1e-6)
        return solved @ turned.T

    def _improved(
        self,
        parts: list[_Part],
        start: Factors,
        others: Factors,
        n_threads: int | None = None,
        *,
        n_steps: int = 2,
        tolerance: float = 0.0,
    ) -> tuple[Factors, Factors]:
        """Return better factors of the rows, given their preferences, and those of the columns.

        Both are turned to the principal axes of the columns' factors, where the items that are not
        rated add to the diagonal only.
        """
        from movierec.algorithms._least_squares import solve_rows  # loads the compiled loops

        squares, axes = np.linalg.eigh((others.T @ others).astype(np.float64))
        solved, others = (factors @ axes.astype(np.float32) for factors in (start, others))
        squares = (self._weight * np.maximum(squares, 0)).astype(np.float32)

        def solve(part: _Part) -> None:
            arrays = part.rows.indptr, part.rows.indices, part.rows.data
            own = solved[part.places]
            solve_rows(*arrays, others, squares, part.l2, n_steps, tolerance, own)

        run_blocks(solve, parts, n_threads=n_threads)
        return solved, others

    @property
    def _weight(self) -> float:
        """The weight of items that were not rated."""
        # The parameter itself where it is given: models made before have no array.
        return float(self.unobserved_[0]) if self.unobserved is None else self.unobserved

    def _parts(self, rows: csr_matrix) -> list[_Part]:
        """Divide preferences, of which those below 0 get the weight of what was not rated."""
        from scipy.sparse import csr_matrix

        values = np.where(rows.data > 0, rows.data, self._weight * rows.data)
        weighted = csr_matrix((values.astype(np.float32), rows.indices, rows.indptr), rows.shape)
        return [_Part(*part, self._l2(part[1])) for part in row_parts(weighted)]

    def _l2(self, rows: csr_matrix) -> npt.NDArray[np.float32]:
        """Return the regularization of each row; 0 for those without preferences."""
        n_rated = np.diff(rows.indptr)
        own = np.repeat(np.arange(len(n_rated)), n_rated)
        n_liked = np.bincount(own, rows.data > 0, len(n_rated))
        l2 = self.l2 * (n_liked + self._weight * rows.shape[1]) * (n_rated > 0)
        return l2.astype(np.float32)

    def _solved(self, rows: csr_matrix, others: Factors) -> Factors:
        """Return the best factors of each row, given its preferences, for the columns' factors."""
        from threadpoolctl import threadpool_limits

        background = np.asfortranarray(self._weight * (others.T @ others))
        solved = np.zeros((rows.shape[0], self.n_factors), dtype=np.float32)
        with threadpool_limits(1):  # several threads for one small matrix take ten times as long
            for row in np.flatnonzero(np.diff(rows.indptr)):
                places = slice(rows.indptr[row], rows.indptr[row + 1])
                preferred, factors = rows.data[places], others[rows.indices[places]]
                liked, disliked = factors[preferred > 0], preferred < 0
                target = liked.sum(axis=0)
                target += self._weight * (preferred[disliked] @ factors[disliked])
                l2 = self.l2 * (len(liked) + self._weight * len(others))
                solved[row] = _solution(liked, target, background, l2)
        return solved


def weight_of_unobserved(interactions: Interactions) -> float:
    """Return a weight of items that were not rated: ``4 density^0.65``, at most 1.

    The density is the share of all pairs of users and items that are ratings. docs/tuning.md says
    on what data the rule was chosen.

    Parameters
    ----------
    interactions : Interactions
    """
    pairs = max(interactions.n_users * interactions.n_items, 1)
    return float(min(4 * (len(interactions) / pairs) ** 0.65, 1.0))


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
