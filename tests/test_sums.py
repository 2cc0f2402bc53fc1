"""Sums over groups of users add up to those of all users, to the bit, however they are divided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from movierec.algorithms._stars import Baseline
from movierec.data.interactions import Interactions
from movierec.neighbors import factors as f
from movierec.neighbors.products import BlockProducts, blocks_of_items
from movierec.neighbors.sums import (
    DeviationSums,
    DirectionSums,
    Histogram,
    ItemSums,
    MatrixCounts,
    PairCounts,
    Sum,
    TableCounts,
    Totals,
)
from movierec.neighbors.support import SupportMatrix, count_shared
from movierec.neighbors.top_k import top_k

SEEDS = st.integers(0, 2**32 - 1)


def random_ratings(rng: np.random.Generator, n_items: int = 60, n_users: int = 90) -> csr_matrix:
    """Ratings of skewed activity, in tenths, which float32 does not hold exactly."""
    rated = rng.random((n_items, n_users)) < rng.beta(0.5, 2, n_items)[:, None]
    values = rng.integers(1, 101, rated.shape).astype(np.float32) / np.float32(10)
    found = csr_matrix(np.where(rated, values, 0))
    found.sort_indices()
    return found


def in_groups(what: Sum, ratings: csr_matrix, rng: np.random.Generator) -> Totals:
    """Add up groups of users, in any order."""
    n_users = ratings.shape[1]
    borders = np.unique([0, *rng.integers(0, n_users, rng.integers(0, 6)), n_users])
    parts = np.array_split(np.arange(n_users), borders[1:-1])
    totals = what.zeros()
    for place in rng.permutation(len(parts)):
        part = what.zeros()
        what.add(ratings[:, parts[place]], part)
        for name, array in part.items():
            totals[name] += array
    return totals


@given(SEEDS)
@settings(max_examples=25)
def test_factors_from_groups_are_those_of_all_users(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = random_ratings(rng)
    weights = f.weigh(ratings)
    directions = f.sampled_directions(weights, 8)
    expected = f.leading_factors(weights, 8)
    sums = in_groups(DirectionSums(directions, f.half_of_scale(ratings.data)), ratings, rng)
    np.testing.assert_array_equal(f.coordinates(**sums, n_factors=8), expected)


@given(SEEDS)
@settings(max_examples=25)
def test_counts_from_groups_are_those_of_all_users(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = random_ratings(rng)
    n_items, n_ratings = ratings.shape[0], np.diff(ratings.indptr)
    sums = in_groups(ItemSums(n_items), ratings, rng)
    np.testing.assert_array_equal(sums["n_ratings"], n_ratings)
    precise = ratings.astype(np.float64)
    np.testing.assert_array_equal(sums["sums"], precise.sum(axis=1).A1)
    squares = precise.power(2).sum(axis=1).A1
    np.testing.assert_allclose(sums["squares"], squares, rtol=1e-14)
    active = np.bincount(np.diff(ratings.tocsc().indptr), minlength=n_items + 1)
    np.testing.assert_array_equal(sums["users_with"], active)
    edges = np.linspace(0, 10, 5)
    counts = in_groups(Histogram(edges), ratings, rng)["counts"]
    np.testing.assert_array_equal(counts, np.histogram(ratings.data, edges)[0])

    first, second = rng.integers(0, n_items, (2, 40))
    shared = in_groups(PairCounts(first, second), ratings, rng)["shared"]
    np.testing.assert_array_equal(shared, count_shared(ratings, first, second))
    table = top_k(ratings, 5)
    support = in_groups(TableCounts(table.neighbors, n_ratings), ratings, rng)["support"]
    np.testing.assert_array_equal(support, table.support)
    matrix = SupportMatrix(n_ratings, 20, 1, ratings.shape[1])
    matrix.fill(ratings)
    filled = SupportMatrix(n_ratings, 20, 1, ratings.shape[1])
    filled.counts[:] = in_groups(MatrixCounts(filled.items), ratings, rng)["counts"]
    filled.complete()
    np.testing.assert_array_equal(filled.counts, matrix.counts)


@given(SEEDS)
@settings(max_examples=25)
def test_products_from_groups_are_those_of_all_users(seed: int) -> None:
    """In the order of the users, for any block of items."""
    rng = np.random.default_rng(seed)
    ratings = random_ratings(rng)
    precise = ratings.astype(np.float64)
    expected = (precise @ precise.T).toarray()
    rated = (ratings.toarray() > 0).astype(int)
    by_user = ratings.T.tocsr()
    for items in blocks_of_items(np.diff(ratings.indptr), 12 * 60 * int(rng.integers(1, 60))):
        block = BlockProducts(items, len(expected))
        for part in np.array_split(np.arange(by_user.shape[0]), rng.integers(1, 5)):
            touching = np.diff(by_user[part][:, items].indptr) > 0
            block.add(by_user[part[touching]])
        np.testing.assert_array_equal(block.sums, expected[items])
        np.testing.assert_array_equal(block.counts, (rated @ rated.T)[items])


@pytest.mark.parametrize("seed", range(3))
def test_deviations_from_groups_are_those_of_all_users(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = random_ratings(rng)
    n_ratings = np.diff(ratings.indptr)
    expected = Baseline.fit(Interactions.from_user_items(ratings.T.tocsr()))
    rest = ratings.astype(np.float64).sum(axis=1).A1 - n_ratings * expected.mean
    what = DeviationSums(expected.mean, rest / (n_ratings + 5), 5.0)
    users = what.as_deviations(in_groups(what, ratings, rng)["sums"])
    np.testing.assert_allclose((rest - users) / (n_ratings + 5), expected.items, atol=1e-6)
