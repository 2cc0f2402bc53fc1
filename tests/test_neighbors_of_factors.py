"""The compiled search for the nearest vectors gives the table that sorting all cosines gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import csr_matrix

from movierec.neighbors import of_factors
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import top_k_by

N_ITEMS = 700
Vectors = npt.NDArray[np.float64]


def unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))


def equal_and_nearly_equal() -> Vectors:
    """Few directions, none at right angles, whose cosines would be noise above or below 0."""
    draw = np.random.default_rng(2)
    base = draw.integers(-2, 3, (40, 12))[draw.integers(0, 40, N_ITEMS)] + 0.31
    tiny = draw.choice([0, 1e-9, 1e-7, 1e-6], N_ITEMS)[:, None]
    return base + tiny * draw.normal(size=base.shape)


VECTORS = {
    "of any sign": np.random.default_rng(0).normal(size=(N_ITEMS, 9)),
    "much alike": 3 + np.random.default_rng(1).normal(size=(N_ITEMS, 64)),
    "equal and nearly equal": equal_and_nearly_equal(),
    "mostly unlike": np.eye(N_ITEMS)[:, : N_ITEMS // 2] - 1e-3,
    "zeros": np.zeros((N_ITEMS, 3)),
}


@pytest.mark.parametrize("vectors", VECTORS.values(), ids=VECTORS)
@pytest.mark.parametrize(("k", "min_support"), [(20, 0), (20, 3), (2, 8), (800, 0)])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_table_of_factors(
    vectors: Vectors, k: int, min_support: int, n_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = unit(vectors.astype(np.float32).astype(np.float64))
    is_rated = np.random.default_rng(4).random((N_ITEMS, 60)) < 0.3
    ratings = csr_matrix(is_rated.astype(np.float32))

    def compare(start: int, stop: int) -> Any:
        return found[start:stop] @ found.T

    expected = top_k_by(compare, ratings, k, min_support=min_support)
    table = NeighborTable.empty(N_ITEMS, k)
    of_factors.fill_table(table, found, ratings, min_support, lambda done: None, n_threads)
    for name, array in table.to_arrays().items():
        np.testing.assert_array_equal(array, expected.to_arrays()[name], err_msg=name)
    monkeypatch.setattr("movierec.neighbors.top_k._MANY", 0)
    again = top_k_by(compare, ratings, k, unit=found, min_support=min_support)
    np.testing.assert_array_equal(again.neighbors, table.neighbors)
