"""The most rated films, for everybody."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from movierec.algorithms._base import Indices, Scorer, Scores


class Popular(Scorer):
    """Score a film by how many people rated it: the baseline that any other must beat."""

    SIMILARITY: ClassVar = "popularity, whatever the film"

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Count; see :meth:`Scorer.fit`."""
        self.counts_ = np.bincount(user_items.tocsr().indices, minlength=user_items.shape[1])
        return self

    def score(self, user_items: Any) -> Scores:
        """Return the same for everybody; see :meth:`Scorer.score`."""
        return np.tile(self.counts_.astype(np.float32), (user_items.shape[0], 1))

    def similarities(self, items: Indices) -> Scores:
        """Return the popularity of all, 1 for the most rated; see :meth:`Scorer.similarities`."""
        shares = self.counts_ / max(self.counts_.max(initial=0), 1)
        return np.tile(shares.astype(np.float32), (len(items), 1))

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return 0: what somebody rated does not matter; see :meth:`Scorer.contributions`."""
        return np.zeros((len(items), len(rated)), dtype=np.float32)
