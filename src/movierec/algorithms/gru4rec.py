"""Gated recurrent units over what somebody rated, in order."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._neural.layers import Dropout, gated_recurrence, layer_norm
from movierec.algorithms._neural.sequence_model import SequenceModel


class Gru4Rec(SequenceModel):
    """A recurrent network: a state that each item changes, from which the next one is predicted.

    Hidasi, Karatzoglou, Baltrunas and Tikk, "Session-based recommendations with recurrent neural
    networks" (ICLR 2016), with input and output vectors shared and the loss of `sasrec`.

    Parameters
    ----------
    n_factors : int
        Length of the vectors of items and of the state.
    n_blocks : int
        Number of recurrent layers.
    length : int
        Number of latest items that are read.
    dropout : float
        Share of the numbers that are dropped while training.
    n_negatives : int
        Number of other items that each next item is compared with.
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
    """

    SCHEMA: ClassVar[Schema] = {
        **SequenceModel.SCHEMA,
        "input_": Column("f4", ("blocks", "factors", "3 factors")),
        "input_bias_": Column("f4", ("blocks", "3 factors")),
        "recurrent_": Column("f4", ("blocks", "factors", "3 factors")),
        "block_gain_": Column("f4", ("blocks", "factors")),
        "block_shift_": Column("f4", ("blocks", "factors")),
    }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of the network by name."""
        n, d = self.n_blocks, self.n_factors
        return {
            "input": (n, d, 3 * d),
            "input_bias": (n, 3 * d),
            "recurrent": (n, d, 3 * d),
            "block_gain": (n, d),
            "block_shift": (n, d),
        }

    def initial(self, random: np.random.Generator) -> dict[str, npt.NDArray[np.float32]]:
        """Return the initial weights; see :class:`SequenceModel`."""
        weights = self.drawn(random, {"input": 1.0, "recurrent": 1.0})
        weights["block_gain"] += 1
        return weights

    def network(self, xp: Any, weights: Any, x: Any, segments: Any, dropout: Dropout) -> Any:
        """Return vectors for what follows; see :class:`SequenceModel`."""
        for block in range(self.n_blocks):
            w = {name: weights[name][block] for name in self.shapes()}
            normal = layer_norm(xp, x, w["block_gain"], w["block_shift"])
            from_input = normal @ w["input"] + w["input_bias"]
            x = x + dropout(gated_recurrence(xp, from_input, segments, w["recurrent"]))
        return x
