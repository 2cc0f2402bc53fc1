"""Small data on which algorithms are checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms.base import TrainingData
from movierec.data.interactions import Interactions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

N_USERS, N_ITEMS, N_FEATURES = 60, 25, 4
UNRATED = 11  # an item without ratings

_START, _STEP = 1_000_000_000, 60  # of the times, in seconds


def example_data() -> TrainingData:
    """Return small data of 60 users and 25 items, the same each time.

    Ratings are half stars from 0.5 to 5, popularity differs between items, and one item has no
    rating. Each rating has a time of its own; the rows are not in the order of time. There is
    content.
    """
    random = np.random.default_rng(1)
    rated = random.random((N_USERS, N_ITEMS)) < np.linspace(0.7, 0.05, N_ITEMS)
    rated[:, UNRATED] = False
    rated[:, UNRATED + 1] |= ~rated.any(axis=1)
    users, items = (side.astype(np.int32) for side in np.nonzero(rated))
    ratings = (random.integers(1, 11, len(users)) / 2).astype(np.float32)
    times = _START + _STEP * random.permutation(len(users)).astype(np.int64)
    interactions = Interactions(users, items, ratings, N_USERS, N_ITEMS, lambda: times)
    return TrainingData(interactions, _content(random))


def _content(random: np.random.Generator) -> csr_matrix:
    from scipy.sparse import csr_matrix

    rows = random.random((N_ITEMS, N_FEATURES))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return csr_matrix(unit.astype(np.float32))


def new_users() -> Interactions:
    """Return two users who are not in the example data; the first rated nothing."""
    users, items = np.array([1, 1], np.int32), np.array([20, 24], np.int32)
    ratings, times = np.array([5, 4], np.float32), np.array([_START, _START + _STEP])
    return Interactions(users, items, ratings, 2, N_ITEMS, lambda: times)


def without(need: str, data: TrainingData) -> TrainingData:
    """Return data that lack something.

    Parameters
    ----------
    need : {"timestamps", "content"}
    data : TrainingData
    """
    if need == "content":
        return replace(data, content=None)
    return replace(data, interactions=replace(data.interactions, read_timestamps=None))


def arrays_of(data: TrainingData) -> Iterator[npt.NDArray[Any]]:
    """Yield the arrays of which data consist, and those computed from them."""
    interactions = data.interactions
    yield from (interactions.users, interactions.items, interactions.ratings)
    yield from (interactions.timestamps, *interactions.histories)
    for matrix in (interactions.user_items, interactions.item_users, data.content):
        if matrix is not None:
            yield from (matrix.data, matrix.indices, matrix.indptr)
