"""Sequences as rows: every pair of neighbours is learned, ties have no order, nothing is padded."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import Interactions
from movierec.algorithms._neural.packing import Batch, Sequences
from movierec.algorithms._neural.starting import item_vectors

Rating = tuple[int, int, int]  # user, item, time
Dense = np.ndarray[Any, Any]

N_USERS, N_ITEMS = 6, 9


def interactions_of(ratings: list[Rating], seed: int | None = 0) -> Interactions:
    """Return ratings with times, their rows in a random order."""
    rows = np.array(ratings, dtype=np.int64).reshape(-1, 3)
    if seed is not None:
        rows = np.random.default_rng(seed).permutation(rows)
    users, items, times = rows.T
    columns = users.astype(np.int32), items.astype(np.int32), np.ones(len(rows), np.float32)
    return Interactions(*columns, N_USERS, N_ITEMS, lambda: times)


@st.composite
def some_ratings(draw: st.DrawFn, times: int = 4) -> list[Rating]:
    pairs = st.tuples(st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1))
    chosen = draw(st.sets(pairs, min_size=1, max_size=40))
    return [(user, item, draw(st.integers(0, times))) for user, item in sorted(chosen)]


@given(some_ratings())
def test_sequences_are_oldest_first_and_ties_share_a_moment(ratings: list[Rating]) -> None:
    found = Sequences.of(interactions_of(ratings))
    for user in range(N_USERS):
        rows = slice(found.offsets[user], found.offsets[user + 1])
        own = sorted((time, item) for owner, item, time in ratings if owner == user)
        assert found.items[rows].tolist() == [item for _, item in own]
        ties = [first == second for (first, _), (second, _) in pairwise(own)]
        assert (np.diff(found.moments[rows]) == 0).tolist() == ties


def test_without_times_the_order_is_that_of_the_rows() -> None:
    users, items = np.array([1, 0, 1, 1], np.int32), np.array([4, 2, 0, 3], np.int32)
    found = Sequences.of(Interactions(users, items, np.ones(4, np.float32), N_USERS, N_ITEMS))
    assert found.items.tolist() == [2, 4, 0, 3]
    np.testing.assert_array_equal(found.shuffled(np.random.default_rng(0)), found.items)


def test_missing_times_are_one_tie() -> None:
    users, items = np.zeros(3, np.int32), np.array([2, 0, 1], np.int32)
    for missing in (np.iinfo(np.int64).min, -np.inf):
        times = np.array([missing, 5, missing])
        found = Sequences.of(
            Interactions(users, items, np.ones(3, np.float32), 1, N_ITEMS, lambda t=times: t)  # type: ignore[misc]
        )
        assert found.items.tolist() == [1, 2, 0]
        assert (np.diff(found.moments) == 0).tolist() == [True, False]


@given(some_ratings(), st.integers(0, 5))
def test_nothing_depends_on_the_order_of_rows(ratings: list[Rating], seed: int) -> None:
    first, second = (Sequences.of(interactions_of(ratings, order)) for order in (None, seed))
    for one, other in zip(batches_of(first, 3, 1), batches_of(second, 3, 1), strict=True):
        for column, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(column, same)
    latest = [each.latest(np.arange(N_USERS), 3) for each in (first, second)]
    np.testing.assert_array_equal(latest[0], latest[1])
    vectors = [item_vectors(each, N_ITEMS, 4, seed=1) for each in (first, second)]
    np.testing.assert_array_equal(vectors[0], vectors[1])


def batches_of(sequences: Sequences, length: int, n_rows: int, seed: int = 0) -> list[Batch]:
    length = min(length, max(int(sequences.lengths.max()), 1))
    n_rows = max(min(n_rows, len(sequences.items) // length), 1)
    return list(sequences.batches(length, n_rows, np.random.default_rng(seed)))


@given(some_ratings(times=40), st.integers(1, 7), st.integers(1, 3), st.integers(0, 9))
def test_a_batch_tells_what_is_next(
    ratings: list[Rating], length: int, n_rows: int, seed: int
) -> None:
    sequences = Sequences.of(interactions_of(ratings))
    batches = batches_of(sequences, length, n_rows, seed)
    assert batches
    times = {(user, item): time for user, item, time in ratings}
    seen: Counter[tuple[int, int]] = Counter()
    for batch in batches:
        assert all(column.shape == batches[0].items.shape for column in batch)
        seen.update(zip(batch.segments.ravel().tolist(), batch.items.ravel().tolist(), strict=True))
        for row, place in zip(*np.nonzero(batch.weights), strict=True):
            user, item = int(batch.segments[row, place]), int(batch.items[row, place])
            assert times[user, item] <= times[user, int(batch.targets[row, place])]
    assert set(seen.values()) <= {1}  # nothing twice
    assert seen.keys() <= times.keys()
    # What does not fill a batch is left out, and what stands before the first row.
    size = batches[0].items.size
    assert len(ratings) - seen.total() < size + batches[0].items.shape[1]
    last = Counter(user for user, _ in seen)  # each item has a next one, but the last of a user
    n_weights = sum(int(batch.weights.sum()) for batch in batches)
    assert n_weights >= seen.total() - len(last)


def test_every_pair_is_learned_over_some_epochs() -> None:
    ratings = [(user, item, 3 * item) for user in range(N_USERS) for item in range(user, N_ITEMS)]
    sequences = Sequences.of(interactions_of(ratings))
    wanted = {(user, item) for user in range(N_USERS) for item in range(user, N_ITEMS - 1)}
    found = set()
    for seed in range(20):
        for batch in batches_of(sequences, 5, 3, seed):
            places = np.nonzero(batch.weights)
            np.testing.assert_array_equal(batch.targets[places], batch.items[places] + 1)
            found |= set(zip(batch.segments[places], batch.items[places], strict=True))
    assert found == wanted


def test_ties_are_shuffled_and_nothing_else() -> None:
    ratings = [(0, item, item // 3) for item in range(N_ITEMS)]
    sequences, random = Sequences.of(interactions_of(ratings)), np.random.default_rng(0)
    orders = Counter(tuple(sequences.shuffled(random).tolist()) for _ in range(3000))
    assert all([item // 3 for item in order] == [0, 0, 0, 1, 1, 1, 2, 2, 2] for order in orders)
    firsts = Counter(order[:3] for order in orders.elements())
    assert len(firsts) == 6
    assert max(firsts.values()) < 1.2 * min(firsts.values())


@given(some_ratings(), st.integers(1, 6))
def test_latest_stands_at_the_right(ratings: list[Rating], length: int) -> None:
    sequences = Sequences.of(interactions_of(ratings))
    users = np.array([4, 0, 5])
    items, segments = sequences.latest(users, length)
    assert items.dtype == segments.dtype == np.int32
    for user, row, own in zip(users, items, segments, strict=True):
        expected = sequences.items[sequences.offsets[user] : sequences.offsets[user + 1]][-length:]
        assert row[len(row) - len(expected) :].tolist() == expected.tolist()
        assert own.tolist() == [-1] * (len(row) - len(expected)) + [0] * len(expected)


def test_latest_of_nobody() -> None:
    nothing = Sequences.of(interactions_of([]))
    items, segments = nothing.latest(np.arange(2), 5)
    assert (items.tolist(), segments.tolist()) == ([[0], [0]], [[-1], [-1]])


# Vectors of items


def expected_near(ratings: list[Rating]) -> Dense:
    """Return how much more often than by chance items are near, pair by pair."""
    observed = np.zeros((N_ITEMS, N_ITEMS))
    for user in range(N_USERS):
        own = sorted((time, item) for who, item, time in ratings if who == user)
        for place, (_, item) in enumerate(own):
            for distance, (_, other) in enumerate(own[place + 1 : place + 6], 1):
                observed[item, other] += 1 / distance
                observed[other, item] += 1 / distance
    sums = observed.sum(axis=1)
    expected = np.outer(sums, sums) / observed.sum()
    return np.log1p(np.where(expected > 0, observed / np.where(expected > 0, expected, 1), 0) / 5)


@pytest.mark.parametrize("n_factors", [3, 6])
def test_item_vectors_are_leading_eigenvectors(n_factors: int) -> None:
    random = np.random.default_rng(4)
    ratings = [
        (user, int(item), place)
        for user in range(N_USERS)
        for place, item in enumerate(random.permutation(N_ITEMS)[:7])
    ]
    found = item_vectors(Sequences.of(interactions_of(ratings)), N_ITEMS, n_factors, seed=0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 0.48, rtol=1e-6)
    values, vectors = np.linalg.eigh(expected_near(ratings))
    leading = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, :n_factors]
    unit = leading / np.linalg.norm(leading, axis=1, keepdims=True)
    cosines = found @ found.T / 0.48**2
    np.testing.assert_allclose(cosines, unit @ unit.T, atol=0.15)  # noise of 0.01 is added
    assert np.corrcoef(cosines.ravel(), (unit @ unit.T).ravel())[0, 1] > 0.99


def test_item_vectors_do_not_tell_the_order_of_ids_in_a_tie() -> None:
    """Everybody rated all at one time: no two items are nearer to each other than others."""
    n_users, n_items = 400, 12
    users = np.repeat(np.arange(n_users, dtype=np.int32), n_items)
    items = np.tile(np.arange(n_items, dtype=np.int32), n_users)
    ones, times = np.ones(len(users), np.float32), np.zeros(len(users), np.int64)
    tied = Interactions(users, items, ones, n_users, n_items, lambda: times)
    found = item_vectors(Sequences.of(tied), n_items, 6, seed=0)
    cosines = found @ found.T
    near, far = np.diag(cosines, 1).mean(), np.diag(cosines, 6).mean()
    assert abs(near - far) < 0.02


@pytest.mark.parametrize("n_items", [1, 2, 5])
def test_item_vectors_of_few_items(n_items: int) -> None:
    items = np.arange(n_items, dtype=np.int32)
    alone = Interactions(items * 0, items, np.ones(n_items, np.float32), 1, n_items, lambda: items)
    found = item_vectors(Sequences.of(alone), n_items, 8, seed=0)
    assert found.shape == (n_items, 8)
    assert np.isfinite(found).all()
