"""Neural matrix factorization: a product and a network of what describes a person and an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._linear import FactorAlgorithm, as_feedback
from movierec.algorithms._neural.answers import (
    Validation,
    check_shapes,
    fingerprint_of,
    probabilities,
)
from movierec.algorithms._neural.layers import KeyedDropout
from movierec.algorithms._neural.losses import sampled_loss
from movierec.algorithms._neural.training import Schedule, Trainer, Weights
from movierec.algorithms.base import Range, Run, Scores, State, TrainingData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions

_USERS = 256  # of a batch
_MOST_RATED = 64  # items of a user that a batch takes, drawn at random
_N_POSITIVES = 4  # of them, that are to be found from the others
_PASSES = 10  # over the users in an epoch
_CELLS = 20_000_000  # numbers of the hidden layers that are computed at once


class NeuMf(FactorAlgorithm):
    """Neural collaborative filtering, to compare with: EASE is as good or better.

    He, Liao, Zhang, Nie, Hu and Chua, "Neural collaborative filtering" (WWW 2017), section 3.4: a
    generalized product of the vectors of a person and an item, and a network on both, whose last
    layers are joined. The vectors of a person are not learned, as they are there, but are sums of
    those of the items that this person rated, divided by the root of their number, as in Kabbur,
    Ning and Karypis, "FISM" (KDD 2013). The loss is a softmax over sampled items.

    Parameters
    ----------
    n_factors : int
        Length of each of the two vectors of an item.
    dropout : float
        Share of the numbers that are dropped while training.
    n_negatives : int
        Number of other items that each item is compared with.
    learning_rate : float
        Of Adam.
    n_epochs : int
        Most times that all users are seen ten times.
    minutes : float
        Most time; where it ends the training, results depend on the speed of the machine.
    patience : int
        Number of epochs without a better validation after which training stops.
    seed : int
        Random seed.
    """

    SCHEMA: ClassVar[Schema] = {
        "item_factors_": Column("f4", ("items", "2 factors")),
        "rated_factors_": Column("f4", ("items", "2 factors")),
        "item_bias_": Column("f4", ("items",)),
        "first_": Column("f4", (2, "factors", "hidden")),
        "first_bias_": Column("f4", ("hidden",)),
        "second_": Column("f4", ("hidden", "last")),
        "second_bias_": Column("f4", ("last",)),
        "product_": Column("f4", ("factors",)),
        "last_": Column("f4", ("last",)),
        "curve_": Column("f4", ("epochs", 3)),
    }
    EXTRA: ClassVar = "neural"

    item_bias_: npt.NDArray[np.float32]
    curve_: npt.NDArray[np.float32]

    def __init__(
        self,
        *,
        n_factors: Annotated[int, Range(2, 1024)] = 64,
        dropout: Annotated[float, Range(0, 0.9)] = 0.1,
        n_negatives: Annotated[int, Range(1, 100_000)] = 256,
        learning_rate: Annotated[float, Range(1e-6, 1)] = 0.005,
        n_epochs: Annotated[int, Range(1, 10_000)] = 30,
        minutes: Annotated[float, Range(0.001, 100_000)] = 10.0,
        patience: Annotated[int, Range(1, 10_000)] = 4,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        self.n_factors = n_factors
        self.dropout = dropout
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.n_epochs = n_epochs
        self.minutes = minutes
        self.patience = patience
        self.seed = seed

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Train the network; see :meth:`Algorithm.fit`."""
        split = Validation.of(data.interactions, self.seed, by_time=False)
        schedule = Schedule(
            self.n_epochs, self.minutes, self.learning_rate, self.patience, self.seed
        )
        trainer = Trainer(_Pairs(self, split), schedule, fingerprint_of(self, split), run)
        weights, self.curve_ = trainer.train(self._initial(split.train))
        for name, value in weights.items():
            setattr(self, f"{name}_", np.ascontiguousarray(value, dtype=np.float32))
        self._set_item_factors(self.item_factors_)
        vars(self).pop("_weights", None)  # cached after an earlier fit
        return self

    def score(self, users: Interactions) -> Scores:
        """Return probabilities, less for items like disliked ones; see :meth:`Algorithm.score`."""
        return probabilities(self.logits(users, self._weights), users, self.similarities)

    def logits(self, users: Interactions, weights: Weights) -> Scores:
        """Return the logarithm of the odds of each item, but for a constant of each user.

        Parameters
        ----------
        users : Interactions
        weights : mapping of str to ndarray

        Returns
        -------
        ndarray of shape (users.n_users, n_items), float32
        """
        watched: csr_matrix = as_feedback(users.user_items, "presence")
        roots = np.sqrt(np.maximum(np.diff(watched.indptr), 1))[:, None]
        people = (watched @ weights["rated_factors"] / roots).astype(np.float32)
        n_items, n_hidden = len(weights["item_bias"]), len(weights["first_bias"])
        scores = np.empty((len(people), n_items), dtype=np.float32)
        length = max(1, _CELLS // (n_items * n_hidden))
        for start in range(0, len(people), length):
            block = slice(start, start + length)
            scores[block] = _logits(np, weights, people[block], weights["item_factors"])
            scores[block] += weights["item_bias"]
        return scores

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, Any]) -> Self:
        """Restore the algorithm, if its weights have the shapes that its parameters say."""
        algorithm = super().from_state(state, parameters)
        of_items = (len(algorithm.item_bias_), 2 * algorithm.n_factors)
        vectors = {"item_factors": of_items, "rated_factors": of_items}
        check_shapes(algorithm, algorithm.shapes() | vectors)
        return algorithm

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of the network by name."""
        d, last = self.n_factors, self.n_factors // 2
        return {
            "first": (2, d, d),
            "first_bias": (d,),
            "second": (d, last),
            "second_bias": (last,),
            "product": (d,),
            "last": (last,),
        }

    @cached_property
    def _weights(self) -> dict[str, npt.NDArray[np.float32]]:
        names = ("item_factors", "rated_factors", "item_bias", *self.shapes())
        return {name: getattr(self, f"{name}_") for name in names}

    def _initial(self, train: Interactions) -> dict[str, npt.NDArray[np.float32]]:
        random, n_items = np.random.default_rng(self.seed), train.n_items
        counts = np.log1p(np.bincount(train.items, minlength=n_items))
        weights = {name: np.zeros(shape, np.float32) for name, shape in self.shapes().items()}
        for name in ("first", "second"):
            shape = weights[name].shape
            weights[name] = random.normal(0, shape[-2] ** -0.5, shape).astype(np.float32)
        factors = random.normal(0, 0.1, (2, n_items, 2 * self.n_factors)).astype(np.float32)
        return {
            **weights,
            "product": np.ones(self.n_factors, np.float32),
            "last": random.normal(0, 0.1, weights["last"].shape).astype(np.float32),
            "item_factors": factors[0],
            "rated_factors": factors[1],
            "item_bias": (counts - counts.mean()).astype(np.float32),
        }


def _logits(xp: Any, weights: Any, people: Any, items: Any, dropout: Any = lambda x: x) -> Any:
    """Return the logits of items without their bias, shape (n_people, n_items).

    The first layer of the network is a sum of what it does to each of the two vectors, which is
    computed once for each person and once for each item.

    Parameters
    ----------
    xp : module
    weights : mapping of str to array
    people : array of shape (n_people, 2 n_factors)
    items : array of shape (n_items, 2 n_factors) or (n_people, n_items, 2 n_factors)
        The same items for all, or others for each person.
    dropout : callable
    """
    width = weights["product"].shape[0]
    weighted = people[:, :width, None] * weights["product"][:, None]
    product = xp.matmul(items[..., :width], weighted)[..., 0]
    by_person = people[:, None, width:] @ weights["first"][0] + weights["first_bias"]
    by_item = items[..., width:] @ weights["first"][1]
    hidden = dropout(xp.maximum(by_person + by_item, np.float32(0)))
    hidden = xp.maximum(hidden @ weights["second"] + weights["second_bias"], np.float32(0))
    return product + hidden @ weights["last"]


class _PairBatch(NamedTuple):
    """Some users, what they rated, and items to find.

    Attributes
    ----------
    rated : ndarray of shape (n_users, n_rated), int32
    is_rated : ndarray of shape (n_users, n_rated), float32
        0 where a user has no more items.
    positives : ndarray of shape (n_users, n_positives), int32
        Items that the users rated, too.
    weights : ndarray of shape (n_users, n_positives), float32
    negatives : ndarray of shape (n_negatives,), int32
        For all users.
    """

    rated: Any
    is_rated: Any
    positives: Any
    weights: Any
    negatives: Any


class _Pairs:
    """Trains the model to find some items of a user by the others; see :class:`Problem`."""

    def __init__(self, model: NeuMf, split: Validation) -> None:
        self._model, self._split = model, split
        self._matrix = split.train.user_items
        self._users = np.flatnonzero(np.diff(self._matrix.indptr) > 1)
        self._n_users = max(min(_USERS, len(self._users)), 1)

    @property
    def n_steps(self) -> int:
        return max(_PASSES * (len(self._users) // self._n_users), 1)

    def batches(self, random: np.random.Generator) -> Iterator[_PairBatch]:
        for _ in range(_PASSES):
            users = random.permutation(self._users)
            for start in range(0, len(users) - self._n_users + 1, self._n_users):
                yield self._batch(users[start : start + self._n_users], random)

    def _batch(self, users: npt.NDArray[np.int64], random: np.random.Generator) -> _PairBatch:
        """Draw items of each user: first those to find, at most half, then others."""
        starts, counts = self._matrix.indptr[users], np.diff(self._matrix.indptr)[users]
        width = _MOST_RATED + _N_POSITIVES
        n_drawn = np.minimum(counts, width)
        places = np.zeros((len(users), width), dtype=np.int64)
        for row, (start, count, drawn) in enumerate(zip(starts, counts, n_drawn, strict=True)):
            places[row, :drawn] = start + random.permutation(count)[:drawn]
        items = self._matrix.indices[places].astype(np.int32)
        n_positive = np.minimum(_N_POSITIVES, counts // 2)[:, None]
        place = np.arange(width)
        is_positive = (place < n_positive).astype(np.float32)
        is_rated = ((place >= n_positive) & (place < n_drawn[:, None])).astype(np.float32)
        n_negatives = self._model.n_negatives
        negatives = random.integers(0, self._matrix.shape[1], n_negatives).astype(np.int32)
        first = slice(None, _N_POSITIVES)
        return _PairBatch(items, is_rated, items[:, first], is_positive[:, first], negatives)

    def loss(self, weights: Any, batch: _PairBatch, key: Any) -> Any:
        import jax.numpy as jnp

        dropout = KeyedDropout(key, self._model.dropout)
        summed = (weights["rated_factors"][batch.rated] * batch.is_rated[..., None]).sum(1)
        n_rated = batch.is_rated.sum(1, keepdims=True)
        people = dropout(summed / jnp.sqrt(jnp.maximum(n_rated, 1.0)))
        factors, bias = weights["item_factors"], weights["item_bias"]
        positive, others = (
            _logits(jnp, weights, people, factors[items], dropout) + bias[items]
            for items in (batch.positives, batch.negatives)
        )
        is_positive = batch.negatives == batch.positives[..., None]
        losses = sampled_loss(positive, others[:, None], is_positive, self._matrix.shape[1])
        return (losses * batch.weights).sum() / jnp.maximum(batch.weights.sum(), 1.0)

    def validate(self, weights: Weights) -> float | None:
        users = self._split.users
        if not len(users):
            return None
        return self._split.ndcg(self._model.logits(self._split.train.for_users(users), weights))
