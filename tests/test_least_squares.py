"""Alternating least squares, next to the same equations solved densely in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from movierec import Interactions, Run, TrainingData, _util
from movierec.algorithms import als
from movierec.algorithms.als import Als

Dense = np.ndarray[Any, Any]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few people be scored as many are, and in several parts."""
    monkeypatch.setattr(als, "_MANY", 0)
    monkeypatch.setattr(_util, "_PART", 64)


def people(seed: int = 0, n_users: int = 60, n_items: int = 40) -> Interactions:
    """Preferences of both signs; the first user and the first item have none."""
    draw = np.random.default_rng(seed)
    tastes = draw.normal(size=(n_users, 3)) @ draw.normal(size=(3, n_items))
    is_rated = draw.random(tastes.shape) < 1 / (1 + np.exp(1 - tastes))
    is_rated[0], is_rated[:, 0] = False, False
    values = np.where(draw.random(tastes.shape) < 0.7, 1.0, -0.5) * is_rated
    return Interactions.from_user_items(csr_matrix(values.astype(np.float32)))


def solved(preferences: Dense, others: Dense, l2: float, unobserved: float) -> Dense:
    """Solve for each row of preferences, in float64."""
    found = np.zeros((len(preferences), others.shape[1]))
    for row in np.flatnonzero(preferences.any(axis=1)):
        liked, disliked = preferences[row] > 0, np.minimum(preferences[row], 0)
        ridge = l2 * (liked.sum() + unobserved * len(others)) * np.eye(others.shape[1])
        normal = others.T @ ((unobserved + liked)[:, None] * others) + ridge
        found[row] = np.linalg.solve(normal, others.T @ (liked + unobserved * disliked))
    return found


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("l2", "unobserved"), [(0.01, 0.3), (1e-4, 0.05), (0.5, 2.0), (0.02, 0.0)])
def test_many_people_are_scored_by_the_solution_of_their_equations(
    l2: float, unobserved: float
) -> None:
    given = people()
    model = Als(n_factors=7, l2=l2, unobserved=unobserved, n_iterations=3).fit(TrainingData(given))
    factors = model.item_factors_.astype(np.float64)
    expected = solved(given.user_items.toarray(), factors, l2, unobserved) @ factors.T
    np.testing.assert_allclose(model.score(given), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.usefixtures("many")
def test_many_people_get_the_scores_that_few_get(monkeypatch: pytest.MonkeyPatch) -> None:
    given = people()
    model = Als(n_factors=7).fit(TrainingData(given))
    of_many = model.score(given)
    monkeypatch.setattr(als, "_MANY", 10**9)
    np.testing.assert_allclose(of_many, model.score(given), rtol=1e-3, atol=1e-4)


def loss(known: Dense, users: Dense, items: Dense, l2: float, unobserved: float) -> float:
    """Return what the method makes small; see the docstring of :class:`Als`."""
    predicted = users @ items.T
    errors = known * (1 - predicted) ** 2 + unobserved * predicted**2
    of_users = (known.sum(axis=1) + unobserved * len(items)) @ (users**2).sum(axis=1)
    of_items = (known.sum(axis=0) + unobserved * len(users)) @ (items**2).sum(axis=1)
    return float(errors.sum() + l2 * (of_users + of_items))


@pytest.mark.parametrize("n_iterations", [4, 30])
def test_a_fit_makes_the_loss_as_small_as_exact_solutions_do(n_iterations: int) -> None:
    l2, unobserved = 0.01, 0.3
    given = people(1)
    known = (given.user_items.toarray() != 0).astype(np.float64)
    own = Als(n_factors=6, l2=l2, unobserved=unobserved, n_iterations=n_iterations)
    items = own.fit(TrainingData(given)).item_factors_.astype(np.float64)
    exact = np.random.default_rng(0).normal(0, 0.1 / np.sqrt(6), items.shape)
    for _ in range(n_iterations):
        exact = solved(known.T, solved(known, exact, l2, unobserved), l2, unobserved)
    found, least = (
        loss(known, solved(known, each, l2, unobserved), each, l2, unobserved)
        for each in (items, exact)
    )
    assert found == pytest.approx(least, rel=0.01)


@pytest.mark.usefixtures("many")
def test_threads_do_not_change_a_figure() -> None:
    data = TrainingData(people())
    one, again, four = (
        Als(n_factors=9).fit(data, Run(n_threads=n)).item_factors_ for n in (1, 1, 4)
    )
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(one, four)


def test_people_and_movies_that_nothing_joins_to_others_get_factors_of_zero_or_nearly() -> None:
    """Their factors shrink in each iteration, until their squares are 0 in float32."""
    common = people()
    rows = np.concatenate([common.users, [60, 61, 62]]).astype(np.int32)
    items = np.concatenate([common.items, [40, 41, 42]]).astype(np.int32)
    ratings = np.concatenate([common.ratings, np.ones(3)]).astype(np.float32)
    data = TrainingData(Interactions(rows, items, ratings, 63, 43))
    model = Als(n_factors=5, l2=0.3, unobserved=0.9, n_iterations=200).fit(data)
    assert np.isfinite(model.item_factors_).all()
    assert np.abs(model.item_factors_[40:]).max() < 1e-12
    assert np.isfinite(model.score(data.interactions)).all()


def test_the_weight_of_what_was_not_rated_follows_the_density() -> None:
    given = people()
    density = len(given) / (60 * 40)
    model = Als(n_factors=3).fit(TrainingData(given))
    assert model.unobserved_[0] == pytest.approx(min(4 * density**0.65, 1))
    same = Als(n_factors=3, unobserved=float(model.unobserved_[0])).fit(TrainingData(given))
    np.testing.assert_allclose(model.score(given), same.score(given), rtol=1e-4, atol=1e-6)
    sparse = Interactions(given.users, given.items, given.ratings, 6000, 4000)
    assert als.weight_of_unobserved(sparse) == pytest.approx(4 * (density / 10_000) ** 0.65)


def test_a_restored_model_has_its_weight() -> None:
    model = Als(n_factors=3).fit(TrainingData(people()))
    state = model.state()
    again = Als.from_state(state, model.parameters())
    np.testing.assert_array_equal(again.score(people(1)), model.score(people(1)))
    for wrong in (np.nan, -1.0, np.inf):
        damaged = {**state, "unobserved_": np.array([wrong], np.float32)}
        with pytest.raises(ValueError, match="no weight"):
            Als.from_state(damaged, model.parameters())
    del state["unobserved_"]  # as in models made before, which name the weight
    older = Als.from_state(state, {**model.parameters(), "unobserved": float(model.unobserved_[0])})
    np.testing.assert_allclose(older.score(people(1)), model.score(people(1)), rtol=1e-4)
    with pytest.raises(ValueError, match="no weight"):
        Als.from_state(state, model.parameters())
