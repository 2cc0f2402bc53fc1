"""Layers of neural networks, written once for two libraries: JAX trains them, NumPy answers.

The parameter `xp` is ``numpy`` or ``jax.numpy``. Shapes are named by letters: B sequences of L
items, each with a vector of D numbers. `segments` tells whose item each is: an item may look at
earlier items of the same segment only, so that several people share a row and nothing is padded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = Any  # of numpy or of jax
Weights = Mapping[str, Array]
Dropout = Callable[[Array], Array]

_EPSILON = 1e-6
_HIDDEN = -1e9  # a score of attention that leaves nothing


def layer_norm(xp: Any, x: Array, gain: Array, shift: Array) -> Array:
    """Normalize each vector: Ba, Kiros and Hinton, "Layer normalization" (2016), section 3."""
    centered = x - x.mean(-1, keepdims=True)
    variance = (centered * centered).mean(-1, keepdims=True)
    return centered / xp.sqrt(variance + _EPSILON) * gain + shift


def gelu(xp: Any, x: Array) -> Array:
    """Return the approximation by tanh of Hendrycks and Gimpel, "GELUs" (2016), section 2."""
    return 0.5 * x * (1 + xp.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + 0.044715 * x * x * x)))


def sigmoid(xp: Any, x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``, by tanh, which does not overflow."""
    return 0.5 * (xp.tanh(0.5 * x) + 1)


def softmax(xp: Any, x: Array) -> Array:
    """Return shares that sum to 1 along the last axis."""
    shares = xp.exp(x - x.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def attention(
    xp: Any, x: Array, segments: Array, qkv: Array, output: Array, distances: Array
) -> Array:
    """Return what each item takes from earlier ones, by several heads.

    Vaswani et al., "Attention is all you need" (NeurIPS 2017), section 3.2, causal, with a learned
    bias for each distance instead of vectors of positions: Raffel et al., "Exploring the limits of
    transfer learning" (JMLR 2020), section 2.1.

    Parameters
    ----------
    xp : module
    x : array of shape (B, L, D)
    segments : array of shape (B, L), int
    qkv : array of shape (D, 3 D)
    output : array of shape (D, D)
    distances : array of shape (n_heads, at least L)
    """
    n_rows, length, width = x.shape
    n_heads = distances.shape[0]

    def by_head(vectors: Array) -> Array:
        return vectors.reshape(n_rows, length, n_heads, width // n_heads).transpose(0, 2, 1, 3)

    query, key, value = (by_head(part) for part in xp.split(x @ qkv, 3, -1))
    place = np.arange(length)
    distance = place[:, None] - place[None, :]
    scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // n_heads))
    scores = scores + distances[:, np.maximum(distance, 0)]
    visible = (segments[:, :, None] == segments[:, None, :]) & (distance >= 0)
    taken = softmax(xp, xp.where(visible[:, None], scores, np.float32(_HIDDEN))) @ value
    return taken.transpose(0, 2, 1, 3).reshape(n_rows, length, width) @ output


def gru_step(xp: Any, state: Array, from_input: Array, recurrent: Array) -> Array:
    """Return the next state of gated recurrent units.

    Cho et al., "Learning phrase representations using RNN encoder-decoder" (EMNLP 2014), section
    2.3, with the reset gate after the product, as in cuDNN.

    Parameters
    ----------
    xp : module
    state : array of shape (B, D)
    from_input : array of shape (B, 3 D)
        The input times its weights, with their bias.
    recurrent : array of shape (D, 3 D)
    """
    reset, update, candidate = xp.split(from_input, 3, -1)
    by_reset, by_update, by_candidate = xp.split(state @ recurrent, 3, -1)
    share = sigmoid(xp, update + by_update)
    new = xp.tanh(candidate + sigmoid(xp, reset + by_reset) * by_candidate)
    return (1 - share) * new + share * state


def gated_recurrence(xp: Any, from_input: Array, segments: Array, recurrent: Array) -> Array:
    """Return the states after each item; a new segment starts from 0.

    Parameters
    ----------
    xp : module
    from_input : array of shape (B, L, 3 D)
    segments : array of shape (B, L), int
    recurrent : array of shape (D, 3 D)
    """
    n_rows, length, _ = from_input.shape
    first = xp.zeros((n_rows, 1), dtype=bool)
    goes_on = xp.concatenate([first, segments[:, 1:] == segments[:, :-1]], 1)
    inputs = (from_input.transpose(1, 0, 2), goes_on.T[:, :, None])
    state = xp.zeros((n_rows, recurrent.shape[0]), dtype=from_input.dtype)

    def step(state: Array, each: tuple[Array, Array]) -> tuple[Array, Array]:
        state = gru_step(xp, xp.where(each[1], state, np.float32(0)), each[0], recurrent)
        return state, state

    if xp is not np:
        from jax.lax import scan

        return scan(step, state, inputs, unroll=4)[1].transpose(1, 0, 2)
    states = np.empty((n_rows, length, recurrent.shape[0]), dtype=from_input.dtype)
    for place in range(length):
        state, states[:, place] = step(state, (inputs[0][place], inputs[1][place]))
    return states


def causal_convolution(
    xp: Any, x: Array, segments: Array, kernel: Array, bias: Array, dilation: int
) -> Array:
    """Return a convolution of each item with the items `dilation` and twice as far before it.

    Van den Oord et al., "WaveNet" (2016), section 2.1.

    Parameters
    ----------
    xp : module
    x : array of shape (B, L, D)
    segments : array of shape (B, L), int
    kernel : array of shape (3 D, D)
    bias : array of shape (D,)
    dilation : int
    """
    length = x.shape[1]
    place = np.arange(length)
    taken = [x]
    for distance in (dilation, 2 * dilation):
        earlier = np.maximum(place - distance, 0)
        seen = (segments[:, earlier] == segments) & (place >= distance)
        taken.append(xp.where(seen[:, :, None], x[:, earlier], np.float32(0)))
    return xp.concatenate(taken, -1) @ kernel + bias


class KeyedDropout:
    """Drops numbers at random while JAX trains: Srivastava et al. (JMLR 2014), section 4.

    Parameters
    ----------
    key : jax.Array
        Of random numbers; each call takes others.
    share : float
        Of the numbers that are dropped.
    """

    def __init__(self, key: Array, share: float) -> None:
        self._key, self._share, self._n_calls = key, share, 0

    def __call__(self, x: Array) -> Array:
        """Return the numbers that are left, larger, so that their sum is as before."""
        import jax

        if not self._share:
            return x
        self._n_calls += 1
        key = jax.random.fold_in(self._key, self._n_calls)
        kept = jax.random.bernoulli(key, 1 - self._share, x.shape)
        return jax.numpy.where(kept, x / (1 - self._share), 0)
