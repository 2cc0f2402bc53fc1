"""Nearest neighbours of people: what people rated who rated the same."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np

from movierec.algorithms._base import Feedback, Indices, Scorer, Scores, as_feedback
from movierec.algorithms._weighting import idf
from movierec.neighbors.blockwise import inverse_norms, order_of


class UserKnn(Scorer):
    """Score a film by how similar the people are who rated it.

    People are compared by the cosine of what they rated, and the nearest have a say, each as much
    as they are similar. Herlocker, Konstan, Borchers and Riedl, "An algorithmic framework for
    performing collaborative filtering" (SIGIR 1999), without means: what is ranked is presence.

    Parameters
    ----------
    n_neighbors : int
        How many people have a say.
    weighting : {"none", "idf"}
        What a film counts when people are compared: alike, or less the more people rated it.
    feedback : {"presence", "value"}
    """

    SIMILARITY: ClassVar = "cosine of ratings"
    GRID: ClassVar = {"n_neighbors": (50, 100, 200, 400), "weighting": ("none", "idf")}

    def __init__(
        self,
        *,
        n_neighbors: int = 100,
        weighting: Literal["none", "idf"] = "none",
        feedback: Feedback = "presence",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weighting = weighting
        self.feedback = feedback

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Keep what people rated; see :meth:`Scorer.fit`."""
        vars(self).pop("_unit_films", None)  # of an earlier fit
        self.user_items_ = as_feedback(user_items, self.feedback).tocsr()
        n_items = user_items.shape[1]
        self.item_weights_ = np.ones(n_items) if self.weighting == "none" else idf(self.user_items_)
        return self

    def score(self, user_items: Any) -> Scores:
        """Add up the similarities of people; see :meth:`Scorer.score`."""
        others = self.user_items_.multiply(self.item_weights_).tocsr()
        known = user_items.multiply(self.item_weights_).tocsr()
        similarities = (known @ others.T).toarray() * inverse_norms(others)
        for row in similarities:
            kept = order_of(row, self.n_neighbors)
            row[np.setdiff1d(np.arange(len(row)), kept)] = 0.0
        return np.asarray(similarities @ self.user_items_, dtype=np.float32)

    def similarities(self, items: Indices) -> Scores:
        """Compare the ratings of films; see :meth:`Scorer.similarities`."""
        unit = self._unit_films
        return np.asarray((unit[items] @ unit.T).toarray(), dtype=np.float32)

    @cached_property
    def _unit_films(self) -> Any:
        from scipy.sparse import diags

        films = self.user_items_.T.tocsr()
        return (diags(inverse_norms(films)) @ films).tocsr()
