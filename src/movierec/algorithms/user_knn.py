"""Nearest neighbors of users: what users with similar ratings rated."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema, csr_columns
from movierec.algorithms._linear import as_feedback
from movierec.algorithms._weighting import idf
from movierec.algorithms.base import (
    Algorithm,
    Feedback,
    Indices,
    Range,
    Run,
    Scores,
    TrainingData,
)
from movierec.neighbors.sparse import inverse_norms, top_k_indices

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class UserKnn(Algorithm):
    """Score a movie by the similarity of the users who rated it.

    Users are compared by the cosine of their ratings, and the similarities of the nearest are
    summed. Herlocker, Konstan, Borchers and Riedl, "An algorithmic framework for performing
    collaborative filtering" (SIGIR 1999), without means, because presence is ranked.

    Parameters
    ----------
    n_neighbors : int
        Number of nearest users summed.
    weighting : {"none", "idf"}
        Weight of an item when users are compared: the same for all, or lower for items that more
        users rated.
    feedback : {"presence", "value"}
        Whether a rating counts 1, or its value.
    """

    SCHEMA: ClassVar[Schema] = {
        "user_items_.shape": Column("i8", (2,), values=("people", "items")),
        **csr_columns("user_items_.", "people", "items"),
        "item_weights_": Column("f8", ("items",)),
    }
    SIMILARITY: ClassVar = "cosine of ratings"
    HOLDS_RATINGS: ClassVar = True
    GRID: ClassVar = {"n_neighbors": (50, 100, 200, 400), "weighting": ("none", "idf")}

    user_items_: csr_matrix
    item_weights_: npt.NDArray[np.float64]

    def __init__(
        self,
        *,
        n_neighbors: Annotated[int, Range(1)] = 100,
        weighting: Literal["none", "idf"] = "none",
        feedback: Feedback = "presence",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weighting = weighting
        self.feedback = feedback

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Keep the ratings; see :meth:`Algorithm.fit`."""
        vars(self).pop("_unit_items", None)  # cached after an earlier fit
        self.user_items_ = as_feedback(data.interactions.user_items, self.feedback)
        ones = np.ones(data.interactions.n_items)
        self.item_weights_ = ones if self.weighting == "none" else idf(self.user_items_)
        return self

    def score(self, users: Interactions) -> Scores:
        """Sum the similarities of users; see :meth:`Algorithm.score`."""
        from scipy.sparse import csr_matrix

        others = csr_matrix(self.user_items_.multiply(self.item_weights_))
        preferred = csr_matrix(users.user_items.multiply(self.item_weights_))
        similarities = (preferred @ others.T).toarray() * inverse_norms(others)
        # The nearest are chosen by what they rated, so that a dislike brings nobody else in.
        rated = csr_matrix(as_feedback(users.user_items, "presence").multiply(self.item_weights_))
        overlaps = (rated @ others.T).toarray() * inverse_norms(others)
        for row, overlap in zip(similarities, overlaps, strict=True):
            nearest = top_k_indices(overlap, self.n_neighbors)
            row[np.setdiff1d(np.arange(len(row)), nearest)] = 0.0
        return np.asarray(similarities @ self.user_items_, dtype=np.float32)

    def similarities(self, items: Indices) -> Scores:
        """Compare the ratings of items; see :meth:`Algorithm.similarities`."""
        unit = self._unit_items
        return np.asarray((unit[items] @ unit.T).toarray(), dtype=np.float32)

    @cached_property
    def _unit_items(self) -> csr_matrix:
        from scipy.sparse import csr_matrix, diags

        items = self.user_items_.T.tocsr()
        return csr_matrix(diags(inverse_norms(items)) @ items)
