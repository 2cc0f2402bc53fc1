"""What all networks over sequences share: training on next items, and answers by NumPy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._linear import FactorAlgorithm
from movierec.algorithms._neural.answers import (
    Validation,
    check_shapes,
    fingerprint_of,
    probabilities,
)
from movierec.algorithms._neural.compiling import Compiled
from movierec.algorithms._neural.layers import Dropout, KeyedDropout, layer_norm
from movierec.algorithms._neural.losses import sampled_loss
from movierec.algorithms._neural.packing import Batch, Sequences
from movierec.algorithms._neural.starting import item_vectors
from movierec.algorithms._neural.training import Schedule, Trainer, Weights
from movierec.algorithms.base import Need, Range, Run, Scores, State, TrainingData

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions

Ask = Callable[[Any, Any], Any]

_ROWS = 32  # sequences of a batch
_LEAST_STEPS = 200  # of an epoch, which sees few ratings several times
_BLOCK = 128  # people who are scored at once


class SequenceModel(FactorAlgorithm):
    """A network that reads what somebody rated, in order, and returns a vector for the next item.

    The score of an item is the probability that it is next: the softmax of the products with the
    vectors of the items, which are also the input. An item that somebody dislikes stays in the
    sequence, since it was watched; but the scores of items similar to it are reduced.

    Attributes
    ----------
    item_factors_ : ndarray of shape (n_items, n_factors), float32
    item_bias_ : ndarray of shape (n_items,), float32
    gain_, shift_ : ndarray of shape (2, n_factors), float32
        Of the normalization before and after the network.
    curve_ : ndarray of shape (n_epochs, 3), float32
        Minutes, mean loss and nDCG on validation of each epoch.
    """

    SCHEMA: ClassVar[Schema] = {
        **FactorAlgorithm.SCHEMA,
        "item_bias_": Column("f4", ("items",)),
        "gain_": Column("f4", (2, "factors")),
        "shift_": Column("f4", (2, "factors")),
        "curve_": Column("f4", ("epochs", 3)),
    }
    NEEDS: ClassVar[frozenset[Need]] = frozenset({"timestamps"})
    EXTRA: ClassVar = "neural"
    SIMILARITY: ClassVar = "cosine of learned vectors"

    curve_: npt.NDArray[np.float32]

    def __init__(
        self,
        *,
        n_factors: Annotated[int, Range(2, 1024)] = 64,
        n_blocks: Annotated[int, Range(1, 6)] = 2,
        length: Annotated[int, Range(1, 2048)] = 128,
        dropout: Annotated[float, Range(0, 0.9)] = 0.2,
        n_negatives: Annotated[int, Range(1, 100_000)] = 512,
        learning_rate: Annotated[float, Range(1e-6, 1)] = 0.002,
        n_epochs: Annotated[int, Range(1, 10_000)] = 18,
        minutes: Annotated[float, Range(0.001, 100_000)] = 10.0,
        patience: Annotated[int, Range(1, 10_000)] = 5,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        self.n_factors = n_factors
        self.n_blocks = n_blocks
        self.length = length
        self.dropout = dropout
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.n_epochs = n_epochs
        self.minutes = minutes
        self.patience = patience
        self.seed = seed

    @abstractmethod
    def initial(self, random: np.random.Generator) -> dict[str, npt.NDArray[np.float32]]:
        """Return the initial weights of the network by name, without those that all share."""

    @abstractmethod
    def network(self, xp: Any, weights: Any, x: Any, segments: Any, dropout: Dropout) -> Any:
        """Return a vector for what follows each item, shape (B, L, n_factors).

        Parameters
        ----------
        xp : module
            ``numpy`` or ``jax.numpy``.
        weights : mapping of str to array
        x : array of shape (B, L, n_factors)
        segments : array of shape (B, L), int
        dropout : callable
            Applied to what is added to x.
        """

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Train the network; see :meth:`Algorithm.fit`."""
        split = Validation.of(data.interactions, self.seed, by_time=True)
        problem = _NextItem(self, split)
        schedule = Schedule(
            self.n_epochs, self.minutes, self.learning_rate, self.patience, self.seed
        )
        trainer = Trainer(problem, schedule, fingerprint_of(self, split), run)
        self._set_weights(*trainer.train(self._initial(problem.sequences, problem.n_items)))
        self._after_training(split, run)
        return self

    def _after_training(self, split: Validation, run: Run) -> None:
        """Choose what is chosen on validation; here, nothing."""

    def score(self, users: Interactions) -> Scores:
        """Return probabilities, less for items like disliked ones; see :meth:`Algorithm.score`."""
        return probabilities(self.logits(users), users, self.similarities)

    def logits(self, users: Interactions) -> Scores:
        """Return the logarithm of the odds of each item, but for a constant of each user.

        Parameters
        ----------
        users : Interactions

        Returns
        -------
        ndarray of shape (users.n_users, n_items), float32
        """
        from threadpoolctl import threadpool_limits

        weights = self._weights()

        def ask(items: Any, segments: Any) -> Any:
            return self.forward(np, weights, items, segments)[:, -1]

        with threadpool_limits(1):  # several threads for many small matrices only wait
            vectors = self.vectors(Sequences.of(users), np.arange(users.n_users), ask)
        return np.asarray(vectors @ weights["item_factors"].T + weights["item_bias"])

    def vectors(self, sequences: Sequences, users: npt.NDArray[np.int64], ask: Ask) -> Scores:
        """Return the vectors for what comes after the sequences of some users.

        Parameters
        ----------
        sequences : Sequences
        users : ndarray of shape (n,), int64
        ask : callable
            Takes items and segments, and returns the vector after the last item of each row.

        Returns
        -------
        ndarray of shape (n, n_factors), float32
            0 for users without items.
        """
        found = np.zeros((len(users), self.n_factors), dtype=np.float32)
        for start in range(0, len(users), _BLOCK):
            block = users[start : start + _BLOCK]
            items, segments = sequences.latest(block, self.length)
            found[start : start + _BLOCK] = ask(items, segments)
            found[start : start + _BLOCK][segments[:, -1] < 0] = 0
        return found

    def forward(
        self,
        xp: Any,
        weights: Any,
        items: Any,
        segments: Any,
        dropout: Dropout = lambda x: x,
    ) -> Any:
        """Return a vector for what follows each item; see :meth:`network`."""
        x = weights["item_factors"][items] * np.float32(np.sqrt(self.n_factors))
        x = layer_norm(xp, x, weights["gain"][0], weights["shift"][0])
        x = self.network(xp, weights, dropout(x), segments, dropout)
        return layer_norm(xp, x, weights["gain"][1], weights["shift"][1])

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, Any]) -> Self:
        """Restore the algorithm, if its weights have the shapes that its parameters say."""
        algorithm = super().from_state(state, parameters)
        check_shapes(algorithm, algorithm.shapes())
        return algorithm

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of the network by name."""

    def drawn(
        self, random: np.random.Generator, scales: Mapping[str, float]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Return weights of 0, and some from a normal distribution.

        Parameters
        ----------
        random : numpy.random.Generator
        scales : mapping of str to float
            By name, the standard deviation of what comes out for inputs of 1.
        """
        weights = {name: np.zeros(shape, np.float32) for name, shape in self.shapes().items()}
        for name, scale in scales.items():
            shape = weights[name].shape
            spread = scale / np.sqrt(shape[-2])
            weights[name] = random.normal(0, spread, shape).astype(np.float32)
        return weights

    def _initial(self, sequences: Sequences, n_items: int) -> dict[str, npt.NDArray[np.float32]]:
        random = np.random.default_rng(self.seed)
        counts = np.log1p(np.bincount(sequences.items, minlength=n_items))
        return {
            "item_factors": item_vectors(sequences, n_items, self.n_factors, self.seed),
            "item_bias": (counts - counts.mean()).astype(np.float32),
            "gain": np.ones((2, self.n_factors), np.float32),
            "shift": np.zeros((2, self.n_factors), np.float32),
            **self.initial(random),
        }

    def _set_weights(self, weights: Weights, curve: npt.NDArray[np.float32]) -> None:
        self._set_item_factors(weights["item_factors"])
        for name, value in weights.items():
            setattr(self, f"{name}_", np.ascontiguousarray(value, dtype=np.float32))
        self.curve_ = curve

    def _weights(self) -> dict[str, npt.NDArray[np.float32]]:
        names = ("item_factors", "item_bias", "gain", "shift", *self.shapes())
        return {name: getattr(self, f"{name}_") for name in names}


