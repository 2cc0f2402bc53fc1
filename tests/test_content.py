from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors

from movierec import Recommender
from movierec.films.content import CONTENT_PARTS, features_of
from movierec.neighbors.content import Content, shortened
from movierec.neighbors.vectors import item_vectors

Part = list[dict[str, float]]
WEIGHTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.floats(0, 5, width=32))


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Part]:
    """Up to three parts of the same films, some of which have nothing in a part."""
    n_items = draw(st.integers(1, 8))
    features = st.dictionaries(st.sampled_from("vwxyz"), st.floats(0.125, 1, width=32), max_size=4)
    names = draw(st.sets(st.sampled_from(["a", "b", "c"]), min_size=1))
    return {name: [draw(features) for _ in range(n_items)] for name in sorted(names)}


def in_common(part: Part) -> np.ndarray[Any, Any]:
    """What any two films have in common in one part, by dense products."""
    frame = pd.DataFrame(part, columns=list("vwxyz"), index=range(len(part))).fillna(0.0)
    values = frame.to_numpy(float)
    rows = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1.0)
    return np.asarray(rows @ rows.T)


@given(parts(), WEIGHTS)
def test_cosine_is_the_weighted_mean_of_what_the_parts_have_in_common(
    given_parts: dict[str, Part], weights: dict[str, float]
) -> None:
    used = {name: weights[name] for name in given_parts if weights.get(name)}
    if not used:
        return
    combined = Content({name: matrix_of(given_parts[name]) for name in used}, used, np.empty(0))
    content, total = combined.matrix, sum(used.values())
    expected = sum(
        (weight / total * in_common(given_parts[name]) for name, weight in used.items()),
        start=np.zeros((content.shape[0],) * 2),
    )
    found = cosine_similarity(content)
    others = ~np.eye(len(expected), dtype=bool)
    np.testing.assert_allclose(found[others], expected[others], atol=1e-5)
    np.testing.assert_allclose(content.multiply(content).sum(axis=1), 1, atol=1e-5)
    assert list(combined.ends) == list(used)


def matrix_of(part: Part) -> csr_matrix:
    frame = pd.DataFrame(part, columns=list("vwxyz"), index=range(len(part))).fillna(0.0)
    return csr_matrix(frame.to_numpy(np.float32))


def test_part_that_no_film_has_is_left_out() -> None:
    content = features_of(
        ["Heat (1995)"], [["Crime"]], [1995], weights=dict.fromkeys(CONTENT_PARTS, 1.0)
    )
    assert content is not None
    assert set(content.parts) == {"genres", "year"}
    assert features_of(["Heat (1995)"], [[]], [0], weights=CONTENT_PARTS) is None


def test_key_of_a_series_that_too_many_share_tells_nothing() -> None:
    titles = [f"Rocky {number} (1979)" for number in range(2, 33)]
    few, many = (
        features_of(titles[:n], [()] * n, [0] * n, weights=CONTENT_PARTS) for n in (30, 31)
    )
    assert few is not None
    assert few.parts["title"].toarray().tolist() == [[1.0]] * 30
    assert many is None


