"""Nearest neighbours of films: what is like the films that somebody rated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec.algorithms._base import Feedback, Indices, Scorer, Scores, as_feedback
from movierec.algorithms._estimator import place
from movierec.algorithms._weighting import Weighting, weigh
from movierec.neighbors import NeighborTable, top_k


class ItemKnn(Scorer):
    """Score a film by its similarity to the films that a person rated.

    Films are compared by the cosine of their ratings, ``x_i x_j / (|x_i| |x_j| + shrinkage)``, and
    each keeps its nearest. Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering
    recommendation algorithms" (WWW 2001); with shrinkage and weights as in Ferrari Dacrema,
    Cremonesi and Jannach, "Are we really making much progress?" (RecSys 2019), section 3.2.

    In the score of film i, its neighbour j counts ``(n_i / n_j) ** (1/2 - alpha)`` times their
    similarity times the rating of j, n being numbers of ratings: with presence this is the
    asymmetric cosine of Aiolli, "Efficient top-N recommendation for very large scale binary rated
    datasets" (RecSys 2013), section 3.

    Parameters
    ----------
    n_neighbors : int
        How many films count in the score of one.
    shrinkage : float
    weighting : {"none", "idf", "bm25"}
        What a person counts when films are compared: alike, or less the more films they rated.
    feedback : {"presence", "value"}
        Whether films are compared by who rated them, or also by how.
    alpha : float
        From 0 to 1. At 1/2 the cosine is symmetric; below, much rated films are preferred.
    content_weight : float
        What the content of films counts when they are compared; see
        :func:`movierec.algorithms._estimator.place`.
    prior : float
        How many ratings of a film count as much as its content.
    """

    SIMILARITY: ClassVar = "cosine of weighted ratings"
    GRID: ClassVar = {
        "weighting": ("none", "idf", "bm25"),
        "shrinkage": (0.0, 20.0, 100.0),
        "n_neighbors": (20, 50, 100, 200),
        "alpha": (0.2, 0.3, 0.5),
        "feedback": ("presence", "value"),
    }

    def __init__(
        self,
        *,
        n_neighbors: int = 50,
        shrinkage: float = 100.0,
        weighting: Weighting = "bm25",
        feedback: Feedback = "presence",
        alpha: float = 0.3,
        content_weight: float = 0.0,
        prior: float = 5.0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.shrinkage = shrinkage
        self.weighting = weighting
        self.feedback = feedback
        self.alpha = alpha
        self.content_weight = content_weight
        self.prior = prior

    @property
    def is_plain(self) -> bool:
        """Whether films are compared by the cosine of their ratings as they are, and content."""
        return (self.weighting, self.shrinkage, self.feedback) == ("none", 0, "value")

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Find the nearest films of each; see :meth:`Scorer.fit`."""
        item_users = as_feedback(user_items.T.tocsr(), self.feedback)
        weighted = weigh(item_users, self.weighting)
        vectors = place(weighted, content, self.content_weight, self.prior)
        return self.fit_vectors(vectors, np.diff(item_users.indptr))

    def fit_vectors(
        self,
        vectors: Any,
        n_ratings: npt.NDArray[Any],
        *,
        n_users: int | None = None,
        min_support: int = 0,
        progress: Callable[[float], object] = lambda done: None,
    ) -> Self:
        """Find the nearest films of each by their vectors, as :func:`movierec.neighbors.top_k`.

        Parameters
        ----------
        vectors : scipy.sparse.csr_matrix of shape (n_items, n_columns), float32
        n_ratings : ndarray of shape (n_items,)
        n_users, min_support, progress
            As there.
        """
        vars(self).pop("_influences", None)  # of an earlier fit
        self.n_ratings_ = n_ratings
        self.table_ = top_k(
            vectors,
            self.n_neighbors,
            n_users=n_users,
            min_support=min_support,
            shrinkage=self.shrinkage,
            progress=progress,
        )
        return self

    def score(self, user_items: Any) -> Scores:
        """Add up similarities; see :meth:`Scorer.score`."""
        return np.asarray((user_items @ self._influences).toarray())

    def similarities(self, items: Indices) -> Scores:
        """Return those of the nearest, else 0; see :meth:`Scorer.similarities`."""
        similarities = np.zeros((len(items), len(self.n_ratings_)), dtype=np.float32)
        for row, item in zip(similarities, items, strict=True):
            there = self.table_.neighbors[item] >= 0
            row[self.table_.neighbors[item][there]] = self.table_.similarities[item][there]
        return similarities

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return what each rated film counts in a score; see :meth:`Scorer.contributions`."""
        return np.asarray(self._influences[rated][:, items].toarray().T)

    def learned(self) -> dict[str, npt.NDArray[Any]]:
        """Return nothing: a model holds the table, and the numbers of ratings, anyway."""
        return {}

    def restore(self, arrays: Mapping[str, Any]) -> Self:
        """Take the table from a model's arrays; see :meth:`Scorer.restore`."""
        names = ("neighbors", "similarities", "support")
        self.table_ = NeighborTable(*(arrays[name] for name in names))
        self.n_ratings_ = arrays["n_ratings"]
        return self

    @cached_property
    def _influences(self) -> Any:
        """What a rated film, by row, counts in the score of each, by column."""
        from scipy.sparse import csr_matrix

        neighbors = self.table_.neighbors
        there = neighbors >= 0
        indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        fame = np.maximum(self.n_ratings_, 1).astype(np.float32) ** np.float32(0.5 - self.alpha)
        counts = self.table_.similarities * (fame[:, None] / fame[neighbors])
        shape = (len(neighbors), len(neighbors))
        return csr_matrix((counts[there], neighbors[there], indptr), shape=shape).T.tocsr()
