"""Items that resemble, by their content, the items that a user rated."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from movierec._schema import Column, Schema, csr_columns
from movierec.algorithms._calls import check_needs
from movierec.algorithms.base import Algorithm, Indices, Run, Scores, TrainingData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class Content(Algorithm):
    """Score a movie by the similarity of its content to that of the movies a user rated.

    The profile of a user is the sum of the contents of the rated items, each times its rating;
    scores are the products of the profile and the contents of the items. Pazzani and Billsus,
    "Content-based recommendation systems", in The Adaptive Web (2007), section 10.2 (Rocchio).
    """

    SCHEMA: ClassVar[Schema] = {
        "content_.shape": Column("i8", (2,), values=("items", "features")),
        **csr_columns("content_.", "items", "features"),
    }
    SIMILARITY: ClassVar = "cosine of contents"
    NEEDS: ClassVar = frozenset({"content"})

    content_: csr_matrix

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Keep the contents; see :meth:`Algorithm.fit`."""
        check_needs(self, data)
        assert data.content is not None  # by the line above
        self.content_ = data.content
        return self

    def score(self, users: Interactions) -> Scores:
        """Multiply profiles and contents; see :meth:`Algorithm.score`."""
        profiles = users.user_items @ self.content_
        return np.asarray((profiles @ self.content_.T).toarray(), dtype=np.float32)

    def similarities(self, items: Indices) -> Scores:
        """Multiply contents, whose length is 1; see :meth:`Algorithm.similarities`."""
        return np.asarray((self.content_[items] @ self.content_.T).toarray(), dtype=np.float32)
