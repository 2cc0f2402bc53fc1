"""What the checks have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms.base import (
    Algorithm,
    HasNeighbors,
    Scores,
    TrainingData,
    contributions_of,
)
from movierec.algorithms.registry import create
from movierec.errors import UsageError
from movierec.testing.example import N_ITEMS

Parameters = Mapping[str, Any]

ALL_ITEMS = np.arange(N_ITEMS)


def make(algorithm: type[Algorithm], parameters: Parameters) -> Algorithm:
    return algorithm(**parameters)


def fit(algorithm: type[Algorithm], parameters: Parameters, data: TrainingData) -> Algorithm:
    """Return a fitted algorithm, whatever its fit returns."""
    fitted = make(algorithm, parameters)
    fitted.fit(data)
    return fitted


def answers(fitted: Algorithm, data: TrainingData) -> dict[str, Scores]:
    """Return all that a fitted algorithm answers, by method."""
    return {
        "score": fitted.score(data.interactions),
        "similarities": fitted.similarities(ALL_ITEMS),
        "contributions": contributions_of(fitted, ALL_ITEMS, ALL_ITEMS),
    }


def restored(fitted: Algorithm, data: TrainingData) -> Algorithm:
    """Return the algorithm as a model file would: with arrays in C order that are read-only."""
    state = {name: np.array(array, order="C") for name, array in fitted.state().items()}
    for array in state.values():
        array.setflags(write=False)
    again = type(fitted).from_state(state, fitted.parameters())
    if isinstance(fitted, HasNeighbors) and isinstance(again, HasNeighbors):
        counts = np.bincount(data.interactions.items, minlength=N_ITEMS)
        again.set_neighbors(fitted.get_neighbors(), counts)
    return again


def learned_arrays(fitted: Algorithm) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for name, value in vars(fitted).items():
        if name.endswith("_") and isinstance(value, np.ndarray):
            yield name, value


def is_refused(algorithm: type[Algorithm], name: str, value: Any) -> bool:
    return raises(UsageError, create, algorithm, {name: value})


def raises(error: type[Exception], call: Callable[..., object], *arguments: object) -> bool:
    try:
        call(*arguments)
    except error:
        return True
    return False


def is_close(found: Scores, expected: Scores) -> bool:
    """Compare scores; matrix products of other shapes may round differently."""
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5)


def require_array(found: Any, shape: tuple[int, int], method: str) -> None:
    is_float32 = isinstance(found, np.ndarray) and found.dtype == np.float32
    require(is_float32, f"{method} must return an ndarray of float32")
    require(found.shape == shape, f"{method} must return shape {shape}, not {found.shape}")
    require(np.isfinite(found).all(), f"{method} must return finite numbers")


def require(condition: object, message: str) -> None:
    if not condition:
        raise AssertionError(message)
