"""Predict ratings from those of near items: the stars that models show."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Schema
from movierec.algorithms._stars import BASELINE_SCHEMA, SHRINKAGE, Baseline, predict
from movierec.algorithms.base import Algorithm, Indices, Range, Run, Scores, TrainingData
from movierec.neighbors.corrected import corrected_vectors
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import top_k

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class RatingKnn(Algorithm):
    """Predict what is usual, plus how the user deviates from it on the nearest movies.

    Movies are compared by ratings and content, as `movierec similar` does; the weight of a near
    movie is its squared similarity. Koren, "Factor in the neighbors: scalable and accurate
    collaborative filtering" (TKDD 2010), equation 3.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbors kept for each movie.
    content_weight : float
        Weight of content when movies are compared; see
        :func:`movierec.neighbors.corrected.corrected_vectors`.
    prior : float
        Number of ratings of a movie at which they have half of their weight.
    """

    SCHEMA: ClassVar[Schema] = BASELINE_SCHEMA
    SIMILARITY: ClassVar = "cosine of factors and content"
    GRID: ClassVar = {"n_neighbors": (20, 50, 100, 200), "content_weight": (0.0, 0.3, 0.5, 0.7)}

    means_: Scores
    item_deviations_: Scores
    table_: NeighborTable

    def __init__(
        self,
        *,
        n_neighbors: Annotated[int, Range(1)] = 100,
        content_weight: Annotated[float, Range(0, 1)] = 0.5,
        prior: Annotated[float, Range(0)] = 15.0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.content_weight = content_weight
        self.prior = prior

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Find near items, and what is usual; see :meth:`Algorithm.fit`."""
        item_users = data.interactions.item_users
        baseline = Baseline.fit(data.interactions)
        self.means_ = np.array([baseline.mean], dtype=np.float32)
        self.item_deviations_ = baseline.items
        vectors, _ = corrected_vectors(
            item_users, data.parts_of_content, self.content_weight, self.prior
        )
        table = top_k(
            vectors,
            self.n_neighbors,
            ratings=item_users,
            progress=lambda done: run.progress("comparing the movies", done),
            n_threads=run.n_threads,
        )
        self.set_neighbors(table, np.diff(item_users.indptr))
        return self

    def neighbor_spec(self) -> None:
        """Return None: deviations are learned in ``fit``; see :class:`HasNeighbors`."""

    def set_neighbors(self, table: NeighborTable, n_ratings: npt.NDArray[Any]) -> None:
        """Take a table; see :class:`movierec.algorithms.base.HasNeighbors`.

        Parameters
        ----------
        table : NeighborTable
        n_ratings : ndarray of shape (n_items,), integer
        """
        vars(self).pop("_influences", None)  # cached after an earlier fit
        self.table_ = table.in_memory()

    def get_neighbors(self) -> NeighborTable:
        """Return the table."""
        return self.table_

    def score(self, users: Interactions) -> Scores:
        """Add deviations of items to means of preferences; see :meth:`Algorithm.score`."""
        preferences = users.user_items
        present = preferences.copy()
        present.data = np.ones_like(present.data)
        sums = (preferences @ self._influences).toarray()
        weights = (present @ self._influences).toarray()
        return np.asarray(self.item_deviations_ + sums / (weights + SHRINKAGE), dtype=np.float32)

    def predict(self, users: Interactions, items: Indices) -> Scores:
        """Predict ratings; see :meth:`movierec.algorithms.base.PredictsRatings`.

        Parameters
        ----------
        users, items
            As there.
        """
        baseline = Baseline(float(self.means_[0]), self.item_deviations_)
        found = np.empty((users.n_users, len(items)), dtype=np.float32)
        for user in range(users.n_users):
            own = users.users == user
            rated, ratings = users.items[own], users.ratings[own]
            found[user] = predict(baseline, self.table_, items, rated, ratings).stars
        return found

    def similarities(self, items: Indices) -> Scores:
        """Return those of the neighbors, and 0 for others; see :meth:`Algorithm.similarities`."""
        found = np.zeros((len(items), len(self.item_deviations_)), dtype=np.float32)
        for row, item in zip(found, items, strict=True):
            is_present = self.table_.neighbors[item] >= 0
            row[self.table_.neighbors[item][is_present]] = self.table_.similarities[item][
                is_present
            ]
        return found

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return the deviations; a model stores the table itself."""
        return {"means_": self.means_, "item_deviations_": self.item_deviations_}

    @cached_property
    def _influences(self) -> csr_matrix:
        """The weight of each rated item, by row, for the score of another, by column."""
        from scipy.sparse import csr_matrix

        present = self.table_.neighbors >= 0
        indptr = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
        weights = np.square(self.table_.similarities[present])
        shape = (len(present), len(present))
        return csr_matrix((weights, self.table_.neighbors[present], indptr), shape=shape).T.tocsr()
