"""Self-attention over what somebody rated, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._neural.answers import Validation
from movierec.algorithms._neural.layers import Dropout, attention, gelu, layer_norm
from movierec.algorithms._neural.sequence_model import SequenceModel
from movierec.algorithms.base import Range, Run, Scores, State, TrainingData
from movierec.algorithms.sequence_ridge import SequenceRidge
from movierec.errors import UsageError

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions

_BLENDS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)  # the weights that are tried
_RIDGE = "ridge_"  # before the names of its arrays
# Of the ridge: named, so that a model file means the same if the defaults change.
_OF_RIDGE: dict[str, Any] = {
    "n_items": 4000,
    "short": 0.6,
    "long": 0.93,
    "target_decay": 0.15,
    "l2": 300.0,
}
_WIDER = 2  # times n_factors: the hidden layer of a block


class SasRec(SequenceModel):
    """Self-attention: each item takes from the earlier ones what tells about the next.

    Kang and McAuley, "Self-attentive sequential recommendation" (ICDM 2018), with the loss of
    Klenitskiy and Vasilev, "Turning dross into gold loss: is BERT4Rec really better than SASRec?"
    (RecSys 2023). Unlike there, distances have learned biases instead of position vectors, and
    item vectors start from how often items are watched close together. The logarithm of the
    probabilities is blended with the scores of `sequence_ridge`, standardized for each person.

    Parameters
    ----------
    n_factors : int
        Length of the vectors of items; a multiple of `n_heads`.
    n_blocks : int
        Number of blocks of attention.
    n_heads : int
        Number of parts of a vector that attend to items of their own.
    length : int
        Number of latest items that are read.
    dropout : float
        Share of the numbers that are dropped while training.
    n_negatives : int
        Number of other items that each next item is compared with.
    blend : bool
        Whether to blend with `sequence_ridge`; how much is chosen on validation.
    learning_rate : float
        Of Adam.
    n_epochs : int
        Most times that all ratings are seen; few ratings are seen several times in each, until
        there were 200 batches.
    minutes : float
        Most time; where it ends the training, results depend on the speed of the machine.
    patience : int
        Number of epochs without a better validation after which training stops.
    seed : int
        Random seed.

    Attributes
    ----------
    blend_ : ndarray of shape (1,), float32
        The weight of `sequence_ridge`.
    """

    SCHEMA: ClassVar[Schema] = {
        **SequenceModel.SCHEMA,
        "qkv_": Column("f4", ("blocks", "factors", "3 factors")),
        "output_": Column("f4", ("blocks", "factors", "factors")),
        "distances_": Column("f4", ("blocks", "heads", "length")),
        "wide_": Column("f4", ("blocks", "factors", "hidden")),
        "wide_bias_": Column("f4", ("blocks", "hidden")),
        "narrow_": Column("f4", ("blocks", "hidden", "factors")),
        "narrow_bias_": Column("f4", ("blocks", "factors")),
        "block_gain_": Column("f4", ("blocks", 2, "factors")),
        "block_shift_": Column("f4", ("blocks", 2, "factors")),
        "blend_": Column("f4", (1,)),
        **{
            f"{_RIDGE}{name}": column._replace(is_optional=True)
            for name, column in SequenceRidge.SCHEMA.items()
        },
    }
    GRID: ClassVar = {"dropout": (0.1, 0.2, 0.4)}

    _ridge: SequenceRidge | None  # None without a blend

    def __init__(
        self,
        *,
        n_heads: Annotated[int, Range(1, 64)] = 2,
        blend: bool = True,
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
        super().__init__(
            n_factors=n_factors,
            n_blocks=n_blocks,
            length=length,
            dropout=dropout,
            n_negatives=n_negatives,
            learning_rate=learning_rate,
            n_epochs=n_epochs,
            minutes=minutes,
            patience=patience,
            seed=seed,
        )
        self.n_heads = n_heads
        self.blend = blend

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Train the network, then choose the blend; see :meth:`Algorithm.fit`."""
        self.shapes()  # so that heads that do not fit are an error before any work
        self._ridge, self.blend_ = None, np.zeros(1, np.float32)
        return super().fit(data, run)

    def _after_training(self, split: Validation, run: Run) -> None:
        """Fit the ridge on the same ratings, and choose its weight."""
        if self.blend and len(split.users):
            self._ridge = SequenceRidge(**_OF_RIDGE).fit(TrainingData(split.train), run)
            self._choose_blend(split)

    def logits(self, users: Interactions) -> Scores:
        """Return blended log-odds; see :class:`SequenceModel`."""
        found = super().logits(users)
        if self._ridge is None:
            return found
        return found + self.blend_ * self._standardized(users)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return the learned arrays, those of the ridge too; see :meth:`Algorithm.state`."""
        ridge = {} if self._ridge is None else self._ridge.state()
        return super().state() | {f"{_RIDGE}{name}": array for name, array in ridge.items()}

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, Any]) -> Self:
        """Restore the algorithm; the ridge reads its rows when they are needed.

        Parameters
        ----------
        state, parameters
            As in :meth:`Algorithm.from_state`.
        """
        own = {name: array for name, array in state.items() if not name.startswith(_RIDGE)}
        algorithm = super().from_state(own, parameters)
        algorithm._ridge = _ridge_of(state) if algorithm.blend_[0] else None
        return algorithm

    def _choose_blend(self, split: Validation) -> None:
        """Take the best weight of the ridge; if it is 0, do without the ridge."""
        users = split.train.for_users(split.users)
        found, ridge = super().logits(users), self._standardized(users)
        values = [split.ndcg(found + np.float32(weight) * ridge) for weight in _BLENDS]
        self.blend_[0] = _BLENDS[int(np.argmax(values))]
        if not self.blend_[0]:
            self._ridge = None

    def _standardized(self, users: Interactions) -> Scores:
        """Return the scores of the ridge, with a mean of 0 and a deviation of 1 for each user.

        It gets what was watched, not how it was liked: what is disliked counts in `score`.
        """
        assert self._ridge is not None
        watched = replace(users, ratings=np.ones_like(users.ratings))
        scores = self._ridge.score(watched)
        scores -= scores.mean(axis=1, keepdims=True)
        spread = scores.std(axis=1, keepdims=True)
        return np.asarray(scores / np.where(spread > 0, spread, 1))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of the network by name.

        Raises
        ------
        UsageError
            If the vectors cannot be divided among the heads.
        """
        if self.n_factors % self.n_heads:
            raise UsageError(
                f"n_factors is {self.n_factors}; it must be a multiple of n_heads",
                f"n_heads is {self.n_heads}",
            )
        n, d, hidden = self.n_blocks, self.n_factors, _WIDER * self.n_factors
        return {
            "qkv": (n, d, 3 * d),
            "output": (n, d, d),
            "distances": (n, self.n_heads, self.length),
            "wide": (n, d, hidden),
            "wide_bias": (n, hidden),
            "narrow": (n, hidden, d),
            "narrow_bias": (n, d),
            "block_gain": (n, 2, d),
            "block_shift": (n, 2, d),
        }

    def initial(self, random: np.random.Generator) -> dict[str, npt.NDArray[np.float32]]:
        """Return the initial weights; see :class:`SequenceModel`."""
        scales = {"qkv": 1.0, "output": 0.5, "wide": 1.0, "narrow": 0.5}
        weights = self.drawn(random, scales)
        weights["block_gain"] += 1
        weights["distances"] -= (0.5 * np.log1p(np.arange(self.length))).astype(np.float32)
        return weights

    def network(self, xp: Any, weights: Any, x: Any, segments: Any, dropout: Dropout) -> Any:
        """Return vectors for what follows; see :class:`SequenceModel`."""
        for block in range(self.n_blocks):
            w = {name: weights[name][block] for name in self.shapes()}
            normal = layer_norm(xp, x, w["block_gain"][0], w["block_shift"][0])
            taken = attention(xp, normal, segments, w["qkv"], w["output"], w["distances"])
            x = x + dropout(taken)
            normal = layer_norm(xp, x, w["block_gain"][1], w["block_shift"][1])
            hidden = gelu(xp, normal @ w["wide"] + w["wide_bias"])
            x = x + dropout(hidden @ w["narrow"] + w["narrow_bias"])
        return x


def _ridge_of(state: State) -> SequenceRidge:
    """Return the ridge whose arrays are among others."""
    for name in SequenceRidge.SCHEMA:
        if f"{_RIDGE}{name}" not in state:
            raise ValueError(f"algorithm/{_RIDGE}{name} is missing")
    arrays = {name: state[f"{_RIDGE}{name}"] for name in SequenceRidge.SCHEMA}
    return SequenceRidge.from_state(arrays, _OF_RIDGE)
