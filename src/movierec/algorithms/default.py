"""The algorithm of a fit that names none: a linear model of the most rated items, and neighbors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._linear import as_feedback
from movierec.algorithms.base import (
    Algorithm,
    Feedback,
    Indices,
    Range,
    Run,
    Scores,
    State,
    TrainingData,
)
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.weighting import CORRECTED, Weighting

# What only a fit needs is imported in it, so that a recommendation starts 5 ms earlier.

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions
    from movierec.neighbors.support import SupportMatrix
    from movierec.neighbors.top_k import NeighborSpec

_FEW = 8  # people for whom reading their rows is faster than multiplying matrices
_LEAST_RATINGS = 10  # of an item in the linear model
_BLEND = 0.01  # weight of similarities, next to those of the linear model


class Default(Algorithm):
    """EASE for the most rated movies, blended with the neighbors of all movies.

    The score of a movie for preferences x is ``x (B + 0.01 S')``. B are the weights of
    :class:`movierec.algorithms.ease.Ease` among the most rated movies, S are the similarities that
    `movierec similar` shows, so that a score sums over the nearest neighbors of the scored movie.
    Where the scored movie or the rated one is not among the most rated, the score sums ``0.01 S``
    instead, over the neighbors of the rated movies. Without content, S adds nothing to B. The
    linear model is that of Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019);
    docs/evaluation.md shows what the blend is worth.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbors kept for each movie.
    min_support : int
        Pairs of movies that fewer users rated are no neighbors.
    content_weight : float
        Weight of content when movies are compared; see
        :func:`movierec.neighbors.corrected.corrected_vectors`.
    prior : float
        Number of ratings of a movie at which they have half of their weight.
    weighting : {"corrected", "none"}
        Whether movies are compared by factors that are corrected for fame and era, or by the cosine
        of their ratings as they are.
    n_linear : int
        Number of most rated movies in the linear model, which takes two bytes for each pair.
    l2 : float, optional
        Strength of the regularization. Default: 13 times the square root of the number of users.
    feedback : {"presence", "value"}
        Whether movies are compared by who rated them, or by their ratings.
    """

    SCHEMA: ClassVar[Schema] = {
        "linear_items_": Column("i4", ("linear items",), below="items"),
        "weights_": Column("i2", ("linear items", "linear items")),
    }
    SIMILARITY: ClassVar = "cosine of factors and content"
    GRID: ClassVar = {"l2": (100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0, 5000.0)}

    linear_items_: npt.NDArray[np.int32]  # ascending
    weights_: Any  # B + 0.01 S': the bits of float16 numbers as int16, a row for each rated item
    table_: NeighborTable
    n_ratings_: npt.NDArray[Any]

    def __init__(
        self,
        *,
        n_neighbors: Annotated[int, Range(1)] = 100,
        min_support: Annotated[int, Range(0)] = 0,
        content_weight: Annotated[float, Range(0, 1)] = 0.5,
        prior: Annotated[float, Range(0)] = 15.0,
        weighting: Weighting = CORRECTED,
        n_linear: Annotated[int, Range(0, 30_000)] = 4000,
        l2: Annotated[float | None, Range(1e-6)] = None,
        feedback: Feedback = "value",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.min_support = min_support
        self.content_weight = content_weight
        self.prior = prior
        self.weighting = weighting
        self.n_linear = n_linear
        self.l2 = l2
        self.feedback = feedback

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Find neighbors, then fit the linear model; see :meth:`Algorithm.fit`."""
        from movierec.neighbors.top_k import top_k
        from movierec.neighbors.vectors import compared_vectors

        item_users = as_feedback(data.interactions.item_users, self.feedback)
        n_ratings = np.diff(item_users.indptr)
        support = self.empty_support(n_ratings, len(np.unique(data.interactions.users)))
        is_corrected = self.weighting == CORRECTED
        vectors, n_leading = compared_vectors(
            item_users, data.parts_of_content, self.content_weight, self.prior, self.weighting
        )
        table = top_k(
            vectors,
            self.n_neighbors,
            n_users=n_leading,
            ratings=item_users if is_corrected else None,
            min_support=self.min_support,
            support=support,
            progress=lambda done: run.progress("comparing the movies", done),
            n_threads=run.n_threads,
        )
        self.set_neighbors(table, n_ratings)
        has_content = data.content is not None and self.content_weight > 0
        self.set_support(support, has_content=has_content)
        return self

    def neighbor_spec(self) -> NeighborSpec | None:
        """Describe the table, if it compares ratings as they are; see :class:`HasNeighbors`."""
        from movierec.neighbors.top_k import NeighborSpec

        if self.feedback == "presence":
            return None
        return NeighborSpec(n_neighbors=self.n_neighbors, min_support=self.min_support)

    def set_neighbors(self, table: NeighborTable, n_ratings: npt.NDArray[Any]) -> None:
        """Take a table; see :class:`movierec.algorithms.base.HasNeighbors`.

        Parameters
        ----------
        table : NeighborTable
        n_ratings : ndarray of shape (n_items,), integer
        """
        self._forget()
        self.table_, self.n_ratings_ = table, n_ratings

    def get_neighbors(self) -> NeighborTable:
        """Return the table."""
        return self.table_

    def empty_support(self, n_ratings: npt.NDArray[Any], n_users: int) -> SupportMatrix:
        """Return the matrix to count; see :class:`movierec.algorithms.base.NeedsSupport`.

        Parameters
        ----------
        n_ratings : ndarray of shape (n_items,), integer
        n_users : int
        """
        from movierec.neighbors.support import SupportMatrix

        return SupportMatrix(n_ratings, self.n_linear, _LEAST_RATINGS, n_users)

    def set_support(self, support: SupportMatrix, *, has_content: bool) -> None:
        """Fit the linear model in place of the counts, and blend it with the table.

        Parameters
        ----------
        support : SupportMatrix
        has_content : bool
            Whether similarities are of content, too.
        """
        from movierec.algorithms._ridge import default_l2, weights_of

        self._forget()
        self.linear_items_ = support.items
        l2 = default_l2(support.n_users) if self.l2 is None else self.l2
        weights = weights_of(support.counts, l2) if len(support.items) else support.counts
        if has_content:
            self._blend(weights)
        self.weights_ = weights.astype(np.float16).view(np.int16)

    def _blend(self, weights: npt.NDArray[np.floating]) -> None:
        """Add similarities to the weights of the linear model, in place."""
        places = self._places
        for place, item in enumerate(self.linear_items_):
            neighbors, similarities = _row(self.table_, item)
            rated = places[neighbors]
            weights[rated[rated >= 0], place] += _BLEND * similarities[rated >= 0]

    def score(self, users: Interactions) -> Scores:
        """Sum blended weights times preferences; see :meth:`Algorithm.score`."""
        if users.n_users > _FEW:
            return self._score_many(users)
        scores = np.zeros((users.n_users, users.n_items), dtype=np.float32)
        by_item = np.argsort(users.items, kind="stable")  # sums the same in whatever order
        columns = (users.users[by_item], users.items[by_item], users.ratings[by_item])
        for user, item, preference in zip(*columns, strict=True):
            items, weights = self._influence(item)
            scores[user, items] += preference * weights
            if (place := self._places[item]) >= 0:
                scores[user, self.linear_items_] += preference * _floats(self.weights_[place])
        return scores

    def _score_many(self, users: Interactions) -> Scores:
        preferences = users.user_items
        scores = np.asarray((preferences @ self._influences).toarray())
        scores[:, self.linear_items_] += preferences[:, self.linear_items_] @ self._dense
        return scores

    def similarities(self, items: Indices) -> Scores:
        """Return those of the neighbors, and 0 for others; see :meth:`Algorithm.similarities`."""
        found = np.zeros((len(items), len(self.n_ratings_)), dtype=np.float32)
        for row, item in zip(found, items, strict=True):
            neighbors, similarities = _row(self.table_, item)
            row[neighbors] = similarities
        return found

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return blended weights; see :meth:`movierec.algorithms.base.Explains.contributions`."""
        found = np.zeros((len(self.n_ratings_), len(rated)), dtype=np.float32)
        for column, item in enumerate(rated):
            neighbors, weights = self._influence(item)
            found[neighbors, column] = weights
            if (place := self._places[item]) >= 0:
                found[self.linear_items_, column] += _floats(self.weights_[place])
        return found[items]

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return the linear model; a model stores the table and the numbers of ratings itself."""
        return {
            "linear_items_": np.asarray(self.linear_items_),
            "weights_": np.asarray(self.weights_),
        }

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, Any]) -> Self:
        """Restore the algorithm; the rows of weights are read from a file when they are needed.

        Parameters
        ----------
        state, parameters
            As in :meth:`Algorithm.from_state`.
        """
        algorithm = cls(**parameters)
        algorithm.linear_items_ = np.asarray(state["linear_items_"])
        algorithm.weights_ = state["weights_"]
        if len(algorithm.weights_) != len(algorithm.linear_items_):
            raise ValueError("the weights do not fit the items")
        return algorithm

    def _influence(self, item: int) -> tuple[npt.NDArray[np.int32], Scores]:
        """Return what a rated item adds to others where the linear model does not have both."""
        neighbors, similarities = _row(self.table_, item)
        if self._places[item] >= 0:
            outside = self._places[neighbors] < 0
            neighbors, similarities = neighbors[outside], similarities[outside]
        return neighbors, np.float32(_BLEND) * similarities

    @cached_property
    def _places(self) -> npt.NDArray[np.int32]:
        """The row of each item in the linear model, or -1."""
        places = np.full(len(self.n_ratings_), -1, dtype=np.int32)
        places[self.linear_items_] = np.arange(len(self.linear_items_), dtype=np.int32)
        return places

    @cached_property
    def _dense(self) -> Scores:
        return _floats(np.asarray(self.weights_))

    @cached_property
    def _influences(self) -> csr_matrix:
        """All influences, by rated item and scored item."""
        from scipy.sparse import csr_matrix

        rows = [self._influence(item) for item in range(len(self.n_ratings_))]
        indptr = np.cumsum([0, *(len(items) for items, _ in rows)])
        items, weights = (np.concatenate(part) for part in zip(*rows, strict=True))
        return csr_matrix((weights, items, indptr), shape=(len(rows), len(rows)))

    def _forget(self) -> None:
        """Drop what was cached after an earlier fit."""
        for name in ("_places", "_dense", "_influences"):
            vars(self).pop(name, None)


def _row(table: NeighborTable, item: int) -> tuple[npt.NDArray[np.int32], Scores]:
    """Return the neighbors of an item and their similarities, from memory or from a file."""
    neighbors = np.asarray(table.neighbors[item])
    is_present = neighbors >= 0
    return neighbors[is_present], np.asarray(table.similarities[item])[is_present]


def _floats(bits: Any) -> Scores:
    return np.asarray(bits).view(np.float16).astype(np.float32)
