"""The default algorithm, learned from sums that are differentially private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms.base import Range, Run, TrainingData
from movierec.algorithms.default import Default
from movierec.privacy.release import PrivateSums, release
from movierec.privacy.terms import DELTA, SCALE, Terms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.content import Content
    from movierec.neighbors.denoised import Directions
    from movierec.neighbors.factors import Factors

# Chosen by the recall of series: noisy factors count as those of few ratings, whatever the count.
_HIDDEN, _MOST = 5, 15


class Private(Default):
    """Neighbors and a linear model, from nothing but noisy sums and content.

    Parameters
    ----------
    epsilon, delta : float
        See :class:`movierec.privacy.terms.Terms`.
    lowest, highest : float
        The ends of the scale, which is declared, not learned.
    n_neighbors, content_weight, prior
        As in :class:`movierec.algorithms.default.Default`.
    """

    GRID: ClassVar = {}

    def __init__(
        self,
        *,
        epsilon: Annotated[float, Range(0.01, 20)] = 1.0,
        delta: Annotated[float, Range(1e-12, 0.001)] = DELTA,
        lowest: float = SCALE[0],
        highest: float = SCALE[1],
        n_neighbors: Annotated[int, Range(1)] = 100,
        content_weight: Annotated[float, Range(0, 1)] = 0.5,
        prior: Annotated[float, Range(0)] = 15.0,
    ) -> None:
        super().__init__(n_neighbors=n_neighbors, content_weight=content_weight, prior=prior)
        self.epsilon = epsilon
        self.delta = delta
        self.lowest = lowest
        self.highest = highest

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Release sums, and learn from them; see :meth:`Algorithm.fit`."""
        terms = Terms(self.epsilon, self.delta, (self.lowest, self.highest))
        self.learn(release(data.interactions.user_items, terms), data.parts_of_content)
        return self

    def learn(self, sums: PrivateSums, content: Content | None) -> tuple[csr_matrix, int]:
        """Learn from sums that were released, and return the vectors of the items.

        Parameters
        ----------
        sums : PrivateSums
        content : Content, optional

        Returns
        -------
        vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        n_factors : int
        """
        from scipy.sparse import csr_matrix

        from movierec.neighbors.corrected import combined_vectors
        from movierec.neighbors.denoised import denoised
        from movierec.neighbors.top_k import top_k

        found = denoised(sums.products, sums.noise)
        factors = self._factors(sums, found, content)
        vectors = combined_vectors(factors, content, self.content_weight, None)
        nobody = csr_matrix(np.zeros((len(sums.n_ratings), 1), np.float32))
        self.set_neighbors(top_k(vectors, self.n_neighbors, ratings=nobody), sums.n_ratings)
        self._set_weights(sums.items, found)
        return vectors, factors.combined.shape[1]

    def _factors(self, sums: PrivateSums, found: Directions, content: Content | None) -> Factors:
        from movierec.neighbors.factors import completed_factors

        leading = np.zeros((len(sums.n_ratings), max(len(found.values), 1)), np.float32)
        n_ratings = np.full(len(leading), _HIDDEN)
        if len(found.values):
            leading[sums.items] = found.factors
            n_ratings[sums.items] = np.minimum(sums.n_ratings[sums.items], _MOST)
        content = content if self.content_weight > 0 else None
        return completed_factors(leading, n_ratings, content, self.prior)

    def _set_weights(self, items: npt.NDArray[np.int32], found: Directions) -> None:
        """Keep the linear model, if anything stands out of the noise."""
        items = items if len(found.values) else items[:0]
        weights = found.weights if len(items) else np.empty((0, 0))
        self.linear_items_ = items
        self._forget()
        self._blend(weights)
        self.weights_ = weights.astype(np.float16).view(np.int16)
