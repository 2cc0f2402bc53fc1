"""The order-aware ridge regression against dense arithmetic that makes every example."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import DataError, Interactions, Run, TrainingData, UsageError
from movierec.algorithms import _sequence_ridge
from movierec.algorithms._moments import moments_of
from movierec.algorithms._sequence_ridge import next_weights
from movierec.algorithms.sequence_ridge import SequenceRidge
from movierec.testing import example_data

Dense = np.ndarray[Any, Any]
Moment = frozenset[int]  # items

N_ITEMS = 7  # of which a person rates five, in at most 120 orders
DECAYS, TARGET_DECAY, L2 = (0.5, 0.9), 0.4, 1.5


@st.composite
def histories(draw: st.DrawFn) -> list[list[Moment]]:
    """Draw the moments of some people, each with at least one item."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        items = draw(st.permutations(range(N_ITEMS)))[: draw(st.integers(0, 5))]
        cuts = sorted(draw(st.sets(st.integers(1, 4))))
        bounds = [0, *(cut for cut in cuts if cut < len(items)), len(items)]
        parts = [frozenset(items[start:stop]) for start, stop in pairwise(bounds)]
        found.append([moment for moment in parts if moment])
    return found


def interactions_of(people: list[list[Moment]], n_items: int = N_ITEMS) -> Interactions:
    """Return ratings in an order that is not that of time."""
    rows = [
        (user, item, 100 * time)
        for user, moments in enumerate(people)
        for time, moment in enumerate(moments)
        for item in moment
    ]
    order = np.random.default_rng(3).permutation(len(rows))
    users, items, times = np.array(rows, dtype=np.int64).reshape(-1, 3)[order].T
    ones = np.ones(len(rows), dtype=np.float32)
    columns = users.astype(np.int32), items.astype(np.int32), ones
    return Interactions(*columns, len(people), n_items, lambda: times)


def orders_of(moments: list[Moment]) -> Iterator[list[int]]:
    """Yield the items in all orders that the moments allow."""
    for parts in product(*(permutations(moment) for moment in moments)):
        yield [item for part in parts for item in part]


def features_of(past: list[int], silent: Container[int] = ()) -> Dense:
    """Return the features after some items, the oldest first."""
    found = np.zeros((len(DECAYS), N_ITEMS))
    for age, item in enumerate(reversed(past)):
        if item not in silent:
            found[:, item] = [decay**age for decay in DECAYS]
    return found.ravel()


def targets_of(future: list[int]) -> Dense:
    found = np.zeros(N_ITEMS)
    found[future] = [TARGET_DECAY**place for place in range(len(future))]
    return found


def dense_weights(people: list[list[Moment]], largest: int = 99) -> Dense:
    """Return the weights of the ridge regression on all examples, in all orders."""
    gram = L2 * np.eye(len(DECAYS) * N_ITEMS)
    products = np.zeros((len(DECAYS) * N_ITEMS, N_ITEMS))
    for moments in people:
        silent = {item for moment in moments if len(moment) > largest for item in moment}
        orders = list(orders_of(moments))
        for items in orders:
            for now in range(1, len(items)):
                x, y = features_of(items[:now], silent), targets_of(items[now:])
                gram += np.outer(x, x) / len(orders)
                products += np.outer(x, y) / len(orders)
    return np.linalg.solve(gram, products)


def mean_features_of(moments: list[Moment]) -> Dense:
    found: Dense = np.mean([features_of(items) for items in orders_of(moments)], axis=0)
    return found


def fitted(people: list[list[Moment]], **more: Any) -> SequenceRidge:
    short, long = DECAYS
    algorithm = SequenceRidge(short=short, long=long, target_decay=TARGET_DECAY, l2=L2, **more)
    return algorithm.fit(TrainingData(interactions_of(people)))


def exact_weights(people: list[list[Moment]]) -> Dense:
    moments = moments_of(interactions_of(people))
    return next_weights(moments, N_ITEMS, DECAYS, TARGET_DECAY, L2, Run())


def floats(bits: Dense) -> Dense:
    return bits.view(np.float16).astype(np.float64)


def all_weights(algorithm: SequenceRidge) -> Dense:
    """Return the weights by all items; 0 for those without ratings."""
    found = np.zeros((len(DECAYS), N_ITEMS, N_ITEMS))
    known = algorithm.items_
    weights = floats(algorithm.weights_).reshape(len(DECAYS), len(known), len(known))
    found[:, known[:, np.newaxis], known] = weights
    return found.reshape(-1, N_ITEMS)


