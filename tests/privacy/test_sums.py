"""What one person can change, on random data with and without that person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack

from movierec.privacy import release as module
from movierec.privacy.release import (
    MOST_RATINGS,
    Noise,
    at_most,
    people_vectors,
    release,
    sums_of_items,
    sums_of_products,
)
from movierec.privacy.terms import Terms

TERMS = Terms(1.0)
LENGTH = Noise.of(TERMS).length
UNITS = module._UNITS


def people(seed: int, n_people: int, n_items: int, density: float) -> csr_matrix:
    """Ratings by random people, some of which are off the scale."""
    random = np.random.default_rng(seed)
    rated = random.random((n_people, n_items)) < density
    values = random.choice([-100.0, 0.5, 1, 3, 4.5, 5, 100], rated.shape).astype(np.float32)
    users, items = np.nonzero(rated)
    return csr_matrix((values[rated], (users, items)), shape=rated.shape)


def upper(products: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return products[np.triu_indices(len(products), 1)]


def squared(change: npt.NDArray[np.int64]) -> int:
    return sum(int(value) ** 2 for value in change)


@given(
    seed=st.integers(0, 2**32),
    n_people=st.integers(1, 20),
    n_items=st.integers(1, 150),
    density=st.floats(0.01, 1),
)
@settings(deadline=None, max_examples=150)
def test_nobody_changes_more_than_the_noise_is_for(
    seed: int, n_people: int, n_items: int, density: float
) -> None:
    both = at_most(people(seed, n_people, n_items, density), MOST_RATINGS, bytes)
    without = both[:-1]
    n_with, counts_with, sums_with = sums_of_items(both, TERMS)
    n_without, counts_without, sums_without = sums_of_items(without, TERMS)
    assert n_with - n_without in (0, 1)
    assert squared(counts_with - counts_without) <= MOST_RATINGS
    assert squared(sums_with - sums_without) <= MOST_RATINGS * UNITS**2
    products = [sums_of_products(each, TERMS, LENGTH) for each in (both, without)]
    assert all((each == each.T).all() and not each.diagonal().any() for each in products)
    change = squared(upper(products[0] - products[1]))
    assert 2 * MOST_RATINGS * change <= LENGTH**4 * (MOST_RATINGS - 1)
    lengths = people_vectors(both, TERMS, LENGTH).power(2).sum(axis=1)
    assert (lengths <= LENGTH**2).all()


def test_the_constants_are_reached() -> None:
    """More noise than the constants ask for would be wasted."""
    full = csr_matrix(np.full((1, MOST_RATINGS), 5, np.float32))
    _, counts, sums = sums_of_items(full, TERMS)
    assert squared(counts) == MOST_RATINGS
    assert squared(sums) == MOST_RATINGS * UNITS**2
    few = csr_matrix(np.full((1, 64), 5, np.float32))  # whose weights are whole: 16 each
    change = squared(upper(sums_of_products(few, TERMS, LENGTH)))
    assert change >= 0.7 * LENGTH**4 * (1 - 1 / MOST_RATINGS) / 2


def test_noise_is_for_these_constants_and_within_the_budget() -> None:
    from movierec.privacy.accounting import rho_for

    noise, most = Noise.of(TERMS), MOST_RATINGS
    spent = (
        1 / noise.people**2
        + most / noise.counts**2
        + most * UNITS**2 / noise.sums**2
        + noise.length**4 * (1 - 1 / most) / 2 / noise.products**2
    ) / 2
    assert 0.95 * rho_for(1.0, 1e-6) < spent <= rho_for(1.0, 1e-6)


def test_at_most_keeps_few_ratings_and_draws_them_at_random() -> None:
    ratings = vstack([people(0, 5, 150, 0.9), people(1, 5, 150, 0.1)], format="csr")
    ratings.data[3] = 0  # a rating of 0 is a rating
    random = np.random.default_rng(0).bytes
    kept = np.zeros(ratings.shape)
    for _ in range(300):
        found = at_most(ratings, 40, random)
        assert np.array_equal(np.diff(found.indptr), np.minimum(np.diff(ratings.indptr), 40))
        users = np.repeat(np.arange(10), np.diff(found.indptr))
        assert np.array_equal(found.data, np.asarray(ratings[users, found.indices]).ravel())
        kept[users, found.indices] += 1
    n_rated = np.diff(ratings.indptr)
    rated = np.zeros(ratings.shape, bool)
    rated[np.repeat(np.arange(10), n_rated), ratings.indices] = True
    assert not kept[~rated].any()
    assert kept[rated & (n_rated <= 40)[:, None]].min() == 300
    heavy = kept[0][rated[0]]
    expected = 300 * 40 / n_rated[0]
    assert abs(heavy - expected).max() < 6 * np.sqrt(expected)


def test_large_epsilon_releases_nearly_what_is_there() -> None:
    random = np.random.default_rng(5)
    liked = random.random((4000, 30)) < np.linspace(0.2, 0.9, 30)
    values = np.where(random.random(liked.shape) < 0.5, 4.0, 5.0)
    ratings = csr_matrix(liked * values).astype(np.float32)
    found = release(ratings, Terms(20.0), np.random.default_rng(0).bytes)
    assert abs(found.n_people - 4000) < 20
    assert np.abs(found.n_ratings - liked.sum(axis=0)).max() < 60
    means = np.asarray(ratings.sum(axis=0)).ravel() / liked.sum(axis=0)
    assert np.abs(found.mean_ratings - means).max() < 0.1
    assert abs(found.mean_ratings.mean() - means.mean()) < 0.02
    assert found.items.tolist() == list(range(30))
    truth = sums_of_products(ratings, Terms(20.0), 128) / 128**2
    errors = (found.products - truth)[np.triu_indices(30, 1)]
    assert errors.std() == pytest.approx(found.noise, rel=0.15)


@pytest.mark.parametrize("shape", [(3, 1), (1, 4), (2, 0)])
def test_small_data_release_nothing_but_noise(shape: tuple[int, int]) -> None:
    found = release(csr_matrix(np.ones(shape, np.float32)), Terms(8.0))
    assert len(found.n_ratings) == shape[1]
    assert found.products.shape == (len(found.items),) * 2
    assert found.n_people >= 1