@st.composite
def rated_films(draw: st.DrawFn) -> tuple[csr_matrix, csr_matrix]:
    """Ratings and contents of films, of which some are not rated, or 0 throughout."""
    n_items, n_users = draw(st.integers(2, 12)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rated = rng.random((n_items, n_users)) < rng.random((n_items, 1))
    items, users = np.nonzero(rated)
    values = (rng.integers(0, 11, len(items)) / 2).astype(np.float32)
    ratings = csr_matrix((values, (items, users)), shape=rated.shape)
    content = rng.random((n_items, 4)) + 0.01
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    return ratings, csr_matrix(content.astype(np.float32))


@given(rated_films(), st.floats(0.01, 0.99), st.floats(0, 20))
@settings(max_examples=150)
def test_place_is_the_formula(
    films: tuple[csr_matrix, csr_matrix], content_weight: float, prior: float
) -> None:
    ratings, content = films
    n_ratings = np.diff(ratings.indptr)
    share = (1 - content_weight) * n_ratings / np.maximum(n_ratings + prior, 1)
    of_ratings, of_content = cosine_similarity(ratings), cosine_similarity(content)
    expected = np.sqrt(np.outer(share, share)) * of_ratings
    expected += np.sqrt(np.outer(1 - share, 1 - share)) * of_content
    # A film with ratings of 0 only has a vector of content alone, which is then its whole length.
    lengths = np.sqrt(np.diag(expected))
    found = cosine_similarity(item_vectors(ratings, content, content_weight, prior))
    np.testing.assert_allclose(found, expected / np.outer(lengths, lengths), atol=2e-5)


@given(rated_films(), st.floats(0, 1))
def test_ratings_stay_as_they_were_given(
    films: tuple[csr_matrix, csr_matrix], content_weight: float
) -> None:
    ratings, content = films
    vectors = item_vectors(ratings, content, content_weight, 5.0)[:, : ratings.shape[1]]
    assert vectors.has_canonical_format
    assert (vectors.indptr.tolist(), vectors.indices.tolist(), vectors.data.tolist()) == (
        ratings.indptr.tolist(),
        ratings.indices.tolist(),
        ratings.data.tolist(),
    )


@given(rated_films())
def test_content_alone_leaves_ratings_no_say(films: tuple[csr_matrix, csr_matrix]) -> None:
    ratings, content = films
    vectors = item_vectors(ratings, content, 1.0, 5.0)
    np.testing.assert_allclose(cosine_similarity(vectors), cosine_similarity(content), atol=1e-5)


MOVIES = pd.DataFrame(
    [
        (1, "Alien (1979)", "Horror|Sci-Fi"),
        (2, "Aliens (1986)", "Action|Horror|Sci-Fi"),
        (3, "Amelie (2001)", "Comedy|Romance"),
        (4, "Alien 3 (1992)", "Horror|Sci-Fi"),
        (5, "Heat (1995)", "(no genres listed)"),
    ],
    columns=["movieId", "title", "genres"],
)
RATINGS = pd.DataFrame(
    [(user, movie, rating) for user in range(1, 9) for movie, rating in ((1, 4), (2, 5), (3, 3))],
    columns=["userId", "movieId", "rating"],
)


def test_film_that_nobody_rated_is_placed_by_its_content() -> None:
    found = Recommender.fit(RATINGS, MOVIES).similar("Alien 3")
    assert [film.movie_id for film in found][:2] == [1, 2]
    assert {film.evidence for film in found} == {"by content"}
    assert {film.support for film in found} == {0}
    assert found[0].shared_genres == ("Horror", "Sci-Fi")
    assert found[0].content_share == 1


def test_without_content_and_weighting_it_is_the_cosine_of_ratings() -> None:
    recommender = Recommender.fit(RATINGS, MOVIES, content_weight=0, weighting="none")
    matrix = RATINGS.pivot_table(index="movieId", columns="userId", values="rating")
    oracle = NearestNeighbors(metric="cosine", algorithm="brute").fit(matrix)
    distances, indices = oracle.kneighbors(matrix.loc[[1]], 3)
    expected = dict(zip(matrix.index[indices[0]], 1 - distances[0], strict=True))
    found = {film.movie_id: film.similarity for film in recommender.similar(1)}
    assert found == pytest.approx({movie: expected[movie] for movie in (2, 3)}, abs=1e-6)
    assert list(recommender.similar("Alien 3")) == []
    assert recommender._model.vectors is not None
    assert recommender._model.vectors.matrix.shape[1] == 8


def test_min_ratings_leaves_films_out_altogether() -> None:
    recommender = Recommender.fit(RATINGS, MOVIES, min_ratings=2)
    assert list(recommender.similar("Alien 3")) == []
    assert 4 not in {film.movie_id for film in recommender.similar("Alien")}


def test_parts_that_are_not_named_count_nothing() -> None:
    by_year = Recommender.fit(RATINGS, MOVIES, content_weight=1, content_parts={"year": 1})
    assert by_year.similarity("Alien", "Amelie") == pytest.approx(0, abs=1e-6)
    by_genre = Recommender.fit(RATINGS, MOVIES, content_weight=1, content_parts={"genres": 1})
    assert by_genre.similarity("Alien", "Alien 3") == pytest.approx(1, abs=1e-6)
    assert by_genre.similarity("Alien", "Aliens") == pytest.approx((2 / 3) ** 0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("years", "expected"),
    [((1990, 1990), 1.0), ((1990, 2010), 0.0), ((1990, 0), 0.0)],
)
def test_same_years_are_alike_and_far_ones_are_not(years: tuple[int, int], expected: float) -> None:
    assert similarity_of_years(*years) == pytest.approx(expected)


def test_the_nearer_two_years_are_the_more_alike_they_are() -> None:
    found = [similarity_of_years(1993, 1993 + apart) for apart in range(0, 20)]
    assert found == sorted(found, reverse=True)
    assert 0.4 < found[5] < 0.8


def similarity_of_years(*years: int) -> float:
    content = features_of(["A", "B"], [[], []], years, weights={"year": 1.0})
    assert content is not None
    return float(cosine_similarity(shortened(content.parts["year"]))[0, 1])
