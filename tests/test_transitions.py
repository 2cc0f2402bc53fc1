"""Transitions: the compiled loops against arithmetic in Python, ties, and `next`."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import Interactions, TrainingData
from movierec.algorithms.transitions import Transitions

Dense = np.ndarray[Any, Any]
N_ITEMS = 7

# What one person rated: (item, time, rating), each item once.
HISTORY = st.lists(
    st.tuples(st.integers(0, N_ITEMS - 1), st.integers(0, 4), st.sampled_from([-0.5, 0.2, 1.0])),
    unique_by=lambda rated: rated[0],
    max_size=N_ITEMS,
)
PEOPLE = st.lists(HISTORY, min_size=1, max_size=6)


def interactions(people: list[list[tuple[int, int, float]]]) -> Interactions:
    rows = [(user, *rated) for user, history in enumerate(people) for rated in history]
    users, items, times, ratings = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Interactions(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(ratings, np.float32),
        len(people),
        N_ITEMS,
        lambda: np.array(times, np.int64),
    )


def moments(history: list[tuple[int, int, float]]) -> list[tuple[float, int, list[int]]]:
    """Return the mean place of each moment, the number of later ratings, and its items."""
    ordered = sorted(history, key=lambda rated: rated[1])
    found, n_before = [], 0
    for _, group in groupby(ordered, key=lambda rated: rated[1]):
        items = [item for item, *_ in group]
        n_after = len(ordered) - n_before - len(items)
        found.append((n_before + (len(items) - 1) / 2, n_after, items))
        n_before += len(items)
    return found


def summed(people: Any, window: float, backward: float) -> tuple[Dense, Dense]:
    """Return all weights, and how many people went from each item to each, pair by pair."""
    weights, counts = np.zeros((N_ITEMS, N_ITEMS)), np.zeros((N_ITEMS, N_ITEMS), int)
    for history in people:
        at = moments(history)
        for place, _, items in at:
            for other_place, _, others in at:
                for item in items:
                    for other in others:
                        far = other_place - place
                        if 0 < far <= window:
                            weights[item, other] += 1 / far
                            weights[other, item] += backward / far
                            counts[item, other] += 1
                        far = (len(items) + 1) / 3
                        if items is others and item != other and far <= window:
                            weights[item, other] += (1 + backward) / 2 / far
    return weights, counts


@settings(deadline=None)
@given(
    PEOPLE,
    PEOPLE,
    st.sampled_from([1, 2, 3, 20]),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([1, 2, 300]),
)
def test_the_loops_do_what_plain_arithmetic_does(
    people: Any, others: Any, window: int, backward: float, n_kept: int
) -> None:
    algorithm = Transitions(window=window, backward=backward, n_kept=n_kept)
    algorithm.fit(TrainingData(interactions(people)))
    weights, counts = summed(people, window, backward)
    rated = [item for history in people for item, *_ in history]
    n_ratings: Dense = np.bincount(rated, minlength=N_ITEMS).clip(1)
    kept = algorithm.weights_.toarray()
    np.testing.assert_allclose(kept[kept > 0], weights[kept > 0], rtol=1e-6)
    assert ((kept > 0).sum(axis=1) == np.minimum((weights > 0).sum(axis=1), n_kept)).all()
    strengths = weights / n_ratings**0.2
    dropped = np.where(kept > 0, 0, strengths).max(axis=1, keepdims=True)
    assert (strengths >= dropped - 1e-9)[kept > 0].all()
    weights = np.where(kept > 0, weights, 0)
    every = np.arange(N_ITEMS)
    for item in range(N_ITEMS):
        found = algorithm.count_transitions(np.full(N_ITEMS, item), every)
        np.testing.assert_array_equal(found, np.where(weights[item] > 0, counts[item], 0))

    expected = np.zeros((len(others), N_ITEMS))
    for user, history in enumerate(others):
        ratings = {item: rating for item, _, rating in history}
        for _, age, items in moments(history):
            for item in items:
                value = ratings[item] * np.exp(-age / 4) / n_ratings[item] ** 0.7
                expected[user] += value * weights[item] / n_ratings**0.2
    scores = algorithm.score(interactions(others))
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)

    lengths = np.sqrt(np.outer(n_ratings, n_ratings))
    alike = (weights + weights.T) / (1 + backward) / lengths
    np.fill_diagonal(alike, 1)
    np.testing.assert_allclose(algorithm.similarities(every), alike, rtol=1e-5)
    assert alike.max() <= 1 + 1e-9


@settings(deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_within_a_tie_is_nothing_that_is_learned(people: Any, random: Any) -> None:
    shuffled = [random.sample(history, len(history)) for history in people]
    one, other = (
        Transitions(n_kept=2).fit(TrainingData(interactions(each))) for each in (people, shuffled)
    )
    np.testing.assert_array_equal(one.weights_.toarray(), other.weights_.toarray())
    np.testing.assert_array_equal(one.people_, other.people_)
    users = interactions(people)
    np.testing.assert_array_equal(one.score(users), other.score(users))


def test_many_ratings_at_one_time_say_nothing_and_cost_nothing() -> None:
    """As pairs, those of one person would be 4 * 10^10."""
    n_items = 200_000
    items = np.arange(n_items, dtype=np.int32)
    users, ratings = np.zeros(n_items, np.int32), np.ones(n_items, np.float32)
    for n_tied in (n_items, 50):
        rated = Interactions(
            users, items, ratings, 1, n_items, partial(np.floor_divide, items, n_tied)
        )
        assert Transitions(window=10).fit(TrainingData(rated)).weights_.nnz == 0


def test_people_without_times_rated_everything_at_one_time() -> None:
    people = [[(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)]] * 3
    algorithm = Transitions().fit(TrainingData(interactions(people)))
    users = interactions([[(0, 1, 1.0), (1, 2, 1.0)]])
    untimed = Interactions(users.users, users.items, users.ratings, 1, N_ITEMS)
    tied = interactions([[(0, 5, 1.0), (1, 5, 1.0)]])
    np.testing.assert_array_equal(algorithm.score(untimed), algorithm.score(tied))
    assert algorithm.score(untimed)[0, 2] == pytest.approx(
        sum(algorithm.contributions(np.array([2]), np.array([0, 1]))[0])
    )


def test_two_threads_find_what_one_finds() -> None:
    from movierec import Run

    random = np.random.default_rng(0)
    keys = random.choice(300 * 900, 20_000, replace=False)
    users, items = (keys // 900).astype(np.int32), (keys % 900).astype(np.int32)
    times = random.integers(0, 5000, len(keys))
    rated = Interactions(users, items, np.ones(len(keys), np.float32), 300, 900, lambda: times)
    one, two = (
        Transitions(n_kept=20).fit(TrainingData(rated), Run(n_threads=n)).state() for n in (1, 2)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(two[name], array)