@given(people=histories(), at_once=st.integers(1, 40))
def test_histories_are_read_in_parts(people: list[list[Moment]], at_once: int) -> None:
    whole = moments_of(interactions_of(people))
    parts = list(whole.parts(at_once))
    for name in ("items", "sizes", "ages"):
        found = [value for part in parts for value in getattr(part, name).tolist()]
        assert found == getattr(whole, name).tolist()


@given(people=histories())
def test_weights_are_those_of_a_ridge_regression_on_all_examples(
    people: list[list[Moment]],
) -> None:
    weights = exact_weights(people)
    np.testing.assert_allclose(weights, dense_weights(people), atol=1e-5)
    np.testing.assert_allclose(all_weights(fitted(people)), weights, rtol=1e-3, atol=1e-6)


@given(people=histories(), new=histories(), data=st.data())
def test_scores_are_features_times_weights(
    people: list[list[Moment]], new: list[list[Moment]], data: st.DataObject
) -> None:
    users = interactions_of(new)
    preferences = np.array(
        data.draw(st.lists(st.floats(-1, 1, width=16), min_size=len(users), max_size=len(users))),
        dtype=np.float32,
    )
    algorithm = fitted(people)
    scores = algorithm.score(
        Interactions(
            *(users.users, users.items, preferences, users.n_users, users.n_items),
            users.read_timestamps,
        )
    )
    known = {*algorithm.items_.tolist()}
    for user, moments in enumerate(new):
        past = [moment & known for moment in moments if moment & known]
        told = np.zeros(N_ITEMS)
        told[users.items[users.users == user]] = preferences[users.users == user]
        x = mean_features_of(past) * np.tile(told, len(DECAYS))
        np.testing.assert_allclose(scores[user], x @ dense_weights(people), atol=3e-3)


def test_all_ratings_without_times_are_one_moment() -> None:
    people = [[frozenset({0}), frozenset({1, 2}), frozenset({3})], [frozenset({3}), frozenset({0})]]
    algorithm = fitted(people)
    timed = interactions_of([[frozenset({0, 3})]])
    plain = Interactions(timed.users, timed.items, timed.ratings, 1, N_ITEMS)
    expected = mean_features_of([frozenset({0, 3})]) @ dense_weights(people)
    np.testing.assert_allclose(algorithm.score(plain)[0], expected, atol=1e-3)
    np.testing.assert_array_equal(algorithm.score(plain), algorithm.score(timed))


def test_learns_the_direction() -> None:
    people = [[frozenset({0}), frozenset({1})]] * 20 + [[frozenset({2}), frozenset({3})]] * 20
    scores = fitted(people).score(interactions_of([[frozenset({0})], [frozenset({1})]]))
    assert scores[0].argmax() == 1
    assert scores[0, 1] > 0.5
    np.testing.assert_allclose(scores[1], 0, atol=1e-3)  # nobody went on from there


