"""One suite for all algorithms, found by their files; and an oracle for each."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity

from movierec import DataError, UsageError
from movierec.algorithms._base import Scorer, load, make, names, parameters_of

Dense = np.ndarray[Any, Any]

N_USERS, N_ITEMS = 60, 25


@pytest.fixture(scope="module")
def ratings() -> csr_matrix:
    """Half stars; the films differ in fame, one has no rating, and no person rated all."""
    rng = np.random.default_rng(1)
    rated = rng.random((N_USERS, N_ITEMS)) < np.linspace(0.7, 0.05, N_ITEMS)
    rated[:, 11] = False
    rated[:, 12] |= ~rated.any(axis=1)
    values = rng.integers(1, 11, rated.shape) / 2
    return csr_matrix(np.where(rated, values, 0).astype(np.float32))


@pytest.fixture(scope="module")
def content() -> csr_matrix:
    rows = np.random.default_rng(2).random((N_ITEMS, 4))
    return csr_matrix((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def fitted(name: str, ratings: csr_matrix, content: csr_matrix, **parameters: Any) -> Scorer:
    small = {"n_factors": 8} if name == "als" else {}
    return load(name)(**small | parameters).fit(ratings, content)


def test_there_are_seven() -> None:
    assert names() == ["als", "content", "ease", "item_knn", "popular", "svd", "user_knn"]


def test_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="magic"):
        load("magic")


@pytest.mark.parametrize("name", names())
def test_says_where_it_comes_from(name: str) -> None:
    documentation = load(name).__doc__ or ""
    assert re.search(r"\((\w[\w ]* )?(19|20)\d\d\)", documentation) or name == "popular"
    for parameter in parameters_of(load(name)):
        assert f"    {parameter} : " in documentation


@pytest.mark.parametrize("name", names())
def test_keeps_its_parameters_as_given(name: str) -> None:
    defaults = parameters_of(load(name))
    assert load(name)(**defaults).parameters() == defaults


@pytest.mark.parametrize("name", names())
def test_scores_all_films_and_leaves_the_ratings_alone(
    name: str, ratings: csr_matrix, content: csr_matrix
) -> None:
    before = ratings.copy()
    scores = fitted(name, ratings, content).score(ratings)
    assert scores.shape == ratings.shape
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert (ratings.data == before.data).all()
    assert (ratings.indices == before.indices).all()


@pytest.mark.parametrize("name", names())
def test_same_ratings_give_the_same_scores_whoever_else_is_asked_about(
    name: str, ratings: csr_matrix, content: csr_matrix
) -> None:
    scorer, again = (fitted(name, ratings, content) for _ in range(2))
    scores = scorer.score(ratings)
    np.testing.assert_array_equal(scores, again.score(ratings))
    np.testing.assert_allclose(scores[7:9], scorer.score(ratings[7:9]), atol=1e-5)


@pytest.mark.parametrize("name", names())
def test_any_format_of_the_ratings_gives_the_same(
    name: str, ratings: csr_matrix, content: csr_matrix
) -> None:
    """What is fitted is a view of the ratings by film, whose columns are compressed."""
    scores = fitted(name, ratings, content).score(ratings)
    by_film = fitted(name, ratings.T.tocsr().T, content)
    np.testing.assert_allclose(by_film.score(ratings), scores, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in names() if name != "popular"])
def test_a_film_is_most_like_itself(name: str, ratings: csr_matrix, content: csr_matrix) -> None:
    scorer = fitted(name, ratings, content)
    items = np.array([3, 0, 7])
    similarities = scorer.similarities(items)
    assert similarities.shape == (3, N_ITEMS)
    assert similarities.dtype == np.float32
    np.testing.assert_allclose(
        similarities[0], scorer.similarities(np.arange(N_ITEMS))[3], atol=1e-6
    )
    if name not in ("item_knn", "ease"):  # whose tables leave out the film itself
        np.testing.assert_allclose(similarities[np.arange(3), items], 1, atol=1e-5)
    assert (similarities <= 1 + 1e-5).all()


LINEAR = ("content", "ease", "item_knn", "svd")


@pytest.mark.parametrize("name", LINEAR)
def test_contributions_add_up_to_the_score(
    name: str, ratings: csr_matrix, content: csr_matrix
) -> None:
    scorer = fitted(name, ratings, content)
    own = ratings[5]
    items = np.arange(N_ITEMS)
    if name == "ease":  # a film says nothing of itself
        items = np.setdiff1d(items, own.indices)
    added = scorer.contributions(items, own.indices.astype(np.int64)) @ own.data
    np.testing.assert_allclose(added, scorer.score(own)[0, items], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", [name for name in names() if name != "item_knn"])
def test_what_was_learned_is_taken_back(
    name: str, ratings: csr_matrix, content: csr_matrix
) -> None:
    """The neighbours of item_knn are the table of a model: tests/test_recommend.py."""
    scorer = fitted(name, ratings, content)
    again = load(name)(**scorer.parameters()).restore(scorer.learned())
    np.testing.assert_array_equal(again.score(ratings), scorer.score(ratings))
    items = np.arange(N_ITEMS)
    np.testing.assert_array_equal(again.similarities(items), scorer.similarities(items))


def test_parameters_are_checked() -> None:
    made = make("item_knn", {"shrinkage": "7", "n_neighbors": 5, "weighting": "idf"})
    wanted = {"shrinkage": 7.0, "n_neighbors": 5, "weighting": "idf"}
    assert made.parameters() == parameters_of(load("item_knn")) | wanted
    for given, problem in (
        ({"depth": 3}, "no parameter"),
        ({"shrinkage": "much"}, "must be a number"),
        ({"shrinkage": -1}, "from 0"),
        ({"shrinkage": "nan"}, "from 0"),
        ({"n_neighbors": 0}, "from 1"),
        ({"n_neighbors": "2.5"}, "must be a number"),
        ({"weighting": "tfidf"}, "none, idf, bm25"),
        ({"alpha": 1.5}, "from 0 to 1"),
    ):
        with pytest.raises(UsageError, match=problem):
            make("item_knn", given)
    with pytest.raises(UsageError, match="l2"):
        make("ease", {"l2": 0})


@pytest.mark.parametrize("name", names())
def test_another_fit_forgets_the_first(name: str, ratings: csr_matrix, content: csr_matrix) -> None:
    items = np.arange(N_ITEMS)
    scorer = fitted(name, ratings[:30], content)
    scorer.score(ratings)
    scorer.similarities(items)
    scorer.fit(ratings, content)
    new = fitted(name, ratings, content)
    np.testing.assert_array_equal(scorer.score(ratings), new.score(ratings))
    np.testing.assert_array_equal(scorer.similarities(items), new.similarities(items))


@pytest.mark.parametrize("name", names())
def test_somebody_new_is_folded_in(name: str, ratings: csr_matrix, content: csr_matrix) -> None:
    """Who rated nothing gets a list too, and who was not there gets one of their own."""
    new = csr_matrix(([5.0, 4.0], ([1, 1], [20, 24])), shape=(2, N_ITEMS), dtype=np.float32)
    nobody, somebody = fitted(name, ratings, content).score(new)
    assert np.isfinite(nobody).all()
    assert (nobody == somebody).all() == (name == "popular")


def ones(matrix: csr_matrix) -> Dense:
    return np.asarray(matrix.toarray() > 0, dtype=float)


def test_popular_counts(ratings: csr_matrix, content: csr_matrix) -> None:
    scores = fitted("popular", ratings, content).score(ratings[:2])
    assert scores.tolist() == [ones(ratings).sum(axis=0).tolist()] * 2


def test_ease_is_a_ridge_regression_of_each_film_on_all_others(
    ratings: csr_matrix, content: csr_matrix
) -> None:
    scores = fitted("ease", ratings, content, l2=3.0).score(ratings)
    known = ones(ratings)
    for item in range(N_ITEMS):
        others = np.delete(known, item, axis=1)
        ridge = Ridge(alpha=3.0, fit_intercept=False).fit(others, known[:, item])
        predicted = ridge.predict(np.delete(ratings.toarray(), item, axis=1))
        np.testing.assert_allclose(scores[:, item], predicted, atol=1e-4)


def test_ease_says_what_it_would_need(ratings: csr_matrix) -> None:
    with pytest.raises(DataError, match="240 GB for its dense matrices of 100,000 films"):
        load("ease")().fit(csr_matrix(np.ones((1, 100_000), dtype=np.float32)))


def test_ease_needs_no_room_for_films_that_nobody_rated(ratings: csr_matrix) -> None:
    wide = csr_matrix((ratings.data, ratings.indices, ratings.indptr), shape=(N_USERS, 100_000))
    scores = load("ease")().fit(wide).score(wide)
    np.testing.assert_allclose(scores[:, :N_ITEMS], load("ease")().fit(ratings).score(ratings))
    assert not scores[:, N_ITEMS:].any()


@pytest.mark.parametrize("feedback", ["presence", "value"])
def test_item_knn_adds_up_the_similarities_of_the_nearest(
    ratings: csr_matrix, content: csr_matrix, feedback: str
) -> None:
    known = ones(ratings) if feedback == "presence" else ratings.toarray()
    shrunk = known.T @ known
    lengths = np.linalg.norm(known, axis=0)
    similarities = shrunk / (np.outer(lengths, lengths) + 2.0)
    np.fill_diagonal(similarities, 0)
    lowest = np.sort(similarities, axis=1)[:, -4, None]
    nearest = np.where(similarities >= np.maximum(lowest, 1e-9), similarities, 0)
    scorer = fitted(
        "item_knn", ratings, content,
        n_neighbors=4, shrinkage=2.0, weighting="none", feedback=feedback, alpha=0.5,
    )  # fmt: skip
    expected = ratings.toarray() @ nearest.T
    np.testing.assert_allclose(scorer.score(ratings), expected, atol=1e-4)


def test_alpha_makes_the_cosine_asymmetric(ratings: csr_matrix, content: csr_matrix) -> None:
    known = ones(ratings)
    counts = np.maximum(known.sum(axis=0), 1)
    similarities = known.T @ known / np.outer(counts**0.2, counts**0.8)
    np.fill_diagonal(similarities, 0)
    scorer = fitted(
        "item_knn", ratings, content,
        n_neighbors=N_ITEMS, shrinkage=0.0, weighting="none", alpha=0.2,
    )  # fmt: skip
    expected = ratings.toarray() @ similarities.T
    np.testing.assert_allclose(scorer.score(ratings), expected, rtol=1e-4)


def test_idf_weighs_people_by_how_few_films_they_rated(
    ratings: csr_matrix, content: csr_matrix
) -> None:
    known = ones(ratings)
    weights = np.log(N_ITEMS / known.sum(axis=1))
    similarities = cosine_similarity((known * weights[:, None]).T)
    np.fill_diagonal(similarities, 0)
    scorer = fitted(
        "item_knn", ratings, content,
        n_neighbors=N_ITEMS, weighting="idf", shrinkage=0.0, alpha=0.5,
    )  # fmt: skip
    expected = ratings.toarray() @ similarities
    np.testing.assert_allclose(scorer.score(ratings), expected, atol=1e-4)


def test_user_knn_adds_up_the_similarities_of_people(
    ratings: csr_matrix, content: csr_matrix
) -> None:
    known = ones(ratings)
    similarities = ratings.toarray() @ known.T / np.linalg.norm(known, axis=1)
    lowest = np.sort(similarities, axis=1)[:, -N_USERS, None]
    expected = np.where(similarities >= lowest, similarities, 0) @ known
    scorer = fitted("user_knn", ratings, content, n_neighbors=N_USERS)
    np.testing.assert_allclose(scorer.score(ratings), expected, atol=1e-4)


def test_user_knn_asks_only_the_nearest(ratings: csr_matrix, content: csr_matrix) -> None:
    scores = fitted("user_knn", ratings, content, n_neighbors=1).score(ratings)
    known = ones(ratings)
    similarities = ratings.toarray() @ known.T / np.linalg.norm(known, axis=1)
    for row, own in zip(scores, similarities, strict=True):
        nearest = np.flatnonzero(own >= own.max() - 1e-9)
        assert any(np.allclose(row, own.max() * known[user], atol=1e-4) for user in nearest)


def test_svd_is_the_nearest_matrix_of_its_rank(ratings: csr_matrix, content: csr_matrix) -> None:
    known = ones(ratings).astype(np.float32)
    left, values, right = np.linalg.svd(known, full_matrices=False)
    nearest = (left[:, :5] * values[:5]) @ right[:5]
    scores = fitted("svd", ratings, content, n_factors=5).score(csr_matrix(known))
    np.testing.assert_allclose(scores, nearest, atol=1e-4)


def test_als_solves_each_person_exactly(ratings: csr_matrix, content: csr_matrix) -> None:
    """The loss of a person's factors is least: no step in any direction makes it smaller."""
    scorer = fitted("als", ratings, content, n_factors=4, l2=0.05, unobserved=0.2)
    items: Dense = scorer.item_factors_.astype(float)  # type: ignore[attr-defined]
    known = ones(ratings)[3]
    scores = scorer.score(ratings[3:4])[0]
    factors = np.linalg.lstsq(items, scores, rcond=None)[0]

    def loss(own: Dense) -> float:
        predicted = items @ own
        l2 = 0.05 * (known.sum() + 0.2 * N_ITEMS)
        observed = known * (1 - predicted) ** 2 + 0.2 * predicted**2
        return float(observed.sum() + l2 * own @ own)

    for step in 1e-2 * np.random.default_rng(0).normal(size=(50, 4)):
        assert loss(factors + step) > loss(factors)


def test_content_multiplies_profiles(ratings: csr_matrix, content: csr_matrix) -> None:
    scores = fitted("content", ratings, content).score(ratings)
    dense = content.toarray()
    np.testing.assert_allclose(scores, ratings.toarray() @ dense @ dense.T, atol=1e-4)
    with pytest.raises(DataError, match="content needs"):
        load("content")().fit(ratings)
