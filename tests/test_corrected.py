"""Vectors of corrected ratings and content, against slower or independent computations."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics.pairwise import cosine_similarity

from movierec import Recommender
from movierec.neighbors.content import Content
from movierec.neighbors.corrected import LENGTH, corrected_vectors
from movierec.neighbors.evidence import supported_keys
from movierec.neighbors.factors import (
    Factors,
    Floats,
    explained,
    item_factors,
    leading_factors,
    predicted,
    weigh,
)
from movierec.neighbors.support import count_shared

SEEDS = st.integers(0, 2**32 - 1)


def random_ratings(seed: int, n_items: int = 40, n_users: int = 25) -> csr_matrix:
    """Half stars, of which few films have many."""
    rng = np.random.default_rng(seed)
    rated = rng.random((n_items, n_users)) < rng.random((n_items, 1))
    items, users = np.nonzero(rated)
    values = (rng.integers(1, 11, len(items)) / 2).astype(np.float32)
    return csr_matrix((values, (items, users)), shape=rated.shape)


def random_content(seed: int, n_items: int = 40) -> Content:
    rng = np.random.default_rng(seed)
    genres = csr_matrix((rng.random((n_items, 5)) < 0.4).astype(np.float32))
    keys = csr_matrix(np.where(rng.random((n_items, 9)) < 0.1, rng.choice([0.5, 1.0], 9), 0.0))
    years = np.where(rng.random(n_items) < 0.9, rng.integers(1930, 2020, n_items), np.nan)
    return Content({"genres": genres, "title": keys}, {"genres": 0.2, "title": 0.7}, years)


@given(SEEDS)
@settings(max_examples=20)
def test_weight_of_a_rating(seed: int) -> None:
    ratings = random_ratings(seed)
    weights = weigh(ratings).tocoo()
    half = (ratings.data.max() - ratings.data.min()) / 2
    by_user = ratings.tocsc()
    for item, user, weight in zip(weights.row, weights.col, weights.data, strict=True):
        own = by_user[:, [user]].data
        opinion = np.clip((ratings[item, user] - own.mean()) / half, -1, 1)
        expected = np.log(1 + ratings.shape[0] / len(own)) * (1 + 0.5 * opinion)
        assert weight == pytest.approx(1024 * expected, abs=0.51)


def test_ratings_that_are_all_equal_weigh_as_presence() -> None:
    presence = csr_matrix(np.array([[1, 1, 0], [1, 0, 1]], dtype=np.float32))
    n_rated = [2, 1, 1]
    expected = presence.toarray() * np.log1p(2 / np.array(n_rated))
    np.testing.assert_array_equal(weigh(presence).toarray(), np.rint(1024 * expected))


@given(SEEDS, st.integers(1, 30))
@settings(max_examples=30)
def test_factors_are_those_of_the_singular_value_decomposition(seed: int, n_factors: int) -> None:
    weights = weigh(random_ratings(seed))
    left, values, _ = np.linalg.svd(weights.toarray().astype(np.float64), full_matrices=False)
    n_left = n_factors
    while n_left < len(values) and values[n_left - 1] - values[n_left] < 0.05 * values[0]:
        n_left += 1  # directions of nearly the same length are not told apart
    expected = left[:, :n_left] * values[:n_left]
    found = leading_factors(weights, n_left)
    scale = values[0] ** 2
    np.testing.assert_allclose(found @ found.T / scale, expected @ expected.T / scale, atol=1e-3)


def test_directions_found_from_a_sample_are_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A last step with all users makes up for most of what a sample misses."""
    rng = np.random.default_rng(0)
    tastes, kinds = rng.integers(0, 4, 4000), rng.integers(0, 4, 60)
    rated = rng.random((60, 4000)) < np.where(kinds[:, None] == tastes, 0.5, 0.05)
    weights = weigh(csr_matrix(rated.astype(np.float32)))
    whole = leading_factors(weights, 4)
    monkeypatch.setattr("movierec.neighbors.factors._LARGEST_SAMPLE", weights.nnz // 10)
    sampled = leading_factors(weights, 4)
    products = [(factors @ factors.T).ravel() for factors in (sampled, whole)]
    assert np.corrcoef(products)[0, 1] > 0.999


def test_share_explained_is_that_of_a_regression() -> None:
    rng = np.random.default_rng(1)
    n_ratings, years = rng.integers(10, 500, 200), rng.permutation(200).astype(np.float64)
    causes = np.stack([np.log(n_ratings), pd.Series(years).rank().to_numpy()], axis=1)
    factors = np.stack(
        [causes[:, 0] + rng.normal(0, 0.3, 200), causes[:, 1] / 9, rng.normal(0, 1, 200)], axis=1
    ).astype(np.float32)
    expected = [
        LinearRegression().fit(causes, column).score(causes, column) for column in factors.T
    ]
    np.testing.assert_allclose(explained(factors, n_ratings, years), expected, atol=1e-4)
    unknown = np.full(200, np.nan)
    by_fame = LinearRegression().fit(causes[:, :1], factors[:, 0])
    assert explained(factors, n_ratings, unknown)[0] == pytest.approx(
        by_fame.score(causes[:, :1], factors[:, 0]), abs=1e-4
    )
    assert explained(factors, np.full(200, 9), years).tolist() == [0, 0, 0]


def test_content_predicts_as_a_ridge_regression() -> None:
    ratings, content = random_ratings(3), random_content(3)
    factors = np.random.default_rng(3).normal(0, 1, (40, 6)).astype(np.float32)
    n_ratings = np.diff(ratings.indptr)
    weights = n_ratings / (n_ratings + 10)
    genres = content.parts["genres"].toarray()
    genres = genres / np.maximum(np.linalg.norm(genres, axis=1, keepdims=True), 1)
    mean = np.average(factors, axis=0, weights=weights)
    ridge = Ridge(5.0, fit_intercept=False).fit(genres, factors - mean, sample_weight=weights)
    found = predicted(factors, content, n_ratings)
    np.testing.assert_allclose(found, ridge.predict(genres), atol=1e-4)


@given(SEEDS, st.floats(0, 100))
@settings(max_examples=25)
def test_length_of_factors_grows_with_the_number_of_ratings(seed: int, prior: float) -> None:
    ratings = random_ratings(seed)
    factors = item_factors(ratings, random_content(seed), prior)
    squares = (factors.combined**2).sum(axis=1)
    n = np.diff(ratings.indptr)
    expected = np.where(n > 0, n / np.maximum(n + prior, 1e-9), 0)
    np.testing.assert_allclose(squares, expected, atol=1e-4)
    np.testing.assert_allclose((factors.rated**2).sum(axis=1), n / (n + 10), atol=1e-4)


@given(SEEDS, st.floats(0, 1))
@settings(max_examples=25)
def test_similarity_is_the_weighted_sum(seed: int, content_weight: float) -> None:
    ratings, content = random_ratings(seed), random_content(seed)
    vectors, n_factors = corrected_vectors(ratings, content, content_weight, 20.0)
    factors = item_factors(ratings, content if content_weight else None, 20.0)
    cosines = factors.combined @ factors.combined.T
    expected = (1 - content_weight) * cosines.astype(np.float64)
    total = 1 - content_weight
    if content_weight:
        genres = content.parts["genres"].toarray()
        lengths = np.maximum(np.linalg.norm(genres, axis=1, keepdims=True), 1e-12)
        keys = supported_keys(
            content.parts["title"], factors, genres / lengths, partial(count_shared, ratings)
        )
        long = np.maximum(np.linalg.norm(keys.toarray(), axis=1, keepdims=True), 1)
        shared = (genres / np.maximum(lengths, 1), keys.toarray() / long)
        for weight, part in zip((0.2, 0.7), shared, strict=True):
            expected += content_weight * weight * part @ part.T
            total += content_weight * weight
    others = ~np.eye(len(expected), dtype=bool)
    found = cosine_similarity(vectors.astype(np.float64))
    np.testing.assert_allclose(found[others], (expected / total)[others], atol=3e-3)
    assert n_factors == factors.combined.shape[1]


@given(SEEDS, st.floats(0, 1))
@settings(max_examples=25)
def test_sums_of_products_are_exact_in_float32(seed: int, content_weight: float) -> None:
    vectors, _ = corrected_vectors(random_ratings(seed), random_content(seed), content_weight, 5.0)
    assert (vectors.data == np.rint(vectors.data)).all()
    whole = vectors.toarray().astype(np.int64)
    products = whole @ whole.T
    assert np.abs(products).max() < 2**24
    small = vectors.toarray().astype(np.float32)
    assert (small @ small.T == products).all()
    np.testing.assert_allclose(np.sqrt(np.diag(products)), LENGTH, atol=10)


FACTORS = np.array([[1, 0], [0.9, 0.1], [-1, 0]], dtype=np.float32)
GENRES = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)