class _NextItem:
    """Trains a model to predict the next item; see :class:`Problem`."""

    def __init__(self, model: SequenceModel, split: Validation) -> None:
        self._model, self._split = model, split
        self.sequences, self.n_items = Sequences.of(split.train), split.train.n_items
        longest = int(self.sequences.lengths.max(initial=1))
        self._length = min(model.length, longest)
        self._rows = max(min(_ROWS, len(split.train) // self._length), 1)
        self._steps_of_pass = max(len(split.train) // (self._length * self._rows), 1)
        self._n_passes = -(-_LEAST_STEPS // self._steps_of_pass)
        # For a few items, all of them cost no more than a sample.
        self._is_sampled = self.n_items > 2 * model.n_negatives

    @property
    def n_steps(self) -> int:
        return self._n_passes * self._steps_of_pass

    def batches(self, random: np.random.Generator) -> Iterator[tuple[Batch, Any]]:
        for _ in range(self._n_passes):
            for batch in self.sequences.batches(self._length, self._rows, random):
                yield batch, self._negatives(random)

    def _negatives(self, random: np.random.Generator) -> npt.NDArray[np.int32]:
        """Return the items that each next item is compared with: all, or some drawn at random."""
        if not self._is_sampled:
            return np.arange(self.n_items, dtype=np.int32)
        return random.integers(0, self.n_items, self._model.n_negatives).astype(np.int32)

    def loss(self, weights: Any, batch: tuple[Batch, Any], key: Any) -> Any:
        import jax.numpy as jnp

        rows, negatives = batch
        dropout = KeyedDropout(key, self._model.dropout)
        x = dropout(self._model.forward(jnp, weights, rows.items, rows.segments, dropout))
        x, targets = x.reshape(-1, x.shape[-1]), rows.targets.reshape(-1)
        factors, bias = weights["item_factors"], weights["item_bias"]
        positive = (x * factors[targets]).sum(-1) + bias[targets]
        others = x @ factors[negatives].T + bias[negatives]
        losses = sampled_loss(positive, others, negatives == targets[:, None], self.n_items)
        counted = rows.weights.reshape(-1)
        return (losses * counted).sum() / jnp.maximum(counted.sum(), 1.0)

    def validate(self, weights: Weights) -> float | None:
        split = self._split
        if not len(split.users):
            return None

        def ask(items: Any, segments: Any) -> Any:
            # Rows of one shape, so that this is compiled once.
            more = ((0, _BLOCK - len(items)), (self._model.length - items.shape[1], 0))
            padded = np.pad(items, more), np.pad(segments, more, constant_values=-1)
            return self._last(weights, *padded)[: len(items)]

        vectors = self._model.vectors(self.sequences, split.users, ask)
        return split.ndcg(vectors @ weights["item_factors"].T + weights["item_bias"])

    @cached_property
    def _last(self) -> Any:
        """The vector after the last item of each row, by JAX."""
        import jax

        forward = self._model.forward
        return Compiled(lambda *arguments: forward(jax.numpy, *arguments)[:, -1])
