"""The layers against second implementations: loops over numbers, written from the papers."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from movierec.algorithms._neural import layers
from tests.networks import needs_jax

Dense = np.ndarray[Any, Any]

B, L, D, HEADS = 3, 7, 6, 2
SEGMENTS = np.array(
    [[5, 5, 5, 5, 5, 5, 5], [1, 1, 1, 0, 0, 2, 2], [-1, -1, 4, 4, 4, 4, 9]], np.int32
)
LIBRARIES = [np, pytest.param("jax.numpy", marks=needs_jax)]


def drawn(*shape: int, seed: int = 0) -> Dense:
    return np.random.default_rng((seed, *shape)).normal(size=shape).astype(np.float32)


@pytest.fixture(params=LIBRARIES, ids=["numpy", "jax"])
def xp(request: pytest.FixtureRequest) -> Any:
    return request.param if request.param is np else import_module(request.param)


def agrees(found: Any, expected: Any) -> None:
    assert np.asarray(found).dtype == np.float32
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5, atol=2e-6)


def each(function: Callable[[float], float], x: Dense) -> Dense:
    return np.array([function(value) for value in x.tolist()])


def earlier(row: int, place: int) -> list[int]:
    """Return the places that an item may look at: its own, and those before it of its segment."""
    return [other for other in range(place + 1) if SEGMENTS[row, other] == SEGMENTS[row, place]]


def test_layer_norm(xp: Any) -> None:
    x, gain, shift = drawn(B, L, D), drawn(D, seed=1), drawn(D, seed=2)
    expected = np.empty(x.shape)
    for place in np.ndindex(B, L):
        vector = [float(number) for number in x[place]]
        mean = sum(vector) / D
        deviation = math.sqrt(sum((number - mean) ** 2 for number in vector) / D + 1e-6)
        expected[place] = [
            gain[k] * (number - mean) / deviation + shift[k] for k, number in enumerate(vector)
        ]
    agrees(layers.layer_norm(xp, x, gain, shift), expected)


def test_gelu(xp: Any) -> None:
    x = np.linspace(-6, 6, 101, dtype=np.float32)
    found = layers.gelu(xp, x)
    root = math.sqrt(2 / math.pi)
    agrees(found, each(lambda v: v / 2 * (1 + math.tanh(root * (v + 0.044715 * v**3))), x))
    exact = each(lambda v: v / 2 * (1 + math.erf(v / math.sqrt(2))), x)
    np.testing.assert_allclose(found, exact, atol=1e-3)


def test_sigmoid(xp: Any) -> None:
    x = np.array([-1e4, -88, -3, -0.5, 0, 1e-3, 2, 90, 1e4], np.float32)
    agrees(layers.sigmoid(xp, x), [1 / (1 + math.exp(min(-v, 700.0))) for v in x.tolist()])


def test_softmax(xp: Any) -> None:
    x = np.array([[1, 2, 3], [1e4, -1e4, 1e4], [-3e4, -3e4, -3e4]], np.float32)
    sums = [math.exp(1) + math.exp(2) + math.exp(3)]
    first = [math.exp(value) / sums[0] for value in (1, 2, 3)]
    agrees(layers.softmax(xp, x), np.array([first, [0.5, 0, 0.5], [1 / 3] * 3]))


def test_attention(xp: Any) -> None:
    x, qkv, output = drawn(B, L, D), drawn(D, 3 * D), drawn(D, D)
    distances = drawn(HEADS, L + 2)
    width = D // HEADS
    expected = np.empty((B, L, D))
    for row, place in np.ndindex(B, L):
        joined: list[float] = []
        for head in range(HEADS):
            # Columns: all queries, all keys, all values; of each, one head after the other.
            query, key, value = (
                qkv[:, part * D + head * width : part * D + (head + 1) * width].astype(float)
                for part in range(3)
            )
            seen = earlier(row, place)
            weights = [
                math.exp(
                    (x[row, place] @ query) @ (x[row, other] @ key) / math.sqrt(width)
                    + distances[head, place - other]
                )
                for other in seen
            ]
            joined += sum(
                weight / sum(weights) * (x[row, other] @ value)
                for weight, other in zip(weights, seen, strict=True)
            ).tolist()
        expected[row, place] = np.array(joined) @ output
    agrees(layers.attention(xp, x, SEGMENTS, qkv, output, distances), expected)


def next_state(state: Dense, item: Dense, recurrent: Dense) -> Dense:
    """Return the next state, unit by unit; gates in the order reset, update, candidate."""
    new = np.empty(D)
    for unit in range(D):
        reset, update, candidate = (part * D + unit for part in range(3))
        by_state = [float(state @ recurrent[:, column]) for column in range(3 * D)]
        r = 1 / (1 + math.exp(-(item[reset] + by_state[reset])))
        z = 1 / (1 + math.exp(-(item[update] + by_state[update])))
        proposed = math.tanh(item[candidate] + r * by_state[candidate])
        new[unit] = z * state[unit] + (1 - z) * proposed
    return new


def test_gru_step(xp: Any) -> None:
    state, items, recurrent = drawn(B, D), drawn(B, 3 * D), drawn(D, 3 * D, seed=1)
    expected = [next_state(*row, recurrent) for row in zip(state, items, strict=True)]
    agrees(layers.gru_step(xp, state, items, recurrent), np.array(expected))


def test_gated_recurrence(xp: Any) -> None:
    items, recurrent = drawn(B, L, 3 * D), drawn(D, 3 * D, seed=1)
    expected = np.empty((B, L, D))
    for row, place in np.ndindex(B, L):
        state = np.zeros(D)
        for other in earlier(row, place):
            state = next_state(state, items[row, other], recurrent)
        expected[row, place] = state
    agrees(layers.gated_recurrence(xp, items, SEGMENTS, recurrent), expected)


@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_causal_convolution(xp: Any, dilation: int) -> None:
    x, kernel, bias = drawn(B, L, D), drawn(3 * D, D), drawn(D)
    expected = np.empty((B, L, D))
    for row, place in np.ndindex(B, L):
        total = bias.astype(float)
        for tap in range(3):
            other = place - tap * dilation
            if other in earlier(row, place):
                total = total + x[row, other].astype(float) @ kernel[tap * D : (tap + 1) * D]
        expected[row, place] = total
    found = layers.causal_convolution(xp, x, SEGMENTS, kernel, bias, dilation)
    agrees(found, expected)


@needs_jax
def test_dropout_drops_a_share_and_keeps_the_mean() -> None:
    import jax

    ones = np.ones((200, 300), np.float32)
    dropout = layers.KeyedDropout(jax.random.key(3), 0.25)
    first, second = np.asarray(dropout(ones)), np.asarray(dropout(ones))
    np.testing.assert_allclose(np.unique(first), [0, 4 / 3], rtol=1e-6)
    assert abs((first == 0).mean() - 0.25) < 0.01
    assert 0.02 < ((first == 0) & (second == 0)).mean() < 0.09  # drawn anew: a sixteenth
    assert layers.KeyedDropout(jax.random.key(3), 0.0)(ones) is ones
    again = layers.KeyedDropout(jax.random.key(3), 0.25)
    np.testing.assert_array_equal(np.asarray(again(ones)), first)
