"""The best items of each user, next to sorting all of them."""

from __future__ import annotations

import numpy as np
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
    scores: np.ndarray, k: int
) -> None:
    for row, found in zip(scores, _best(scores, k), strict=True):
        ranked = sorted(range(len(row)), key=lambda item, row=row: -row[item])
        order = [item for item in ranked if row[item] > -np.inf]
        expected = order[:k] + [-1] * (k - len(order))
        assert found.tolist() == expected


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_scores_keep_their_precision(kind: type) -> None:
    scores = np.array([[1.0, np.nextafter(kind(1), kind(2)), 1.0]], dtype=kind)
    assert _best(scores, 2).tolist() == [[1, 0]]
