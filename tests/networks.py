"""Networks that are small enough for tests, and a mark for tests that train them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from movierec.algorithms.registry import load, names

SEQUENCE_MODELS = ("sasrec", "gru4rec", "nextitnet")
NETWORKS = (*SEQUENCE_MODELS, "neumf")

_SEQUENCE = {"n_factors": 8, "length": 16, "n_blocks": 1, "n_epochs": 2}
_SMALL: dict[str, dict[str, Any]] = {
    **dict.fromkeys(SEQUENCE_MODELS, _SEQUENCE),
    "neumf": {"n_factors": 8, "n_epochs": 15, "learning_rate": 0.01},
    "als": {"n_factors": 8},
}

HAS_JAX = find_spec("jax") is not None and find_spec("optax") is not None
needs_jax = pytest.mark.skipif(
    not HAS_JAX, reason="JAX is not installed, by which networks are trained: movierec[neural]"
)


def small(name: str) -> dict[str, Any]:
    """Return parameters with which an algorithm is fitted quickly."""
    return dict(_SMALL.get(name, {}))


def marked(found: list[str]) -> list[Any]:
    """Return names of algorithms as parameters of a test, which skips what it cannot fit."""
    return [
        pytest.param(name, marks=needs_jax if load(name).EXTRA == "neural" else ())
        for name in found
    ]


def all_names() -> list[Any]:
    """Return the names of all algorithms as parameters of a test."""
    return marked(names())
