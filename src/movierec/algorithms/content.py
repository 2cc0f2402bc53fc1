"""What resembles, by its content, the films that somebody rated."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from movierec.algorithms._base import Indices, Scorer, Scores
from movierec.errors import DataError


class Content(Scorer):
    """Score a film by the similarity of its content to that of the films a person rated.

    A person's profile is the sum of the contents of what they rated, each times its rating; scores
    are its products with the contents of the films. Pazzani and Billsus, "Content-based
    recommendation systems", in The Adaptive Web (2007), section 10.2 (Rocchio).
    """

    SIMILARITY: ClassVar = "cosine of contents"

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Keep the contents; see :meth:`Scorer.fit`."""
        if content is None:
            raise DataError("content needs films with genres, years or titles", "name a movie file")
        self.content_ = content
        return self

    def score(self, user_items: Any) -> Scores:
        """Multiply profiles and contents; see :meth:`Scorer.score`."""
        profiles = user_items @ self.content_
        return np.asarray((profiles @ self.content_.T).toarray(), dtype=np.float32)

    def similarities(self, items: Indices) -> Scores:
        """Multiply contents, whose length is 1; see :meth:`Scorer.similarities`."""
        return np.asarray((self.content_[items] @ self.content_.T).toarray(), dtype=np.float32)
