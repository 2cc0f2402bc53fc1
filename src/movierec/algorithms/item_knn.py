"""Nearest neighbors of items: what is similar to the items that a user rated."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._linear import as_feedback
from movierec.algorithms._weighting import Weighting, weigh
from movierec.algorithms.base import (
    Algorithm,
    Feedback,
    Indices,
    Range,
    Run,
    Scores,
    TrainingData,
)
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import NeighborSpec, top_k
from movierec.neighbors.vectors import item_vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class ItemKnn(Algorithm):
    """Score a movie by its similarity to the movies that a user rated.

    Items are compared by the cosine of their ratings, ``x_i x_j / (|x_i| |x_j| + shrinkage)``, and
    each keeps its nearest. Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering
    recommendation algorithms" (WWW 2001); with shrinkage and weights as in Ferrari Dacrema,
    Cremonesi and Jannach, "Are we really making much progress?" (RecSys 2019), section 3.2.

    A rated neighbor j adds ``(n_i / n_j) ** (1/2 - alpha)`` times the similarity times the rating
    of j to the score of item i, where n are numbers of ratings: with presence this is the
    asymmetric cosine of Aiolli, "Efficient top-N recommendation for very large scale binary rated
    datasets" (RecSys 2013), section 3.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbors kept for each item; only they add to its score.
    min_support : int
        Pairs of items that fewer users rated are left out.
    shrinkage : float
        Added to the product of the two lengths.
    weighting : {"none", "idf", "bm25"}
        Weight of a user when items are compared: the same for all, or lower for users who rated
        more items.
    feedback : {"presence", "value"}
        Whether items are compared by who rated them, or by their ratings.
    alpha : float
        From 0 to 1. At 1/2 the cosine is symmetric; below, items with many ratings are preferred.
    content_weight : float
        Weight of content when items are compared; see
        :func:`movierec.neighbors.vectors.item_vectors`.
    prior : float
        Number of ratings of an item that count as much as its content.
    """

    SIMILARITY: ClassVar = "cosine of weighted ratings"
    GRID: ClassVar = {
        "weighting": ("none", "idf", "bm25"),
        "shrinkage": (0.0, 20.0, 100.0),
        "n_neighbors": (20, 50, 100, 200),
        "alpha": (0.2, 0.3, 0.5),
        "feedback": ("presence", "value"),
    }

    table_: NeighborTable
    n_ratings_: npt.NDArray[Any]

    def __init__(
        self,
        *,
        n_neighbors: Annotated[int, Range(1)] = 50,
        min_support: Annotated[int, Range(0)] = 0,
        shrinkage: Annotated[float, Range(0)] = 20.0,
        weighting: Weighting = "idf",
        feedback: Feedback = "presence",
        alpha: Annotated[float, Range(0, 1)] = 0.3,
        content_weight: Annotated[float, Range(0, 1)] = 0.0,
        prior: Annotated[float, Range(0)] = 5.0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.min_support = min_support
        self.shrinkage = shrinkage
        self.weighting = weighting
        self.feedback = feedback
        self.alpha = alpha
        self.content_weight = content_weight
        self.prior = prior

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Find the nearest neighbors of each item; see :meth:`Algorithm.fit`."""
        item_users = as_feedback(data.interactions.item_users, self.feedback)
        weighted = weigh(item_users, self.weighting)
        table = top_k(
            item_vectors(weighted, data.content, self.content_weight, self.prior),
            self.n_neighbors,
            n_users=data.interactions.n_users,
            min_support=self.min_support,
            shrinkage=self.shrinkage,
            progress=lambda done: run.progress("comparing the movies", done),
            n_threads=run.n_threads,
        )
        self.set_neighbors(table, np.diff(item_users.indptr))
        return self

    def neighbor_spec(self) -> NeighborSpec | None:
        """Describe the table, if it compares ratings as they are; see :class:`HasNeighbors`."""
        if (self.weighting, self.shrinkage, self.feedback) != ("none", 0, "value"):
            return None
        return NeighborSpec(
            n_neighbors=self.n_neighbors,
            min_support=self.min_support,
            shrinkage=self.shrinkage,
        )

    def is_updatable(self) -> bool:
        """Tell whether items are compared by their ratings alone; see :class:`Updatable`."""
        return self.neighbor_spec() is not None and self.content_weight == 0

    def set_neighbors(self, table: NeighborTable, n_ratings: npt.NDArray[Any]) -> None:
        """Take a table instead of fitting.

        Parameters
        ----------
        table : NeighborTable
        n_ratings : ndarray of shape (n_items,), integer
            Number of ratings of each item.
        """
        vars(self).pop("_influences", None)  # cached after an earlier fit
        self.table_, self.n_ratings_ = table.in_memory(), n_ratings

    def get_neighbors(self) -> NeighborTable:
        """Return the table."""
        return self.table_

    def score(self, users: Interactions) -> Scores:
        """Sum similarities times ratings; see :meth:`Algorithm.score`."""
        return np.asarray((users.user_items @ self._influences).toarray())

    def similarities(self, items: Indices) -> Scores:
        """Return those of the neighbors, and 0 for others; see :meth:`Algorithm.similarities`."""
        similarities = np.zeros((len(items), len(self.n_ratings_)), dtype=np.float32)
        for row, item in zip(similarities, items, strict=True):
            present = self.table_.neighbors[item] >= 0
            row[self.table_.neighbors[item][present]] = self.table_.similarities[item][present]
        return similarities

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return influences; see :meth:`movierec.algorithms.base.Explains.contributions`."""
        return np.asarray(self._influences[rated][:, items].toarray().T)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return nothing: a model stores the table and the numbers of ratings as its own parts."""
        return {}

    @cached_property
    def _influences(self) -> csr_matrix:
        """What a rating of 1 of one item, by row, adds to the score of another, by column."""
        from scipy.sparse import csr_matrix

        neighbors = self.table_.neighbors
        present = neighbors >= 0
        indptr = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
        counts = np.maximum(self.n_ratings_, 1).astype(np.float32)
        fame = counts ** np.float32(0.5 - self.alpha)
        values = self.table_.similarities * (fame[:, None] / fame[neighbors])
        shape = (len(neighbors), len(neighbors))
        return csr_matrix((values[present], neighbors[present], indptr), shape=shape).T.tocsr()
