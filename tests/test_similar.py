from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from movierec import Neighbors, NothingFoundError, Recommender, UsageError

TOY_STORY, MATRIX, HEAT = "Toy Story (1995)", "Matrix, The (1999)", "Heat (1995)"


@pytest.fixture(scope="module")
def cosines(sample: Recommender) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The similarity of all films of the sample, by scikit-learn."""
    assert sample._model.vectors is not None
    return np.asarray(cosine_similarity(sample._model.vectors.matrix.astype(np.float64)))


def indices(recommender: Recommender, *queries: str | int) -> list[int]:
    return [recommender._resolver.index_of(query) for query in queries]


def test_several_films_are_liked_by_the_mean(
    sample: Recommender, cosines: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    first, second = indices(sample, TOY_STORY, MATRIX)
    expected = (cosines[first] + cosines[second]) / 2
    expected[[first, second]] = -1
    found = sample.similar([TOY_STORY, MATRIX], k=20)
    assert [movie.title for movie in found.queries] == [TOY_STORY, MATRIX]
    assert [film.similarity for film in found] == pytest.approx(
        np.sort(expected)[::-1][:20], abs=1e-6
    )
    for film in found:
        (index,) = indices(sample, film.movie_id)
        assert film.similarity == pytest.approx(expected[index], abs=1e-6)
        each = [sample.why(query, film.movie_id).support for query in (TOY_STORY, MATRIX)]
        assert film.support == min(support or 0 for support in each)


def test_less_like_takes_a_similarity_off(
    sample: Recommender, cosines: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    liked, away = indices(sample, MATRIX, TOY_STORY)
    scores = cosines[liked] - cosines[away]
    scores[[liked, away]] = -1
    found = sample.similar(MATRIX, k=20, less_like=[TOY_STORY])
    listed = [indices(sample, film.movie_id)[0] for film in found]
    assert scores[listed] == pytest.approx(np.sort(scores)[::-1][:20], abs=1e-6)
    for film in found:
        why = sample.why(MATRIX, film.movie_id)
        assert film.similarity == pytest.approx(why.similarity, abs=1e-6)
        assert film.evidence == why.evidence
    assert [movie.title for movie in found.less_like] == [TOY_STORY]


def test_films_unlike_what_is_liked_are_not_listed(sample: Recommender) -> None:
    """Being unlike the other film is not enough."""
    for min_support in (0, 20):
        found = sample.similar(MATRIX, k=300, less_like=[TOY_STORY], min_support=min_support)
        assert 0 < len(found) < len(sample) - 2
        assert all(film.similarity > 0 for film in found)


def test_one_film_named_twice_is_one_film(sample: Recommender) -> None:
    assert list(sample.similar([TOY_STORY, "toy story 1995"])) == list(sample.similar(TOY_STORY))


def likeness(recommender: Recommender, found: Neighbors) -> float:
    """The mean similarity of any two films of a list."""
    ids = [film.movie_id for film in found]
    pairs = [(a, b) for place, a in enumerate(ids) for b in ids[:place]]
    return float(np.mean([recommender.similarity(*pair) for pair in pairs]))


@pytest.mark.parametrize("query", [TOY_STORY, "Star Wars: Episode IV - A New Hope (1977)", HEAT])
def test_diversity_makes_a_list_less_alike(sample: Recommender, query: str) -> None:
    plain, diverse = (sample.similar(query, diversity=value) for value in (0.0, 0.5))
    assert likeness(sample, diverse) < likeness(sample, plain)
    assert diverse[0] == plain[0]  # nothing is above it that it could resemble
    assert len(diverse) == len(plain)


def test_diversity_keeps_a_series_from_filling_the_list(sample: Recommender) -> None:
    query = "Star Wars: Episode IV - A New Hope (1977)"
    plain, diverse = (
        sum("Star Wars" in film.title for film in sample.similar(query, 8, diversity=value))
        for value in (0.0, 0.6)
    )
    assert plain >= 3
    assert 1 <= diverse < plain


def test_obscurity_prefers_films_that_fewer_rated(sample: Recommender) -> None:
    means = [
        np.mean([film.n_ratings for film in sample.similar(TOY_STORY, obscurity=value)])
        for value in (0.0, 0.5, 1.0)
    ]
    assert all(more > less for more, less in pairwise(means))


def test_rest_of_the_list_is_the_same_with_both_at_0(sample: Recommender) -> None:
    assert list(sample.similar(HEAT, diversity=0.0, obscurity=0.0)) == list(sample.similar(HEAT))


def test_reranked_list_obeys_the_filters(sample: Recommender) -> None:
    found = sample.similar(HEAT, 5, diversity=0.4, obscurity=0.4, genres=["Crime"], min_support=9)
    assert len(found) == 5
    assert all("Crime" in film.genres and (film.support or 0) >= 9 for film in found)
    assert [film.rank for film in found] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["diversity", "obscurity"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_fraction_out_of_range_is_refused(sample: Recommender, name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        sample.similar(HEAT, **{name: value})  # type: ignore[arg-type]


def test_no_film_at_all_is_refused(sample: Recommender) -> None:
    with pytest.raises(UsageError, match="no movie"):
        sample.similar([])


def test_loaded_model_answers_the_same(sample: Recommender, sample_model: Path) -> None:
    loaded = Recommender.load(sample_model)
    for options in ({}, {"diversity": 0.5}, {"less_like": [HEAT]}, {"obscurity": 0.7}):
        assert list(loaded.similar(TOY_STORY, 12, **options)) == list(
            sample.similar(TOY_STORY, 12, **options)
        )


@pytest.mark.parametrize("option", ["genres", "not_genres"])
def test_genre_that_no_film_has_is_refused_with_the_nearest(
    sample: Recommender, option: str
) -> None:
    answers: tuple[Callable[..., Any], ...] = (
        partial(sample.similar, HEAT),
        partial(sample.recommend, likes=[HEAT]),
    )
    for answer in answers:
        with pytest.raises(NothingFoundError, match='no movie has the genre "dramma"') as refused:
            answer(**{option: ["Drama", "dramma"]})
        assert str(refused.value.hint).startswith("did you mean Drama? the genres are Action, ")
        with pytest.raises(NothingFoundError) as refused:
            answer(**{option: "qqqq"})
        assert str(refused.value.hint).startswith("the genres are Action, Adventure, ")
        assert "no genres listed" not in str(refused.value.hint)
