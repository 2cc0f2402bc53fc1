"""How true a map is, against slow definitions and scikit-learn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.manifold import trustworthiness as oracle

from movierec import Recommender
from movierec.maps.truth import share_kept, similarities_of, trustworthiness

Floats = npt.NDArray[np.float64]


def points(n: int, seed: int) -> tuple[Floats, npt.NDArray[np.uint16], npt.NDArray[np.float32]]:
    """Return points in space, half of which keep their places on a map, and their similarities."""
    random = np.random.default_rng(seed)
    space = random.normal(size=(n, 5))
    flat = space[:, :2] + random.normal(size=(n, 2)) * (np.arange(n) % 2)[:, None]
    places = ((flat - flat.min(axis=0)) / np.ptp(flat, axis=0) * 65535).astype(np.uint16)
    distances = np.linalg.norm(space[:, None] - space[None], axis=2)
    return space, places, -distances.astype(np.float32)


@pytest.mark.parametrize("n", [21, 60, 300])
def test_trustworthiness_is_that_of_scikit_learn(n: int) -> None:
    space, places, similarities = points(n, seed=n)
    expected = oracle(space, places.astype(float), n_neighbors=10)
    found = trustworthiness(lambda items: similarities[items], places, n)
    assert found == pytest.approx(expected, abs=1e-6)


def test_some_movies_estimate_it() -> None:
    _, places, similarities = points(600, seed=1)
    whole, part = (
        trustworthiness(lambda items: similarities[items], places, n) for n in (600, 200)
    )
    assert part == pytest.approx(whole, abs=0.02)
    assert part != whole


def test_trustworthiness_needs_movies() -> None:
    _, places, similarities = points(20, seed=2)
    assert trustworthiness(lambda items: similarities[items], places) is None


@pytest.mark.parametrize("n", [5, 40, 200])
def test_the_share_kept_is_what_it_says(n: int) -> None:
    _, places, similarities = points(n, seed=n)
    random = np.random.default_rng(n)
    order = np.argsort(-(similarities - np.eye(n) * 1e9), axis=1)[:, : min(20, n - 1)]
    neighbors = order.astype(np.int32)
    neighbors[random.random(neighbors.shape) < 0.2] = -1
    kept = []
    for item in range(n):
        away = np.hypot(*(places - places[item].astype(float)).T)
        away[item] = np.inf
        near = set(np.argsort(away)[: min(50, n - 1)].tolist())
        kept += [other in near for other in neighbors[item, :10].tolist() if other >= 0]
    assert share_kept(neighbors, places) == pytest.approx(np.mean(kept))


def test_nothing_is_kept_of_nothing() -> None:
    assert share_kept(np.full((3, 2), -1, np.int32), np.zeros((3, 2), np.uint16)) is None


def test_movies_in_one_place_are_near() -> None:
    neighbors = np.array([[1], [0], [1]], np.int32)
    assert share_kept(neighbors, np.zeros((3, 2), np.uint16)) == 1


def test_similarities_are_those_of_the_model(sample: Recommender) -> None:
    similarities = similarities_of(sample._model)
    assert similarities is not None
    rows = similarities(np.array([0, 5]))
    for row, item in zip(rows, (0, 5), strict=True):
        table = sample._model.neighbors
        near = np.asarray(table.neighbors)[item]
        np.testing.assert_allclose(row[near], np.asarray(table.similarities)[item], rtol=1e-4)


def test_a_model_whose_ratings_were_left_out_may_not_say() -> None:
    plain = Recommender.fit(weighting="none", with_ratings=False)
    assert similarities_of(plain._model) is None
