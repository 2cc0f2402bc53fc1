"""An order-aware ridge regression: what is rated next, given what was rated when."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._moments import moments_of
from movierec.algorithms._sequence_ridge import (
    features,
    next_weights,
    refuse_too_many,
)
from movierec.algorithms.base import (
    Algorithm,
    Indices,
    Need,
    Range,
    Run,
    Scores,
    State,
    TrainingData,
)
from movierec.data.interactions import Interactions
from movierec.errors import UsageError

_FEW = 500  # features whose rows are read from a file one by one


class SequenceRidge(Algorithm):
    """Linear model of the next movies, given what was rated before and how long ago.

    The features of a person are ``r^a`` for each rated movie and for two rates r, where the age a
    is the number of movies rated later; the targets are the movies rated next. With the sums G of
    products of features and C of products of features and targets, the weights are
    ``W = (G + l2 I)^-1 C``: the ridge regression of Hoerl and Kennard, "Ridge regression: biased
    estimation for nonorthogonal problems" (Technometrics 1970). It does for order what Steck's EASE
    (WWW 2019) does for sets. Of movies that were rated at one time, sums are means over all orders,
    so that none is learned. The module ``_sequence_ridge`` has the derivation.

    It knows the most rated movies only; others are not recommended and say nothing.

    Parameters
    ----------
    n_items : int
        Number of most rated movies. The fit takes 24 bytes for each pair of them: 0.4 GB for 4,000.
    short : float
        The lower rate, which remembers the last few movies: what is left of a feature for each
        movie rated later.
    long : float
        The higher rate, which remembers dozens of movies.
    target_decay : float
        A target counts so much less for each movie that is rated before it.
    l2 : float
        Strength of the regularization.
    """

    SCHEMA: ClassVar[Schema] = {
        "items_": Column("i4", ("items of the model",), below="items"),
        "places_": Column("i4", ("items",), least=-1, below="items of the model"),
        "weights_": Column("i2", ("features", "items of the model")),
    }
    NEEDS: ClassVar[frozenset[Need]] = frozenset({"timestamps"})
    SIMILARITY: ClassVar = "weight in predicting that the other is rated next"
    GRID: ClassVar = {
        "l2": (100.0, 300.0, 1000.0),
        "long": (0.9, 0.93, 0.96),
        "target_decay": (0.0, 0.15, 0.3),
    }

    items_: npt.NDArray[np.int32]  # of the model, ascending
    places_: npt.NDArray[np.int32]  # of each item in the model, or -1
    weights_: Any  # the bits of float16 numbers as int16; a row for each feature, short ones first

    def __init__(
        self,
        *,
        n_items: Annotated[int, Range(1, 100_000)] = 4000,
        short: Annotated[float, Range(0, 0.999)] = 0.6,
        long: Annotated[float, Range(0, 0.999)] = 0.93,
        target_decay: Annotated[float, Range(0, 0.999)] = 0.15,
        l2: Annotated[float, Range(1e-6)] = 300.0,
    ) -> None:
        self.n_items = n_items
        self.short = short
        self.long = long
        self.target_decay = target_decay
        self.l2 = l2

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Solve for the weights; see :meth:`Algorithm.fit`."""
        vars(self).pop("_lengths", None)
        if self.short > self.long:
            raise UsageError(
                f"short is {self.short:g}, above long, which is {self.long:g}", "exchange them"
            )
        n_ratings = np.bincount(data.interactions.items, minlength=data.interactions.n_items)
        most = np.argsort(-n_ratings, kind="stable")[: self.n_items]
        self.items_ = np.sort(most[n_ratings[most] > 0]).astype(np.int32)
        refuse_too_many(len(self.items_), len(self._decays), "sequence_ridge")
        self.places_ = np.full(len(n_ratings), -1, dtype=np.int32)
        self.places_[self.items_] = np.arange(len(self.items_), dtype=np.int32)
        weights = next_weights(
            moments_of(self._known(data.interactions)),
            len(self.items_),
            self._decays,
            self.target_decay,
            self.l2,
            run,
        )
        self.weights_ = weights.astype(np.float16).view(np.int16)
        return self

    def score(self, users: Interactions) -> Scores:
        """Return features times weights; see :meth:`Algorithm.score`."""
        known = self._known(users)
        found = features(moments_of(known), known.ratings, len(self.items_), self._decays)
        used = np.unique(found.indices)
        scores = np.zeros((users.n_users, users.n_items), dtype=np.float32)
        scores[:, self.items_] = found[:, used] @ self._rows(used)
        return scores

    def similarities(self, items: Indices) -> Scores:
        """Return the weights of each item in the others' scores, just after it was rated.

        They are divided by the length of the vector of all weights in that score, and 0 where the
        weight is below 0 at any age; see :meth:`Algorithm.similarities`.
        """
        found = np.zeros((len(items), len(self.places_)), dtype=np.float32)
        is_known = self.places_[items] >= 0
        now, long = self._weights(self.places_[items[is_known]])
        # At each age, the weight is a positive multiple of a mean of the one now and the long one.
        now[(now < 0) | (long < 0)] = 0
        found[np.ix_(is_known, self.items_)] = np.minimum(now / self._lengths, 1)
        found[np.arange(len(items)), items] = 1
        return found

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return weights at age 0; see :meth:`movierec.algorithms.base.Explains.contributions`."""
        found = np.zeros((len(items), len(rated)), dtype=np.float32)
        to, by = self.places_[items], self.places_[rated]
        now, _ = self._weights(by[by >= 0])
        found[np.ix_(to >= 0, by >= 0)] = now[:, to[to >= 0]].T
        return found

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return the learned arrays, also those in a file; see :meth:`Algorithm.state`."""
        return {name: np.asarray(getattr(self, name)) for name in self.SCHEMA}

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, Any]) -> Self:
        """Restore the algorithm; the rows of weights are read from a file when they are needed.

        Parameters
        ----------
        state, parameters
            As in :meth:`Algorithm.from_state`.
        """
        algorithm = cls(**parameters)
        algorithm.items_ = np.asarray(state["items_"])
        algorithm.places_ = np.asarray(state["places_"])
        algorithm.weights_ = state["weights_"]
        if len(algorithm.weights_) != len(algorithm._decays) * len(algorithm.items_):
            raise ValueError("the weights do not fit the items")
        return algorithm

    @property
    def _decays(self) -> tuple[float, float]:
        return (self.short, self.long)

    @cached_property
    def _lengths(self) -> Scores:
        """The length of the vector of weights in each item's score, just after the ratings."""
        squares = np.zeros(len(self.items_), dtype=np.float64)
        for places in np.array_split(np.arange(len(self.items_)), len(self.items_) // _FEW + 1):
            now, _ = self._weights(places)
            squares += (now.astype(np.float64) ** 2).sum(axis=0)
        return np.sqrt(np.where(squares > 0, squares, 1)).astype(np.float32)

    def _weights(self, places: npt.NDArray[Any]) -> tuple[Scores, Scores]:
        """Return the weights of items just after they were rated, and those of the long rate.

        An item has no weight in its own score.
        """
        long = self._rows(places + len(self.items_))
        now = self._rows(places) + long
        now[np.arange(len(places)), places] = 0
        return now, long

    def _rows(self, features: npt.NDArray[Any]) -> Scores:
        """Return the weights of some features, from memory or from a file."""
        if len(features) > _FEW or isinstance(self.weights_, np.ndarray):
            bits = np.asarray(self.weights_)[features]
        else:
            rows = [np.asarray(self.weights_[feature]) for feature in features]
            bits = np.array(rows, dtype=np.int16).reshape(len(features), len(self.items_))
        found: Scores = bits.view(np.float16).astype(np.float32)
        return found

    def _known(self, users: Interactions) -> Interactions:
        """Return the interactions with items of the model, by their places in it."""
        places = self.places_[users.items]
        part = users.select(places >= 0)
        return Interactions(
            part.users,
            places[places >= 0],
            part.ratings,
            users.n_users,
            len(self.items_),
            part.read_timestamps,
        )
