"""Directed transitions: what people rate next, after each of the movies that they rated."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema, csr_columns
from movierec.algorithms._closeness import DESTINATION, DISTANCE, WINDOW, strength
from movierec.algorithms._moments import moments_of
from movierec.algorithms.base import (
    Algorithm,
    Indices,
    Need,
    Range,
    Run,
    Scores,
    TrainingData,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions


class Transitions(Algorithm):
    """Score a movie by how soon people rated it after the movies that a user rated.

    Each person who rated movie j after movie i adds ``d ** -distance`` to the weight from i to j,
    where the distance d is that of their places in the history, up to a window; and a share of it
    to the weight from j to i, since some go the other way. The score of j sums over the history
    ``preference exp(-age / tau) w_ij / (n_i^source n_j^destination)``, where n are numbers of
    ratings and the age is the number of later ratings. Item-to-item transitions with decay are the
    sequential rules of Ludewig and Jannach, "Evaluation of session-based recommendation algorithms"
    (UMUAI 2018).

    What a person rated at one time has no order: all of it has the same age, the distance to other
    times is the mean over all orders, and within that time both directions count alike, with the
    mean distance. Only what was rated at a later time counts when people are counted.

    Parameters
    ----------
    window : int
        The largest distance.
    distance : float
        Exponent of the distance: the higher, the more what was rated right after counts.
    backward : float
        The share of a weight that is added in the other direction.
    source : float
        Exponent of the number of ratings of a rated movie: the higher, the less its fame counts.
    destination : float
        Exponent of the number of ratings of a recommended movie.
    tau : float
        The age at which a rating counts 1/e.
    n_kept : int
        Number of strongest weights kept of each movie; others are 0.
    """

    SCHEMA: ClassVar[Schema] = {
        "weights_.shape": Column("i8", (2,), values=("items", "items")),
        **csr_columns("weights_.", "items", "items"),
        "people_": Column("i4", ("entries of weights_.items",), least=0),
        "n_ratings_": Column("i4", ("items",), least=0),
    }
    NEEDS: ClassVar[frozenset[Need]] = frozenset({"timestamps"})
    SIMILARITY: ClassVar = "how soon people rate one after the other, in either order"
    GRID: ClassVar = {
        "window": (10, 20, 50),
        "distance": (0.5, 0.7, 1.0),
        "backward": (0.0, 0.3, 0.6),
        "source": (0.5, 0.7),
        "destination": (0.0, 0.1, 0.2),
        "tau": (2.0, 4.0, 8.0),
    }

    weights_: csr_matrix
    people_: npt.NDArray[np.int32]  # how many went from the row to the column, for each weight
    n_ratings_: npt.NDArray[np.int32]

    def __init__(
        self,
        *,
        window: Annotated[int, Range(1, 1000)] = WINDOW,
        distance: Annotated[float, Range(0, 10)] = DISTANCE,
        backward: Annotated[float, Range(0, 1)] = 0.3,
        source: Annotated[float, Range(0, 2)] = 0.7,
        destination: Annotated[float, Range(0, 2)] = DESTINATION,
        tau: Annotated[float, Range(0.01)] = 4.0,
        n_kept: Annotated[int, Range(1, 100_000)] = 300,
    ) -> None:
        self.window = window
        self.distance = distance
        self.backward = backward
        self.source = source
        self.destination = destination
        self.tau = tau
        self.n_kept = n_kept

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Follow people from each movie to the next; see :meth:`Algorithm.fit`."""
        from movierec.algorithms._transitions import Weights, strongest  # compiled loops

        for cached in ("_destinations", "_sources", "_columns"):
            vars(self).pop(cached, None)
        interactions = data.interactions
        counts = np.bincount(interactions.items, minlength=interactions.n_items)
        self.n_ratings_ = counts.astype(np.int32)
        self.weights_, self.people_ = strongest(
            moments_of(interactions),
            self._destinations,
            self.n_kept,
            Weights.of(self.window, self.distance, self.backward),
            run,
        )
        return self

    def score(self, users: Interactions) -> Scores:
        """Sum the weights from what users rated; see :meth:`Algorithm.score`."""
        from scipy.sparse import csr_matrix

        values = users.ratings * self.age_weights(users) * self._sources[users.items]
        shape = (users.n_users, users.n_items)
        history = csr_matrix((values.astype(np.float32), (users.users, users.items)), shape)
        scores = (history @ self.weights_).toarray() * self._destinations
        return np.asarray(scores, dtype=np.float32)

    def similarities(self, items: Indices) -> Scores:
        """Return the weights between two items, per rating of each; see the base class.

        Each person who rated both adds their closeness, at most 1, to ``w_ij + w_ji``, which is
        divided by the square root of the numbers of ratings, as in a cosine.
        """
        both = (self.weights_[items] + self._columns[items]).tocsr()
        lengths = np.sqrt(np.maximum(self.n_ratings_, 1).astype(np.float64))
        products = np.repeat(lengths[items], np.diff(both.indptr)) * lengths[both.indices]
        both.data = (both.data / (1 + self.backward) / products).astype(np.float32)
        found = both.toarray()
        found[np.arange(len(items)), items] = 1
        return np.asarray(np.minimum(found, 1, out=found))

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return weights at age 0; see :meth:`movierec.algorithms.base.Explains.contributions`."""
        weights = self.weights_[rated][:, items].toarray() * self._sources[rated][:, None]
        return np.asarray(weights * self._destinations[items], dtype=np.float32).T

    def age_weights(self, users: Interactions) -> Scores:
        """Return ``exp(-age / tau)``; see :meth:`movierec.algorithms.base.WeighsAge.age_weights`.

        Parameters
        ----------
        users : Interactions
        """
        moments = moments_of(users)
        found = np.empty(len(users), dtype=np.float32)
        found[moments.rows] = np.repeat(np.exp(-moments.ages / self.tau), moments.sizes)
        return found

    def count_transitions(self, sources: Indices, destinations: Indices) -> Indices:
        """Count people; see :meth:`movierec.algorithms.base.CountsTransitions.count_transitions`.

        Parameters
        ----------
        sources, destinations : ndarray of shape (n,), int64
        """
        found = np.zeros(len(sources), dtype=np.int64)
        for at, (source, destination) in enumerate(zip(sources, destinations, strict=True)):
            first, stop = self.weights_.indptr[source : source + 2]
            place = first + np.searchsorted(self.weights_.indices[first:stop], destination)
            if place < stop and self.weights_.indices[place] == destination:
                found[at] = self.people_[place]
        return found

    @cached_property
    def _sources(self) -> npt.NDArray[np.float64]:
        return np.asarray(strength(1.0, np.maximum(self.n_ratings_, 1), self.source))

    @cached_property
    def _destinations(self) -> npt.NDArray[np.float64]:
        return np.asarray(strength(1.0, np.maximum(self.n_ratings_, 1), self.destination))

    @cached_property
    def _columns(self) -> csr_matrix:
        return self.weights_.T.tocsr()
