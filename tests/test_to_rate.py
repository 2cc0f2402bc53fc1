"""Movies to ask people about: the oracle of their scores, and how they are spread."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import Movie, MovieNotFoundError, Recommender, UsageError
from movierec.answers.to_rate import entropy
from movierec.data.discover import sample_folder
from tests.exports import RATED, SEEN, WANTED, letterboxd_zip

N = 12


@pytest.fixture(scope="module")
def scores() -> dict[int, float]:
    """Popularity times entropy of each movie of the sample, by the textbook."""
    found = {}
    table = pd.read_csv(sample_folder() / "ratings.csv")
    for movie_id, ratings in table.groupby("movieId")["rating"]:
        shares = [count / len(ratings) for count in Counter(ratings).values()]
        bits = sum(share * math.log2(1 / share) for share in shares)
        found[int(str(movie_id))] = math.log(len(ratings)) * bits
    return found


def likeness(recommender: Recommender, one: Movie, other: Movie) -> float:
    genres, others = set(one.genres), set(other.genres)
    shared = len(genres & others) / max(len(genres | others), 1)
    same_decade = one.year is not None and one.year // 10 == (other.year or 0) // 10
    return (shared + same_decade + (other.movie_id in near(recommender, one))) / 3


@cache
def near(recommender: Recommender, movie: Movie) -> set[int | str]:
    return {neighbor.movie_id for neighbor in recommender.similar(movie, 50)}


def test_each_movie_has_the_best_score_for_its_likeness(
    sample: Recommender, scores: dict[int, float]
) -> None:
    chosen = sample.to_rate(N)
    everything = [sample.movie(movie_id) for movie_id in scores]
    assert chosen[0].movie_id == max(scores, key=lambda movie_id: scores[movie_id])
    worth = dict(scores)
    for place, movie in enumerate(chosen[:4]):
        for other in everything:
            alike = sum(likeness(sample, before, other) for before in chosen[:place])
            worth[int(other.movie_id)] = scores[int(other.movie_id)] / (1 + alike)
        for before in chosen[:place]:
            worth[int(before.movie_id)] = 0
        assert worth[int(movie.movie_id)] == pytest.approx(max(worth.values()))


def test_movies_are_less_alike_than_those_with_the_best_scores(
    sample: Recommender, scores: dict[int, float]
) -> None:
    best = sorted(scores, key=lambda movie_id: -scores[movie_id])[:N]

    def total(movies: list[Movie]) -> float:
        return sum(likeness(sample, *pair) for pair in combinations(movies, 2))

    chosen = sample.to_rate(N)
    assert total(chosen) < total([sample.movie(movie_id) for movie_id in best]) / 2
    assert len({(movie.year or 0) // 10 for movie in chosen}) >= 5
    assert len({genre for movie in chosen for genre in movie.genres}) >= 12
    assert sum(scores[int(movie.movie_id)] for movie in chosen) > N * sum(scores.values()) / len(
        scores
    )


@settings(max_examples=30)
@given(st.data())
def test_known_movies_are_never_offered(sample: Recommender, data: st.DataObject) -> None:
    everything = sample.to_rate(len(sample))
    n = data.draw(st.integers(1, 40))
    known = data.draw(st.lists(st.sampled_from(everything), unique=True, max_size=80))
    found = sample.to_rate(n, known=known)
    assert len(found) == len(set(found)) == min(n, len(everything) - len(known))
    assert not set(found) & set(known)


def test_others_follow_until_none_is_left(sample: Recommender) -> None:
    shown: list[Movie] = []
    while more := sample.to_rate(200, known=shown):
        shown += more
    assert len(shown) == len(set(shown)) == sum(bool(movie.n_ratings) for movie in shown)


def test_models_without_ratings_use_means(sample: Recommender) -> None:
    found = sample.without_ratings().to_rate(N)
    assert len(set(found)) == N
    first = found[0]
    assert first.mean_rating is not None
    assert abs(first.mean_rating - 2.75) < 0.5  # the middle of the scale
    assert len({(movie.year or 0) // 10 for movie in found}) >= 4


@pytest.mark.parametrize("options", [{"epsilon": 5.0}, {"min_raters": 4}, {"with_ratings": False}])
def test_every_kind_of_model_offers_movies(options: dict[str, float]) -> None:
    found = Recommender.fit(**options).to_rate(N)  # type: ignore[arg-type]
    assert len(set(found)) == N
    assert all(movie.n_ratings for movie in found)


def test_equal_ratings_leave_popularity() -> None:
    """Those who watched are all that is known."""
    rows = pd.DataFrame(
        [(user, item, 5) for item in range(1, 5) for user in range(2 * item)],
        columns=["userId", "movieId", "rating"],
    )
    movies = pd.DataFrame({"movieId": range(1, 6), "title": list("ABCDE"), "genres": ""})
    found = Recommender.fit(rows, movies).to_rate(9)
    assert found[0].title == "D"
    assert {movie.title for movie in found} == set("ABCD")  # nobody rated E


def test_entropy_is_that_of_information_theory() -> None:
    assert entropy([]) == entropy([3.0]) == entropy([4, 4, 4]) == 0
    assert entropy([1, 5]) == 1
    assert entropy([1, 2, 3, 4]) == 2


def test_bad_arguments_are_refused(sample: Recommender) -> None:
    with pytest.raises(UsageError, match="n is 0"):
        sample.to_rate(0)
    with pytest.raises(MovieNotFoundError):
        sample.to_rate(known=["no such movie at all"])


def test_an_export_is_read_for_the_model(sample: Recommender, tmp_path: Path) -> None:
    found = sample.read_ratings(letterboxd_zip(tmp_path / "letterboxd.zip"))
    names = {movie.title.split(" (")[0]: rating for movie, rating in found.ratings.items()}
    expected = {film.title: film.rating for film in RATED[:-1]}
    assert {"Saw", "Alien"} <= names.keys()
    assert {name: names[name] for name in names} == {name: expected[name] for name in names}
    assert {movie.year for movie in found.seen} <= {film.year for film in SEEN}
    assert {movie.year for movie in found.watchlist} <= {film.year for film in WANTED}
    assert [str(entry) for entry in found.matchings[0].unmatched][:1] == [
        "A Film That Nobody Made (2020)"
    ]
    with pytest.raises(UsageError, match="several people"):
        sample.read_ratings({"ann": {"Heat (1995)": 5}, "bob": {"Heat (1995)": 1}})


def test_movies_can_be_named_that_are_ranked_or_left_out(sample: Recommender) -> None:
    usual = sample.recommend(12, likes=["Toy Story (1995)"])
    movies = [sample.movie(movie.movie_id) for movie in usual]
    rest = sample.recommend(12, likes=["Toy Story (1995)"], exclude=movies[:3])
    assert [movie.movie_id for movie in rest[:9]] == [movie.movie_id for movie in usual[3:]]
    few = sample.recommend(12, likes=["Toy Story (1995)"], only=movies[::-1][:4])
    assert [movie.movie_id for movie in few] == [movie.movie_id for movie in usual[8:]]
