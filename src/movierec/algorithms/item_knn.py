"""Nearest neighbours of films: what is like the films that somebody rated."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._base import Feedback, Scorer, Scores, as_feedback
from movierec.algorithms._weighting import Weighting, weigh
from movierec.neighbors import NeighborTable, top_k


class ItemKnn(Scorer):
    """Score a film by its similarity to the films that a person rated.

    Films are compared by the cosine of their ratings, ``x_i x_j / (|x_i| |x_j| + shrinkage)``, and
    each keeps its nearest. Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering
    recommendation algorithms" (WWW 2001); with shrinkage and weights as in Ferrari Dacrema,
    Cremonesi and Jannach, "Are we really making much progress?" (RecSys 2019), section 3.2.

    Parameters
    ----------
    n_neighbors : int
        How many films count in the score of one.
    shrinkage : float
    weighting : {"none", "idf", "bm25"}
        What a person counts when films are compared: alike, or less the more films they rated.
    feedback : {"presence", "value"}
    """

    GRID: ClassVar = {
        "n_neighbors": (20, 50, 100, 200),
        "shrinkage": (0.0, 10.0, 100.0),
        "weighting": ("none", "idf", "bm25"),
    }

    def __init__(
        self,
        *,
        n_neighbors: int = 100,
        shrinkage: float = 0.0,
        weighting: Weighting = "idf",
        feedback: Feedback = "presence",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.shrinkage = shrinkage
        self.weighting = weighting
        self.feedback = feedback

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Find the nearest films of each; see :meth:`Scorer.fit`."""
        item_users = as_feedback(user_items, self.feedback).T.tocsr()
        weighted = weigh(item_users, self.weighting)
        table = top_k(weighted, self.n_neighbors, shrinkage=self.shrinkage)
        self.similarities_ = _as_matrix(table)
        return self

    def score(self, user_items: Any) -> Scores:
        """Add up similarities; see :meth:`Scorer.score`."""
        known = as_feedback(user_items, self.feedback)
        return np.asarray((known @ self.similarities_.T).toarray())


def _as_matrix(table: NeighborTable) -> Any:
    """Return a table of neighbours as a sparse matrix, a row of similarities for each film."""
    from scipy.sparse import csr_matrix

    there: npt.NDArray[np.bool_] = table.neighbors >= 0
    indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    n_items = len(table.neighbors)
    parts = (table.similarities[there], table.neighbors[there], indptr)
    return csr_matrix(parts, shape=(n_items, n_items))
