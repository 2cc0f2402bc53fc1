"""Measures beyond accuracy, against a second implementation in plain Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

import movierec
from movierec.data.discover import sample_folder
from movierec.evaluation import beyond

N_ITEMS, N_GENRES = 8, 4
LISTS = st.lists(
    st.lists(st.integers(0, N_ITEMS - 1), max_size=5, unique=True), min_size=1, max_size=5
)
GENRES = st.lists(st.sets(st.integers(0, N_GENRES - 1)), min_size=N_ITEMS, max_size=N_ITEMS)


def ranked_of(
    lists: list[list[int]], k: int = 5
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array([(items + [-1] * k)[:k] for items in lists], dtype=np.int64)


def matrix_of(rows: list[set[int]], n_columns: int) -> csr_matrix:
    dense = np.zeros((len(rows), n_columns), dtype=np.float32)
    for row, columns in enumerate(rows):
        dense[row, list(columns)] = 1
    return csr_matrix(dense)


@given(LISTS)
def test_gini_is_the_mean_difference_of_counts(lists: list[list[int]]) -> None:
    counts = [sum(items.count(item) for items in lists) for item in range(N_ITEMS)]
    found = beyond.gini(ranked_of(lists), N_ITEMS)
    if not sum(counts):
        assert found == 0
        return
    differences = sum(abs(one - other) for one in counts for other in counts)
    assert found == pytest.approx(differences / (2 * N_ITEMS * sum(counts)))


def test_gini_is_0_for_equal_counts_and_near_1_for_one_item() -> None:
    assert beyond.gini(np.array([[0, 1], [2, 3]]), 4) == 0
    assert beyond.gini(np.array([[7], [7]]), 1000) == pytest.approx(0.999)


@given(LISTS, GENRES)
def test_diversity_is_the_mean_distance_of_pairs(
    lists: list[list[int]], genres: list[set[int]]
) -> None:
    found = beyond.diversity(ranked_of(lists), matrix_of(genres, N_GENRES))
    for items, value in zip(lists, found, strict=True):
        pairs = [(one, other) for one in items for other in items if one != other]
        if not pairs:
            assert math.isnan(value)
            continue
        cosines = [
            len(genres[one] & genres[other]) / math.sqrt(len(genres[one]) * len(genres[other]))
            if genres[one] and genres[other]
            else 0.0
            for one, other in pairs
        ]
        assert value == pytest.approx(1 - sum(cosines) / len(pairs), abs=1e-6)


def shares(items: list[int], genres: list[set[int]]) -> list[float] | None:
    described = [item for item in items if genres[item]]
    if not described:
        return None
    return [
        sum(1 / len(genres[item]) for item in described if genre in genres[item]) / len(described)
        for genre in range(N_GENRES)
    ]


@given(LISTS, GENRES, st.data())
def test_miscalibration_is_the_divergence_of_steck(
    lists: list[list[int]], genres: list[set[int]], data: st.DataObject
) -> None:
    known = [
        data.draw(st.lists(st.integers(0, N_ITEMS - 1), max_size=5, unique=True)) for _ in lists
    ]
    found = beyond.miscalibration(
        ranked_of(lists),
        matrix_of([set(items) for items in known], N_ITEMS),
        matrix_of(genres, N_GENRES),
    )
    for items, rated, value in zip(lists, known, found, strict=True):
        p, q = shares(rated, genres), shares(items, genres)
        if p is None or q is None:
            assert math.isnan(value)
            continue
        smoothed = [0.99 * mine + 0.01 * own for own, mine in zip(p, q, strict=True)]
        terms = [o * math.log(o / s) for o, s in zip(p, smoothed, strict=True) if o]
        assert value == pytest.approx(sum(terms), abs=1e-6)


@given(LISTS, st.data())
def test_serendipity_counts_hits_that_popularity_does_not_list(
    lists: list[list[int]], data: st.DataObject
) -> None:
    expected = [
        data.draw(st.lists(st.integers(0, N_ITEMS - 1), max_size=5, unique=True)) for _ in lists
    ]
    relevant = [data.draw(st.sets(st.integers(0, N_ITEMS - 1))) for _ in lists]
    ranked = ranked_of(lists)
    hits = np.array(
        [[item in wanted for item in row] for row, wanted in zip(ranked, relevant, strict=True)]
    ) & (ranked >= 0)
    found = beyond.serendipity(ranked, hits, ranked_of(expected))
    for row, value in enumerate(found):
        surprises = (set(lists[row]) & relevant[row]) - set(expected[row])
        assert value == pytest.approx(len(surprises) / 5)


def test_popular_lists_surprise_nobody_and_genres_are_needed() -> None:
    found: Any = movierec.evaluate(sample_folder(), ["svd"], k=5).to_frame()
    found = found.set_index("algorithm")
    assert found.loc["popular", "serendipity"] == 0
    assert found.loc["svd", "serendipity"] > 0
    assert found.loc["popular", "gini"] > found.loc["random", "gini"]
    assert found.loc["random", "miscalibration"] > 0
    bare = movierec.evaluate(sample_folder() / "ratings.csv", [], k=5).to_frame()
    assert "diversity" not in bare
    assert "gini" in bare


def test_rectools_measured_the_same_lists_and_gave_the_same_figures() -> None:
    """RecTools 0.19.0, on these lists; its MAP divides by the number of relevant movies."""
    ratings = sample_folder() / "ratings.csv"
    popular = movierec.evaluate(ratings, [], split="random", k=10).results[1]
    expected = {
        "precision": 0.106, "recall": 0.072423, "hit_rate": 0.56, "ndcg": 0.116838,
        "mrr": 0.225112, "novelty": 1.929858, "coverage": 0.053352,
    }  # fmt: skip
    found = {name: popular.metrics[name] for name in expected}
    assert found == pytest.approx(expected, abs=1e-6)