def test_the_order_of_rows_within_a_moment_makes_no_difference() -> None:
    random = np.random.default_rng(5)
    moments = [frozenset(random.choice(N_ITEMS, 3, replace=False).tolist()) for _ in range(30)]
    data = interactions_of([[moment] for moment in moments])
    tied = Interactions(
        *(data.users // 2, data.items, data.ratings, 15, N_ITEMS), lambda: data.users % 2 + 0
    )
    rows = np.unique(tied.users * N_ITEMS + tied.items, return_index=True)[1]
    tied = tied.select(rows)
    shuffled = tied.select(random.permutation(len(tied)))
    first, second = (SequenceRidge().fit(TrainingData(each)) for each in (tied, shuffled))
    np.testing.assert_array_equal(first.weights_, second.weights_)


@given(people=histories())
def test_a_large_moment_makes_targets_but_no_features(people: list[list[Moment]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sequence_ridge, "_LARGEST_MOMENT", 2)
        found = exact_weights(people)
    np.testing.assert_allclose(found, dense_weights(people, largest=2), atol=1e-5)


def test_a_feature_that_has_faded_counts_as_nothing() -> None:
    """At .5, what is ten places away is below 1/1000."""
    n_items = 40
    moments = moments_of(interactions_of([[frozenset({item}) for item in range(n_items)]], n_items))
    data = _sequence_ridge._sequences(moments, (0.5,), 0.0)
    gram = np.zeros((n_items, n_items), dtype=np.float32)
    targets = np.zeros_like(gram)
    _sequence_ridge._add_up(data, gram, targets, 1)
    older, newer = np.nonzero(gram.T)
    assert (newer - older).max() == 9
    source, target = np.nonzero(targets)
    assert {*(target - source).tolist()} == {*range(1, 10)}


def test_only_the_most_rated_items_are_known() -> None:
    often = [[frozenset({0}), frozenset({1}), frozenset({2})]] * 5
    seldom = [[frozenset({0}), frozenset({5}), frozenset({2})]]
    bounded = fitted(often + seldom, n_items=3)
    without = fitted([*often, [frozenset({0}), frozenset({2})]])
    np.testing.assert_array_equal(bounded.items_, [0, 1, 2])
    np.testing.assert_array_equal(bounded.weights_, without.weights_)


def test_items_that_it_does_not_know_say_nothing_and_are_not_recommended() -> None:
    often = [[frozenset({0}), frozenset({1}), frozenset({2})]] * 5
    algorithm = fitted([*often, [frozenset({0}), frozenset({5}), frozenset({2})]], n_items=3)
    users = interactions_of([[frozenset({0})], [frozenset({0}), frozenset({5})]])
    first, second = algorithm.score(users)
    np.testing.assert_array_equal(first, second)
    assert not first[3:].any()
    assert first[1] > 0
    unknown = algorithm.similarities(np.array([5, 0]))
    assert unknown[0].tolist() == [0, 0, 0, 0, 0, 1, 0]
    assert unknown[1, 1] > 0


def test_contributions_are_weights_of_what_was_just_rated() -> None:
    people = [[frozenset({0}), frozenset({1, 2})], [frozenset({1}), frozenset({0})]]
    algorithm = fitted(people)
    found = algorithm.contributions(np.array([2, 5, 1]), np.array([0, 6]))
    short, long = dense_weights(people).reshape(2, N_ITEMS, N_ITEMS)
    expected = (short + long)[np.ix_([0, 6], [2, 5, 1])].T
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_what_is_similar_is_never_lowered_by_a_liking_at_any_age() -> None:
    data = example_data()
    algorithm = SequenceRidge(l2=1.0).fit(TrainingData(data.interactions))
    items = np.arange(data.interactions.n_items)
    near = algorithm.similarities(items)
    is_near = near[np.ix_(algorithm.items_, algorithm.items_)] > 0
    n_items = len(algorithm.items_)
    np.fill_diagonal(is_near, False)
    weights = floats(algorithm.weights_)
    short, long = weights[:n_items], weights[n_items:]
    assert is_near.any()
    for age in (0, 1, 2, 5, 50):
        at_age = 0.6**age * short + 0.93**age * long
        assert (at_age[is_near] >= 0).all()


def test_similarity_is_the_share_of_a_weight_among_those_for_the_same_item() -> None:
    people = [[frozenset({0}), frozenset({1, 2})], [frozenset({3}), frozenset({1})]]
    found = fitted(people).similarities(np.array([0, 3, 1]))
    weights = dense_weights(people).reshape(2, N_ITEMS, N_ITEMS).sum(axis=0)
    np.fill_diagonal(weights, 0)
    shares = weights[:, 1] / np.linalg.norm(weights[:, 1])
    np.testing.assert_allclose(found[:2, 1], shares[[0, 3]], atol=1e-3)
    assert found[2, 1] == 1
    assert found[2, 2] > 0  # they were rated at one time
    assert not found[2, [0, 3, 4, 5, 6]].any()  # nothing follows


def test_says_what_it_needs_before_it_starts() -> None:
    """Reading the times would be the first step."""

    def never() -> Any:
        raise AssertionError("it started")

    n_items = 20_000
    items, users = np.arange(n_items, dtype=np.int32), np.zeros(n_items, dtype=np.int32)
    ones = np.ones(n_items, dtype=np.float32)
    wide = TrainingData(Interactions(users, items, ones, 1, n_items, never))
    with pytest.raises(DataError, match=r"needs 10 GB for 20,000 movies; it can take 13,377"):
        SequenceRidge(n_items=n_items).fit(wide)


def test_tells_its_memory_and_progress() -> None:
    told: list[tuple[str, float]] = []
    SequenceRidge().fit(example_data(), Run(progress=lambda *step: told.append(step)))
    stages, done = zip(*told, strict=True)
    assert set(stages) == {"reading histories (0.0 GB of memory)", "solving for the weights"}
    assert sorted(done[: stages.index("solving for the weights")]) == list(
        done[: stages.index("solving for the weights")]
    )


def test_rates_that_are_exchanged_are_refused() -> None:
    with pytest.raises(UsageError, match=r"short is 0\.9, above long, which is 0\.5"):
        SequenceRidge(short=0.9, long=0.5).fit(example_data())


def test_weights_of_another_shape_are_refused() -> None:
    algorithm = SequenceRidge().fit(example_data())
    state = algorithm.state() | {"items_": algorithm.items_[:-1]}
    with pytest.raises(ValueError, match="do not fit"):
        SequenceRidge.from_state(state, algorithm.parameters())