def key_weights(keys: list[float], factors: Floats, genres: Floats, raters: Any) -> list[float]:
    """The weights of a single key that all films have."""
    columns, ratings = csr_matrix(np.array(keys)[:, None]), np.array(raters, dtype=np.float32)
    count = partial(count_shared, csr_matrix(ratings))
    found = supported_keys(columns, Factors(factors, factors), genres, count)
    return [round(float(weight), 6) for weight in found.toarray().ravel()]


def test_key_counts_as_far_as_ratings_and_genres_speak_for_it() -> None:
    """Two films of a series, and a third one that shares nothing but the words."""
    raters = [[1, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert key_weights([1, 1, 1], FACTORS, GENRES, raters) == [1, 1, 0]
    assert key_weights([0.5, 0.5], FACTORS[:2], GENRES[:2], raters[:2]) == [1, 1]


def test_key_of_films_that_nobody_rated_both_counts_less() -> None:
    strong = key_weights([1, 1], FACTORS[:2], GENRES[:2], np.eye(2))
    weak = key_weights([0.5, 0.5], FACTORS[:2], GENRES[:2], np.eye(2))
    assert strong == [0.5, 0.5]
    assert weak == [0.25, 0.25]


def test_word_that_unlike_films_share_is_no_series() -> None:
    """Of six films with the word, two are alike: "Tokyo Story" and "Tokyo Drifter"."""
    factors = np.vstack([np.eye(5), np.eye(5)[:1]]).astype(np.float32)
    genres = np.zeros((6, 1), dtype=np.float32)
    raters = np.ones((6, 1))
    assert key_weights([0.5] * 6, factors, genres, raters) == [0] * 6
    assert key_weights([1] * 6, factors, genres, raters)[0] > 0.8


def test_fame_alone_makes_no_likeness() -> None:
    """All rated the famous films; of these and of the others, two groups rated half each more."""
    rng = np.random.default_rng(0)
    kind_of_movie = np.arange(50) % 2
    is_famous = np.arange(50) < 10
    rated = [
        (user, movie, 4.0)
        for user in range(300)
        for movie in range(50)
        if rng.random() < 0.3 * (kind_of_movie[movie] == user % 2) + 0.69 * is_famous[movie]
    ]
    ratings = pd.DataFrame(rated, columns=["userId", "movieId", "rating"])
    movies = pd.DataFrame({"movieId": range(50), "title": [f"Q{n}x" for n in range(50)]})
    listed = [
        {film.movie_id for film in fitted.similar(0, k=9)}
        for fitted in (
            Recommender.fit(ratings, movies, content_weight=0, weighting="none"),
            Recommender.fit(ratings, movies, content_weight=0),
        )
    ]
    of_other_kind = [sum(int(movie) % 2 for movie in found) for found in listed]
    assert listed[0] == set(range(1, 10))
    assert of_other_kind[0] == 5
    assert of_other_kind[1] < 2
