"""An attacker who knows everybody else must not tell better than the bound whether one is there.

With (epsilon, delta), an attack that is right about people who are there in a share `t` of the
fits, and wrong about people who are not in a share `f`, has ``t <= exp(epsilon) f + delta``, and
so it is with both exchanged. An attack is chosen on one half of the fits, measured on the other.
"""

from __future__ import annotations

import math
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import beta

from movierec import Recommender
from movierec.privacy import release as module
from movierec.privacy.accounting import sigma_for
from movierec.privacy.noise import DiscreteGaussian
from movierec.privacy.release import Noise, PrivateSums, release
from movierec.privacy.terms import Terms
from movierec.training import private

Statistics = npt.NDArray[np.float64]  # of shape (n_fits, n_statistics)
SURE = 0.999  # of each confidence limit


def excess(present: Statistics, absent: Statistics, epsilon: float, delta: float) -> float:
    """Return by how much the best attack surely breaks the bound; at most 0 if it does not."""
    half = len(present) // 2
    found = -1.0
    for column in range(present.shape[1]):
        for sign in (1, -1):
            pair = (sign * present[:, column], sign * absent[:, column])
            for yes, no in (pair, (-pair[1], -pair[0])):
                cut = _best_cut(yes[:half], no[:half], epsilon)
                hits, misses = ((part[half:] > cut).sum() for part in (yes, no))
                n_left = len(yes) - half
                low = beta.ppf(1 - SURE, hits, n_left - hits + 1) if hits else 0.0
                high = beta.ppf(SURE, misses + 1, n_left - misses) if misses < n_left else 1.0
                found = max(found, float(low - math.exp(epsilon) * high - delta))
    return found


def _best_cut(yes: npt.NDArray[Any], no: npt.NDArray[Any], epsilon: float) -> float:
    """Return the threshold with the most hits next to what false alarms allow."""
    cuts = np.unique(np.concatenate([yes, no]))
    hits, alarms = (len(part) - np.searchsorted(np.sort(part), cuts, "right") for part in (yes, no))
    return float(cuts[np.argmax(hits - math.exp(epsilon) * alarms)])


def crowd() -> csr_matrix:
    """600 people; the last one, who is attacked, gave all movies the highest rating."""
    random = np.random.default_rng(0)
    rated = random.random((600, 20)) < 0.85
    rated[-1] = True
    values = random.integers(1, 6, rated.shape).astype(np.float32)
    values[-1] = 5
    users, items = np.nonzero(rated)
    return csr_matrix((values[rated], (users, items)), shape=rated.shape)


def statistics(found: PrivateSums, noise: Noise) -> list[float]:
    """Return what the person changes, part by part, and the likelihood ratio of all parts."""
    products = found.products.sum() / 2 / len(found.items)
    counts = int(found.n_ratings.sum())
    ratio = products / found.noise**2 + counts / noise.counts**2 + found.n_people / noise.people**2
    return [found.n_people, counts, found.mean_ratings.sum(), products, ratio]


def attacked(epsilon: float, n_fits: int) -> tuple[Statistics, Statistics]:
    both, terms = crowd(), Terms(epsilon)
    random, noise = np.random.default_rng(1).bytes, Noise.of(terms)
    found = [
        [statistics(release(people, terms, random), noise) for _ in range(n_fits)]
        for people in (both, both[:-1])
    ]
    return np.array(found[0]), np.array(found[1])


@pytest.fixture(autouse=True)
def _tables_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DiscreteGaussian", cache(DiscreteGaussian))


@pytest.fixture
def _sums_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has too many ratings, so that only the noise differs from fit to fit."""
    known: dict[Any, Any] = {}

    def once(name: str) -> Any:
        made = getattr(module, name)

        def call(people: csr_matrix, *others: Any) -> Any:
            key = name, people.shape, others
            if key not in known:
                known[key] = made(people, *others)
            return deepcopy(known[key])

        return call

    for name in ("sums_of_items", "sums_of_products"):
        monkeypatch.setattr(module, name, once(name))
    monkeypatch.setattr(module, "at_most", lambda people, most, random: people)


@pytest.mark.usefixtures("_sums_are_made_once")
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_membership_is_not_told_better_than_the_bound(epsilon: float) -> None:
    present, absent = attacked(epsilon, 4000)
    assert excess(present, absent, epsilon, 1e-6) <= 0
    assert excess(present, absent, 0.0, 0.0) > 0  # it is a real attack: chance would tell less


@pytest.mark.usefixtures("_sums_are_made_once")
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_too_little_noise_is_detected(epsilon: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_small(sensitivity_squared: float, rho: float) -> int:
        return max(sigma_for(sensitivity_squared, rho) // 5, 1)

    monkeypatch.setattr(module, "sigma_for", too_small)
    assert excess(*attacked(epsilon, 4000), epsilon, 1e-6) > 0


def small_crowd() -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(2)
    rated = random.random((200, 12)) < 0.8
    users, items = np.nonzero(rated)
    values = random.integers(1, 6, len(users))
    ratings = pd.DataFrame({"userId": users, "movieId": items, "rating": values})
    mine = pd.DataFrame({"userId": 777_777, "movieId": range(12), "rating": 4.5})
    titles = [f"Film {number} (19{50 + number})" for number in range(12)]
    movies = pd.DataFrame({"movieId": range(12), "title": titles, "genres": "Drama"})
    return pd.concat([ratings, mine], ignore_index=True), movies


def numbers_in(value: Any) -> list[float]:
    """Return all numbers in a card, a summary or arrays, and what texts add up to."""
    if isinstance(value, dict):
        return [each for name in sorted(value) for each in numbers_in(value[name])]
    if isinstance(value, list | tuple):
        found = [each for part in value for each in numbers_in(part)]
        return [float(len(found)), float(sum(found))]
    if isinstance(value, str):
        return [float(len(value))]
    return [float(value or 0)]


def of_model(ratings: pd.DataFrame, movies: pd.DataFrame) -> list[float]:
    """Return statistics of all that a model holds."""
    model = Recommender.fit(ratings, movies, epsilon=1)._model
    card = {name: value for name, value in model.card.items() if name != "created"}
    assert model.vectors is not None
    arrays: list[Any] = [*model.catalog.to_arrays().values(), *model.vectors.to_arrays().values()]
    arrays += [*model.neighbors.to_arrays().values(), *model.load_algorithm().state().values()]
    sums = [
        np.asarray(array, np.float64).sum()
        for array in map(np.asarray, arrays)
        if array.dtype.kind in "iuf"
    ]
    return [*numbers_in(card), *numbers_in(model.load_summary()), *sums]


def padded(rows: list[list[float]]) -> Statistics:
    longest = max(map(len, rows))
    return np.array([row + [0.0] * (longest - len(row)) for row in rows])


def models(n_fits: int) -> tuple[Statistics, Statistics]:
    ratings, movies = small_crowd()
    without = ratings[ratings["userId"] != 777_777]
    rows = [of_model(people, movies) for people in (ratings, without) for _ in range(n_fits)]
    every = padded(rows)
    return every[:n_fits], every[n_fits:]


@pytest.mark.usefixtures("seeded_noise")
def test_no_part_of_a_model_tells_membership() -> None:
    assert excess(*models(60), 1.0, 1e-6) <= 0


def test_an_exact_number_in_a_model_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    def exact(people: csr_matrix, terms: Terms) -> PrivateSums:
        return release(people, terms)._replace(n_people=people.shape[0])

    monkeypatch.setattr(private, "release", exact)
    assert excess(*models(60), 1.0, 1e-6) > 0
