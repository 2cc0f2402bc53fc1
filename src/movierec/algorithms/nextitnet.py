"""Dilated convolutions over what somebody rated, in order."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from movierec._schema import Column, Schema
from movierec.algorithms._neural.layers import Dropout, causal_convolution, layer_norm
from movierec.algorithms._neural.sequence_model import SequenceModel

_WIDER = 4  # how much farther apart the items of each block are than those of the one before


class NextItNet(SequenceModel):
    """A convolutional network: each block looks farther back, at three items each time.

    Yuan, Karatzoglou, Arapakis, Jose and He, "A simple convolutional generative network for next
    item recommendation" (WSDM 2019), the residual block of section 3.3 (b), with input and output
    vectors shared and the loss of `sasrec`.

    Parameters
    ----------
    n_factors : int
        Length of the vectors of items.
    n_blocks : int
        Number of residual blocks of two convolutions; their items are 1 and 2, 4 and 8, 16 and 32
        places apart, and so on.
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
        "kernel_": Column("f4", ("blocks", 2, "3 factors", "factors")),
        "kernel_bias_": Column("f4", ("blocks", 2, "factors")),
        "block_gain_": Column("f4", ("blocks", 2, "factors")),
        "block_shift_": Column("f4", ("blocks", 2, "factors")),
    }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of the network by name."""
        n, d = self.n_blocks, self.n_factors
        by_convolution = (n, 2, d)
        return {
            "kernel": (n, 2, 3 * d, d),
            "kernel_bias": by_convolution,
            "block_gain": by_convolution,
            "block_shift": by_convolution,
        }

    def initial(self, random: np.random.Generator) -> dict[str, npt.NDArray[np.float32]]:
        """Return the initial weights; see :class:`SequenceModel`."""
        weights = self.drawn(random, {"kernel": 1.0})
        weights["kernel"][:, 1] *= 0.5  # near to the input at first
        weights["block_gain"] += 1
        return weights

    def network(self, xp: Any, weights: Any, x: Any, segments: Any, dropout: Dropout) -> Any:
        """Return vectors for what follows; see :class:`SequenceModel`."""
        for block in range(self.n_blocks):
            w = {name: weights[name][block] for name in self.shapes()}
            inner = x
            for place in range(2):
                kernel, bias = w["kernel"][place], w["kernel_bias"][place]
                dilation = (place + 1) * _WIDER**block
                inner = causal_convolution(xp, inner, segments, kernel, bias, dilation)
                inner = layer_norm(xp, inner, w["block_gain"][place], w["block_shift"][place])
                inner = xp.maximum(inner, np.float32(0))
            x = x + dropout(inner)
        return x
