"""The best items of each user, next to sorting all items."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from movierec.evaluation.runs import _best

VALUES = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0])


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 20)), elements=VALUES),
    st.integers(1, 25),
)
def test_the_best_are_the_first_of_all_sorted_by_score_then_index(
    scores: npt.NDArray[np.float32], k: int
) -> None:
    for row, found in zip(scores, _best(scores, k), strict=True):
        ranked = np.argsort(-row, kind="stable").tolist()
        order = [item for item in ranked if row[item] > -np.inf]
        expected = order[:k] + [-1] * (k - len(order))
        assert found.tolist() == expected


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_scores_keep_their_precision(kind: type) -> None:
    above = np.nextafter(kind(1), kind(2))
    assert _best(np.array([[1.0, above, 1.0]], dtype=kind), 2).tolist() == [[1, 0]]
