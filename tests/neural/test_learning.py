"""What networks learn from people whose order is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from movierec import Algorithm, Interactions, TrainingData, UsageError
from movierec.algorithms._neural.answers import Validation
from movierec.algorithms.registry import load
from movierec.algorithms.sasrec import SasRec
from movierec.algorithms.sequence_ridge import SequenceRidge
from tests.networks import SEQUENCE_MODELS, needs_jax, small

pytestmark = needs_jax


def in_circles(n_users: int = 150, n_items: int = 30, length: int = 12) -> Interactions:
    """Return people who watch films in the order of a circle, each from another one on."""
    random = np.random.default_rng(0)
    starts, step = random.integers(0, n_items, n_users), np.arange(length)
    circle = random.permutation(n_items)  # so that the ids do not tell
    items = circle[(starts[:, None] + step) % n_items].ravel().astype(np.int32)
    users = np.repeat(np.arange(n_users, dtype=np.int32), length)
    times, ones = np.tile(60 * step, n_users), np.ones(len(users), np.float32)
    return Interactions(users, items, ones, n_users, n_items, lambda: times)


SPLIT = Validation.of(in_circles(), 5, by_time=True)
PEOPLE = SPLIT.train.for_users(SPLIT.users)


def fit(name: str, **parameters: Any) -> Algorithm:
    return load(name)(**small(name) | {"minutes": 1e5} | parameters).fit(TrainingData(SPLIT.train))


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_a_network_learns_an_order(name: str) -> None:
    parameters: dict[str, Any] = {"n_factors": 16, "n_epochs": 3, "learning_rate": 0.02}
    parameters |= {"blend": False} if name == "sasrec" else {}
    scores = fit(name, dropout=0.0, **parameters).score(PEOPLE)
    popular = load("popular")().fit(TrainingData(SPLIT.train)).score(PEOPLE)
    assert (scores.argmax(axis=1) == SPLIT.targets).mean() > 0.8
    assert SPLIT.ndcg(scores) > 0.95
    assert SPLIT.ndcg(popular) < 0.4


@pytest.fixture(scope="module")
def alone(few_steps: None) -> Algorithm:
    """A network without a ridge."""
    return fit("sasrec", blend=False)


def test_sasrec_does_without_the_ridge_where_it_is_no_better(alone: Algorithm) -> None:
    blended = fit("sasrec")
    assert not blended.state()["blend_"][0]
    assert blended.state().keys() == alone.state().keys()
    np.testing.assert_array_equal(blended.score(PEOPLE), alone.score(PEOPLE))


def test_sasrec_is_blended_with_the_ridge_where_that_is_better(alone: Algorithm) -> None:
    """The ridge knows the circle, of which a network whose vectors are random knows nothing."""
    assert isinstance(alone, SasRec)
    blended = SasRec.from_state(alone.state(), alone.parameters())
    random = np.random.default_rng(0)
    blended.item_factors_ = random.normal(size=blended.item_factors_.shape).astype(np.float32)
    usual = blended.score(PEOPLE).astype(float)
    blended._ridge = SequenceRidge().fit(TrainingData(SPLIT.train))
    scores = blended._ridge.score(PEOPLE).astype(float)
    blended._choose_blend(SPLIT)
    assert blended.blend_[0] == np.float32(0.8)
    ridge = (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)
    expected = usual * np.exp(0.8 * ridge)
    expected /= expected.sum(axis=1, keepdims=True)
    found = blended.score(PEOPLE)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert SPLIT.ndcg(found) > SPLIT.ndcg(usual.astype(np.float32)) + 0.1
    again = SasRec.from_state(blended.state(), blended.parameters())
    np.testing.assert_array_equal(again.score(PEOPLE), found)


def test_heads_that_do_not_divide_the_vectors_are_refused() -> None:
    with pytest.raises(UsageError, match="n_factors is 8; it must be a multiple of n_heads"):
        fit("sasrec", n_heads=3)
