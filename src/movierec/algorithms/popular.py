"""The most rated films, for everybody."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from movierec.algorithms._base import Scorer, Scores


class Popular(Scorer):
    """Score a film by how many people rated it: the baseline that any other must beat."""

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Count; see :meth:`Scorer.fit`."""
        self.counts_ = np.bincount(user_items.indices, minlength=user_items.shape[1])
        return self

    def score(self, user_items: Any) -> Scores:
        """Return the same for everybody; see :meth:`Scorer.score`."""
        return np.tile(self.counts_.astype(np.float32), (user_items.shape[0], 1))
