"""Networks and their losses: what they look at, gradients, and scores."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import Interactions
from movierec.algorithms._neural.answers import Validation, probabilities
from movierec.algorithms._neural.losses import sampled_loss
from movierec.algorithms._neural.packing import Sequences
from movierec.algorithms._neural.sequence_model import SequenceModel, _NextItem
from movierec.algorithms.neumf import NeuMf, _Pairs
from movierec.algorithms.registry import load
from movierec.testing import example_data
from tests.networks import SEQUENCE_MODELS, needs_jax, small

Dense = np.ndarray[Any, Any]

USERS = example_data().interactions
N_ITEMS = USERS.n_items
SPLIT = Validation.of(USERS, 0, by_time=True)


def network(name: str, **parameters: Any) -> tuple[SequenceModel, dict[str, Dense]]:
    """Return a model, and weights of which none is 0."""
    model = load(name)(**small(name) | {"dropout": 0.0} | parameters)
    assert isinstance(model, SequenceModel)
    return model, all_different(model._initial(Sequences.of(SPLIT.train), N_ITEMS))


def all_different(weights: dict[str, Dense]) -> dict[str, Dense]:
    random = np.random.default_rng(3)
    return {
        name: (value + random.normal(0, 0.2, value.shape)).astype(np.float32)
        for name, value in weights.items()
    }


# What a network looks at


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
@given(data=st.data())
def test_no_item_looks_at_later_ones_or_at_other_segments(name: str, data: st.DataObject) -> None:
    model, weights = network(name, n_blocks=2)
    items = np.array([data.draw(st.lists(st.integers(0, N_ITEMS - 1), min_size=9, max_size=9))])
    cuts = np.array([data.draw(st.lists(st.booleans(), min_size=9, max_size=9))])
    segments, place = cuts.cumsum(axis=1), data.draw(st.integers(0, 8))
    found = model.forward(np, weights, items, segments)[0, place]
    hidden = (np.arange(9) > place) | (segments[0] != segments[0, place])
    other = np.where(hidden, (items + 1) % N_ITEMS, items)
    changed = model.forward(np, weights, other, segments)[0, place]
    np.testing.assert_allclose(changed, found, rtol=1e-5, atol=1e-6)
    seen = np.flatnonzero(~hidden)
    alone = model.forward(np, weights, items[:, seen], segments[:, seen])[0, -1]
    np.testing.assert_allclose(alone, found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_a_network_looks_at_each_earlier_item_and_at_their_order(name: str) -> None:
    model, weights = network(name, n_blocks=2)
    items, segments = np.arange(8)[None], np.zeros((1, 8), np.int32)
    found = model.forward(np, weights, items, segments)[0, -1]
    for place in range(8):
        other = items.copy()
        other[0, place] = 20
        changed = model.forward(np, weights, other, segments)[0, -1]
        assert np.abs(changed - found).max() > 1e-4, place
    swapped = model.forward(np, weights, items[:, [1, 0, *range(2, 8)]], segments)[0, -1]
    assert np.abs(swapped - found).max() > 1e-5


@needs_jax
@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_jax_and_numpy_compute_the_same(name: str) -> None:
    model, weights = network(name, n_blocks=2)
    items, segments = Sequences.of(USERS).latest(np.arange(10), model.length)
    jnp = import_module("jax.numpy")
    found, expected = (model.forward(xp, weights, items, segments) for xp in (jnp, np))
    assert np.asarray(found).dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=5e-6)


# Losses and gradients


def cross_entropy(logits: list[float], target: int) -> float:
    return math.log(sum(math.exp(logit) for logit in logits)) - logits[target]


@needs_jax
def test_sampled_loss_among_all_items_is_the_cross_entropy() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (5, 8)).astype(np.float32)
    targets = np.array([0, 7, 3, 3, 1])
    found = sampled_loss(
        logits[np.arange(5), targets], logits, np.arange(8) == targets[:, None], n_items=8
    )
    pairs = zip(logits.tolist(), targets.tolist(), strict=True)
    expected = [cross_entropy(row, target) for row, target in pairs]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@needs_jax
def test_sampled_loss_estimates_the_cross_entropy() -> None:
    """The sum over all items, whose logarithm is in the loss, is estimated without a bias."""
    random = np.random.default_rng(1)
    logits = random.normal(0, 1, 300).astype(np.float32)
    samples = random.integers(0, 300, (4000, 100))
    losses = sampled_loss(np.full(4000, logits[5]), logits[samples], samples == 5, 300)
    sums = np.exp(np.asarray(losses) + logits[5])
    assert sums.mean() == pytest.approx(np.exp(logits).sum(), rel=0.01)


@needs_jax
def test_sampled_loss_of_large_numbers_and_of_nothing_else() -> None:
    positive, others = np.full(1, 1e4, np.float32), np.array([[-1e4, 1e4]], np.float32)
    assert float(sampled_loss(positive, others, np.ones((1, 2), bool), n_items=9)[0]) == 0
    large = sampled_loss(positive, others, np.zeros((1, 2), bool), n_items=2)
    np.testing.assert_allclose(large, [math.log(2)], rtol=1e-5)


def check_gradients(problem: Any, weights: dict[str, Dense], batch: Any) -> None:
    """Compare the gradient by each array of weights with a difference of losses, in float64."""
    import jax

    old: Any = jax.experimental  # where it was before JAX 0.8
    in_float64 = jax.enable_x64 if hasattr(jax, "enable_x64") else old.enable_x64
    key, random = jax.random.key(0), np.random.default_rng(2)
    with in_float64(True):
        exact = {name: jax.numpy.asarray(value, "float64") for name, value in weights.items()}
        both = jax.jit(jax.value_and_grad(problem.loss))
        _, gradients = both(exact, batch, key)
        for name, value in exact.items():
            direction = random.normal(size=value.shape)
            step = 1e-6 / np.linalg.norm(direction) * direction
            ahead, back = (
                both(exact | {name: value + way * step}, batch, key)[0] for way in (1, -1)
            )
            slope = float((gradients[name] * step).sum())
            assert float(ahead - back) / 2 == pytest.approx(slope, rel=2e-3, abs=1e-11), name
            assert np.abs(gradients[name]).max() > 0, name


@needs_jax
@pytest.mark.parametrize(
    ("name", "n_negatives"), [("sasrec", 500), ("sasrec", 4), ("gru4rec", 4), ("nextitnet", 500)]
)
def test_gradients_of_sequence_models(name: str, n_negatives: int) -> None:
    model, weights = network(name, n_negatives=n_negatives, length=9)
    problem = _NextItem(model, SPLIT)
    batch = next(problem.batches(np.random.default_rng(0)))
    assert len(batch[1]) == min(n_negatives, N_ITEMS)
    check_gradients(problem, weights, batch)


@needs_jax
def test_gradients_of_neumf() -> None:
    model = NeuMf(n_factors=6, dropout=0.0, n_negatives=9)
    problem = _Pairs(model, SPLIT)
    weights = all_different(model._initial(SPLIT.train))
    check_gradients(problem, weights, next(problem.batches(np.random.default_rng(0))))


@needs_jax
@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_loss_is_the_mean_cross_entropy_of_next_items(name: str) -> None:
    """By the answers of NumPy, one history at a time; a batch packs several in a row."""
    model, weights = network(name)
    problem = _NextItem(model, SPLIT)
    batch = next(problem.batches(np.random.default_rng(0)))
    rows, losses = batch[0], []
    for row, segments in zip(range(len(rows.items)), rows.segments, strict=True):
        for place in np.flatnonzero(rows.weights[row]):
            seen = np.flatnonzero(
                (segments == segments[place]) & (np.arange(len(segments)) <= place)
            )
            own = rows.items[row, seen][None]
            vector = model.forward(np, weights, own, np.zeros_like(own))[0, -1].astype(float)
            logits = weights["item_factors"] @ vector + weights["item_bias"]
            losses.append(cross_entropy(logits.tolist(), int(rows.targets[row, place])))
    jax = import_module("jax")
    found = float(problem.loss(weights, batch, jax.random.key(0)))
    assert found == pytest.approx(np.mean(losses), rel=1e-5)


# What the parameters are for


class ReadyError(Exception):
    """All is ready to be trained."""


def ready(name: str, monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> dict[str, Any]:
    """Return what a training of a model would start from, parameter by parameter."""
    kept: dict[str, Any] = {}

    class Kept:
        def __init__(self, problem: Any, schedule: Any, *others: Any) -> None:
            first = next(problem.batches(np.random.default_rng(0)))
            kept.update(vars(schedule), dropout=problem._model.dropout)
            if name == "neumf":
                kept["n_negatives"] = len(first.negatives)
            else:
                kept.update(length=first[0].items.shape[1], n_negatives=len(first[1]))

        def train(self, weights: dict[str, Dense]) -> None:
            kept["weights"] = weights
            raise ReadyError

    monkeypatch.setattr(f"{load(name).__mro__[name != 'neumf'].__module__}.Trainer", Kept)
    with pytest.raises(ReadyError):
        load(name)(**parameters).fit(example_data())
    return kept


@pytest.mark.parametrize("name", [*SEQUENCE_MODELS, "neumf"])
def test_every_parameter_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {"n_factors": 12, "dropout": 0.3, "n_negatives": 7, "n_epochs": 9}
    given |= {"learning_rate": 0.004, "minutes": 2.5, "patience": 3, "seed": 5}
    given |= {} if name == "neumf" else {"n_blocks": 3, "length": 6}
    given |= {"n_heads": 4} if name == "sasrec" else {}
    found = ready(name, monkeypatch, **given)
    weights = found.pop("weights")
    other = ready(name, monkeypatch, **given | {"seed": 6}).pop("weights")
    assert not np.array_equal(weights["item_factors"], other["item_factors"])
    width = 24 if name == "neumf" else 12
    assert weights["item_factors"].shape == (N_ITEMS, width)
    by_block = {"sasrec": "output", "gru4rec": "input", "nextitnet": "kernel"}
    if name in by_block:
        assert len(weights[by_block[name]]) == 3
    if name == "sasrec":
        assert weights["distances"].shape == (3, 4, 6)
    rest = given.keys() - {"n_factors", "n_blocks", "n_heads"}
    assert found == {parameter: given[parameter] for parameter in rest}


# Neural matrix factorization


def test_neumf_logits() -> None:
    """One person and one item at a time, as in He et al. (2017), equations 9 to 12."""
    d = 6
    model = NeuMf(n_factors=d)
    weights = all_different(model._initial(USERS))
    found = model.logits(USERS, weights)
    for user in (0, 7):
        rated = USERS.items[USERS.users == user]
        person = sum(weights["rated_factors"][item].astype(float) for item in rated)
        person = person / math.sqrt(len(rated))
        for item in range(N_ITEMS):
            vector = weights["item_factors"][item].astype(float)
            product = person[:d] * vector[:d]
            joined = np.concatenate([person[d:], vector[d:]])
            hidden = joined @ weights["first"].reshape(2 * d, d) + weights["first_bias"]
            hidden = np.maximum(hidden, 0) @ weights["second"] + weights["second_bias"]
            last = np.concatenate([product, np.maximum(hidden, 0)])
            logit = last @ np.concatenate([weights["product"], weights["last"]])
            expected = logit + weights["item_bias"][item]
            assert found[user, item] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_neumf_is_trained_to_find_items_by_others() -> None:
    model = NeuMf(n_negatives=7)
    own = USERS.user_items
    for batch in _Pairs(model, Validation.of(USERS, 0, by_time=False)).batches(
        np.random.default_rng(1)
    ):
        assert batch.negatives.shape == (7,)
        for rated, is_rated, positives, counted in zip(*batch[:4], strict=True):
            given, wanted = set(rated[is_rated > 0]), set(positives[counted > 0])
            assert given
            assert wanted
            assert not given & wanted
            assert len(given) == is_rated.sum() >= counted.sum() == len(wanted)
            assert any(given | wanted <= set(row.indices) for row in own)


# Answers


def test_probabilities_are_reduced_by_dislikes_only() -> None:
    logits = np.array([[0, 1, 2], [3, 3, 3], [1, 0, 0]], np.float32)
    similar = np.array([[1, 0.5, -0.4], [0.5, 1, 0.9], [-0.4, 0.9, 1]], np.float32)
    users, items = np.array([0, 0, 1, 1], np.int32), np.array([0, 2, 1, 2], np.int32)
    ratings = np.array([-0.5, 1, -0.8, -0.7], np.float32)
    given = Interactions(users, items, ratings, 3, 3)
    found = probabilities(logits, given, lambda disliked: similar[disliked])
    assert found.dtype == np.float32
    sums = sum(math.exp(v) for v in (0, 1, 2))
    first = [math.exp(0) / sums * 0.5, math.exp(1) / sums * 0.75, math.exp(2) / sums]
    second = [(1 - 0.8 * 0.5) / 3, 0, 0]  # two dislikes together leave nothing
    third = [math.e / (math.e + 2), 1 / (math.e + 2), 1 / (math.e + 2)]
    np.testing.assert_allclose(found, [first, second, third], rtol=1e-5)
    liked = replace(given, ratings=np.abs(ratings))
    plain = probabilities(logits, liked, lambda disliked: similar[disliked])
    np.testing.assert_allclose(plain.sum(axis=1), 1, rtol=1e-6)


@given(st.integers(0, 1000))
def test_ndcg_of_validation(seed: int) -> None:
    """Sort the list of each person who has one film held out."""
    random = np.random.default_rng(seed)
    split = Validation.of(USERS, seed, by_time=True)
    scores = random.integers(0, 6, (len(split.users), N_ITEMS)).astype(np.float32)
    gains = []
    for user, target, row in zip(split.users, split.targets, scores, strict=True):
        known = set(split.train.items[split.train.users == user])
        assert target not in known
        listed = [item for item in range(N_ITEMS) if item not in known]
        listed.sort(key=lambda item: (-row[item], item == target))  # ties count against it
        place = listed.index(target)
        gains.append(1 / math.log2(place + 2) if place < 10 else 0)
    assert split.ndcg(scores) == pytest.approx(np.mean(gains))


def test_a_network_that_answers_no_numbers_is_not_good() -> None:
    nothing = np.full((len(SPLIT.users), N_ITEMS), np.nan, np.float32)
    random = np.random.default_rng(0).random(nothing.shape).astype(np.float32)
    assert SPLIT.ndcg(nothing) < SPLIT.ndcg(random)
    assert SPLIT.ndcg(np.zeros_like(nothing)) < SPLIT.ndcg(random)
