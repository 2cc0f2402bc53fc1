"""The contract suite over all algorithms, and an oracle for each."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity

from movierec import Algorithm, DataError, Interactions, Run, TrainingData, UsageError
from movierec.algorithms._calls import fit_algorithm
from movierec.algorithms.base import Explains, HasNeighbors, contributions_of, parameters_of
from movierec.algorithms.popular import Popular
from movierec.algorithms.registry import load, make, names
from movierec.neighbors.top_k import NeighborSpec
from movierec.testing import CHECKS, example_data
from tests.networks import all_names, marked, small

Dense = np.ndarray[Any, Any]

DATA = example_data()
USERS = DATA.interactions
RATINGS = USERS.user_items.toarray()
PRESENT = (RATINGS > 0).astype(float)
CONTENT = DATA.content
N_USERS, N_ITEMS = RATINGS.shape


def fitted(name: str, data: TrainingData = DATA, **parameters: Any) -> Algorithm:
    return load(name)(**small(name) | parameters).fit(data)


def users_of(matrix: Dense) -> Interactions:
    return Interactions.from_user_items(csr_matrix(matrix.astype(np.float32)))


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("name", all_names())
@pytest.mark.parametrize("check", CHECKS)
def test_contract(check: str, name: str) -> None:
    CHECKS[check](load(name), small(name))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ease", {"feedback": "value"}),
        ("item_knn", {"weighting": "none", "shrinkage": 0.0, "feedback": "value"}),
        ("item_knn", {"weighting": "idf", "content_weight": 0.3, "min_support": 2}),
        ("svd", {"feedback": "value", "n_factors": 3}),
        ("user_knn", {"weighting": "idf", "feedback": "value"}),
    ],
)
def test_contract_with_other_parameters(check: str, name: str, parameters: dict[str, Any]) -> None:
    CHECKS[check](load(name), parameters)


def test_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="magic"):
        load("magic")


@pytest.mark.parametrize("name", names())
def test_says_where_it_comes_from(name: str) -> None:
    documentation = inspect.getdoc(load(name)) or ""  # Python 3.13 takes the indentation away
    assert re.search(r"\((\w[\w ]* )?(19|20)\d\d\)", documentation) or name == "popular"
    for parameter in parameters_of(load(name)):
        assert f"\n{parameter} : " in documentation


@pytest.mark.parametrize("name", names())
def test_is_a_file_of_its_own(name: str) -> None:
    assert load(name).__module__ == f"movierec.algorithms.{name}"


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("name", marked([name for name in names() if name != "popular"]))
def test_an_item_is_most_similar_to_itself(name: str) -> None:
    items = np.array([3, 0, 7])
    similarities = fitted(name).similarities(items)
    own = similarities[np.arange(3), items]
    if name in (
        "default",
        "item_knn",
        "ease",
        "rating_knn",
    ):  # whose tables leave out the item itself
        assert not own.any()
    else:
        np.testing.assert_allclose(own, 1, atol=1e-5)


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("name", all_names())
def test_only_popular_ignores_what_a_new_user_rated(name: str) -> None:
    new = np.zeros((2, N_ITEMS))
    new[1, [20, 24]] = 5, 4
    nobody, somebody = fitted(name).score(users_of(new))
    assert (nobody == somebody).all() == (name in ("popular", "bias"))


LINEAR = ("content", "ease", "item_knn", "svd")


@pytest.mark.parametrize("name", LINEAR)
def test_contributions_add_up_to_the_score(name: str) -> None:
    algorithm = fitted(name)
    rated = np.flatnonzero(RATINGS[5])
    items = np.arange(N_ITEMS)
    if name == "ease":  # no item contributes to its own score
        items = np.setdiff1d(items, rated)
    total = contributions_of(algorithm, items, rated) @ RATINGS[5, rated]
    scores = algorithm.score(users_of(RATINGS[5:6]))[0, items]
    np.testing.assert_allclose(total, scores, rtol=1e-4, atol=1e-4)


def test_contributions_are_similarities_where_an_algorithm_does_not_explain() -> None:
    algorithm = fitted("content")
    assert not isinstance(algorithm, Explains)
    items, rated = np.array([1, 2]), np.array([4, 9, 3])
    expected = algorithm.similarities(items)[:, rated]
    np.testing.assert_array_equal(contributions_of(algorithm, items, rated), expected)


def test_parameters_are_checked() -> None:
    made = make("item_knn", {"shrinkage": "7", "n_neighbors": 5, "weighting": "idf"})
    expected = {"shrinkage": 7.0, "n_neighbors": 5, "weighting": "idf"}
    assert made.parameters() == parameters_of(load("item_knn")) | expected
    for given, problem in (
        ({"depth": 3}, "no parameter"),
        ({"shrinkage": "much"}, "must be a number"),
        ({"shrinkage": -1}, "from 0"),
        ({"shrinkage": "nan"}, "must be a number"),
        ({"n_neighbors": 0}, "from 1"),
        ({"n_neighbors": "2.5"}, "must be a whole number"),
        ({"weighting": "tfidf"}, "none, idf, bm25"),
        ({"alpha": 1.5}, "from 0 to 1"),
    ):
        with pytest.raises(UsageError, match=problem):
            make("item_knn", given)
    with pytest.raises(UsageError, match="l2"):
        make("ease", {"l2": 0})


def test_popular_counts() -> None:
    scores = fitted("popular").score(users_of(RATINGS[:2]))
    assert scores.tolist() == [PRESENT.sum(axis=0).tolist()] * 2


def test_ease_is_a_ridge_regression_of_each_item_on_all_others() -> None:
    scores = fitted("ease", l2=3.0).score(USERS)
    for item in range(N_ITEMS):
        others = np.delete(PRESENT, item, axis=1)
        ridge = Ridge(alpha=3.0, fit_intercept=False).fit(others, PRESENT[:, item])
        predicted = ridge.predict(np.delete(RATINGS, item, axis=1))
        np.testing.assert_allclose(scores[:, item], predicted, atol=1e-4)


def test_ease_is_a_ridge_regression_with_fewer_users_than_items_too() -> None:
    few = USERS.for_users(np.arange(9))
    present = (few.user_items.toarray() > 0).astype(float)
    scores = fitted("ease", TrainingData(few), l2=3.0).score(few)
    for item in np.flatnonzero(present.any(axis=0)):
        others = np.delete(present, item, axis=1)
        ridge = Ridge(alpha=3.0, fit_intercept=False).fit(others, present[:, item])
        predicted = ridge.predict(np.delete(few.user_items.toarray(), item, axis=1))
        np.testing.assert_allclose(scores[:, item], predicted, atol=1e-4)


def test_ease_says_what_it_would_need() -> None:
    wide = TrainingData(users_of(np.ones((1, 100_000))))
    with pytest.raises(DataError, match=r"40 GB for a dense matrix .* can take 32,768"):
        fitted("ease", wide)


def test_ease_needs_no_memory_for_items_without_ratings() -> None:
    wide = Interactions(USERS.users, USERS.items, USERS.ratings, N_USERS, 100_000)
    scores = fitted("ease", TrainingData(wide)).score(wide)
    np.testing.assert_allclose(scores[:, :N_ITEMS], fitted("ease").score(USERS))
    assert not scores[:, N_ITEMS:].any()


@pytest.mark.parametrize("feedback", ["presence", "value"])
def test_item_knn_sums_the_similarities_of_the_nearest(feedback: str) -> None:
    known = PRESENT if feedback == "presence" else RATINGS
    products = known.T @ known
    lengths = np.linalg.norm(known, axis=0)
    similarities = products / (np.outer(lengths, lengths) + 2.0)
    np.fill_diagonal(similarities, 0)
    lowest = np.sort(similarities, axis=1)[:, -4, None]
    nearest = np.where(similarities >= np.maximum(lowest, 1e-9), similarities, 0)
    algorithm = fitted(
        "item_knn", n_neighbors=4, shrinkage=2.0, weighting="none", feedback=feedback, alpha=0.5
    )
    np.testing.assert_allclose(algorithm.score(USERS), RATINGS @ nearest.T, atol=1e-4)


def test_alpha_makes_the_cosine_asymmetric() -> None:
    counts = np.maximum(PRESENT.sum(axis=0), 1)
    similarities = PRESENT.T @ PRESENT / np.outer(counts**0.2, counts**0.8)
    np.fill_diagonal(similarities, 0)
    algorithm = fitted("item_knn", n_neighbors=N_ITEMS, shrinkage=0.0, weighting="none", alpha=0.2)
    np.testing.assert_allclose(algorithm.score(USERS), RATINGS @ similarities.T, rtol=1e-4)


def test_idf_weights_users_by_how_few_items_they_rated() -> None:
    weights = np.log(N_ITEMS / PRESENT.sum(axis=1))
    similarities = cosine_similarity((PRESENT * weights[:, None]).T)
    np.fill_diagonal(similarities, 0)
    algorithm = fitted("item_knn", n_neighbors=N_ITEMS, weighting="idf", shrinkage=0.0, alpha=0.5)
    np.testing.assert_allclose(algorithm.score(USERS), RATINGS @ similarities, atol=1e-4)


def test_min_support_leaves_out_pairs_that_few_users_rated() -> None:
    """Features of the content are no users: they do not add to the support of a pair."""
    support = PRESENT.T @ PRESENT
    np.fill_diagonal(support, 0)
    algorithm = fitted("item_knn", n_neighbors=N_ITEMS, min_support=5, content_weight=0.5)
    similarities = algorithm.similarities(np.arange(N_ITEMS))
    np.testing.assert_array_equal(similarities > 0, support >= 5)


def test_item_knn_describes_its_table_only_if_it_compares_ratings_as_they_are() -> None:
    plain = {"weighting": "none", "shrinkage": 0, "feedback": "value"}
    algorithm = make("item_knn", plain | {"n_neighbors": 7, "min_support": 2})
    assert isinstance(algorithm, HasNeighbors)
    assert algorithm.neighbor_spec() == NeighborSpec(7, 2, 0.0)
    for other in ({"weighting": "idf"}, {"shrinkage": 1}, {"feedback": "presence"}):
        algorithm = make("item_knn", plain | other)
        assert isinstance(algorithm, HasNeighbors)
        assert algorithm.neighbor_spec() is None


def test_item_knn_takes_a_table_instead_of_fitting() -> None:
    algorithm, other = fitted("item_knn"), load("item_knn")()
    assert isinstance(algorithm, HasNeighbors)
    assert isinstance(other, HasNeighbors)
    assert algorithm.state() == {}
    other.set_neighbors(algorithm.get_neighbors(), PRESENT.sum(axis=0).astype(np.int32))
    np.testing.assert_array_equal(other.score(USERS), algorithm.score(USERS))
    fewer = fitted("item_knn", n_neighbors=2)
    assert isinstance(fewer, HasNeighbors)
    other.set_neighbors(fewer.get_neighbors(), PRESENT.sum(axis=0).astype(np.int32))
    np.testing.assert_array_equal(other.score(USERS), fewer.score(USERS))


def test_user_knn_sums_the_similarities_of_users() -> None:
    similarities = RATINGS @ PRESENT.T / np.linalg.norm(PRESENT, axis=1)
    scores = fitted("user_knn", n_neighbors=N_USERS).score(USERS)
    np.testing.assert_allclose(scores, similarities @ PRESENT, rtol=1e-4, atol=1e-4)


def test_user_knn_sums_only_the_nearest() -> None:
    scores = fitted("user_knn", n_neighbors=1).score(USERS)
    similarities = RATINGS @ PRESENT.T / np.linalg.norm(PRESENT, axis=1)
    for row, to_others in zip(scores, similarities, strict=True):
        highest = to_others.max()
        nearest = np.flatnonzero(to_others >= highest - 1e-9)
        assert any(np.allclose(row, highest * PRESENT[user], atol=1e-4) for user in nearest)


def test_svd_is_the_nearest_matrix_of_its_rank() -> None:
    left, values, right = np.linalg.svd(PRESENT, full_matrices=False)
    nearest = (left[:, :5] * values[:5]) @ right[:5]
    scores = fitted("svd", n_factors=5).score(users_of(PRESENT))
    np.testing.assert_allclose(scores, nearest, atol=1e-4)


def test_svd_is_exact_where_singular_values_lie_close_together() -> None:
    noise = (np.random.default_rng(0).random((300, 200)) < 0.1).astype(np.float64)
    left, values, right = np.linalg.svd(noise, full_matrices=False)
    scores = (
        make("svd", {"n_factors": 20}).fit(TrainingData(users_of(noise))).score(users_of(noise))
    )
    np.testing.assert_allclose(scores, (left[:, :20] * values[:20]) @ right[:20], atol=1e-4)


def test_als_solves_for_each_user_exactly() -> None:
    """The loss of a user's factors is least: no step in any direction makes it smaller."""
    algorithm = fitted("als", n_factors=4, l2=0.05, unobserved=0.2)
    items: Dense = algorithm.item_factors_.astype(float)  # type: ignore[attr-defined]
    known = PRESENT[3]
    scores = algorithm.score(users_of(RATINGS[3:4]))[0]
    factors = np.linalg.lstsq(items, scores, rcond=None)[0]

    def loss(of_user: Dense) -> float:
        predicted = items @ of_user
        l2 = 0.05 * (known.sum() + 0.2 * N_ITEMS)
        observed = known * (1 - predicted) ** 2 + 0.2 * predicted**2
        return float(observed.sum() + l2 * of_user @ of_user)

    for step in 1e-2 * np.random.default_rng(0).normal(size=(50, 4)):
        assert loss(factors + step) > loss(factors)


def test_content_multiplies_profiles() -> None:
    assert CONTENT is not None
    dense = CONTENT.toarray()
    scores = fitted("content").score(USERS)
    np.testing.assert_allclose(scores, RATINGS @ dense @ dense.T, atol=1e-4)
    with pytest.raises(DataError, match="content needs"):
        fitted("content", TrainingData(USERS))


class Distant(Popular):
    """Needs a package that nobody has."""

    EXTRA = "faraway"

    def fit(self, data: TrainingData, run: Run = Run()) -> Distant:
        import_module("no_such_package_anywhere")
        return self


def test_a_missing_package_is_named_with_the_extra_that_brings_it() -> None:
    data = example_data()
    with pytest.raises(UsageError, match="no_such_package_anywhere") as caught:
        fit_algorithm(Distant(), data, Run())
    assert caught.value.hint == "pip install 'tests[faraway]'"
