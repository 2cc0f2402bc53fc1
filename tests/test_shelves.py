"""Shelves of movies, and what is known about one."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from movierec import Recommender, UsageError
from movierec.data.discover import sample_folder


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    return pd.read_csv(sample_folder() / "ratings.csv")


def test_loved_movies_have_the_best_damped_means(
    sample: Recommender, ratings: pd.DataFrame
) -> None:
    loved = next(shelf for shelf in sample.shelves(10) if shelf.name == "Loved by many")
    found = ratings.groupby("movieId")["rating"].agg(["sum", "count"])
    more = 2 * found["count"].mean()
    damped = (found["sum"] + more * ratings["rating"].mean()) / (found["count"] + more)
    best = damped.nlargest(10)
    assert [damped[movie.movie_id] for movie in loved.movies] == pytest.approx(
        best.tolist(), abs=1e-4
    )


def test_shelves_hold_what_they_say(sample: Recommender) -> None:
    shelves = {shelf.name: shelf.movies for shelf in sample.shelves(8)}
    counts = sample.stats()
    most = max(counts["ratings"] / counts["films_rated"] / 2, 5)
    assert all((movie.n_ratings or 0) <= most for movie in shelves["Hidden gems"])
    genres = sample.movie("1", by_id=True).genres
    for name, movies in shelves.items():
        assert 5 <= len(movies) <= 8
        if name.startswith("The "):
            assert {f"The {(movie.year or 0) // 10 * 10}s" for movie in movies} == {name}
        elif name in genres:
            assert all(name in movie.genres for movie in movies)
    listed = Counter(movie.movie_id for movies in shelves.values() for movie in movies)
    assert max(listed.values()) == 1


def test_few_movies_fill_no_shelf() -> None:
    rows = pd.DataFrame({"userId": [1, 1], "movieId": [1, 2], "rating": [4, 5]})
    movies = pd.DataFrame({"movieId": [1, 2], "title": ["A", "B"], "genres": ["Drama", "Drama"]})
    assert Recommender.fit(rows, movies).shelves() == []


def test_a_shelf_has_a_length(sample: Recommender) -> None:
    with pytest.raises(UsageError, match="n is 0"):
        sample.shelves(0)


def test_a_film_counts_its_ratings(sample: Recommender, ratings: pd.DataFrame) -> None:
    found = sample.film("1", by_id=True)
    counts = ratings[ratings["movieId"] == 1]["rating"].value_counts()
    assert found.ratings == dict(sorted(counts.items()))
    assert found.name == "Toy Story"


def test_a_film_has_its_other_titles() -> None:
    rows = pd.DataFrame({"userId": [1, 2], "movieId": [1, 1], "rating": [0.13, 99.7]})
    title = "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)"
    movies = pd.DataFrame({"movieId": [1, 2], "title": [title, "B"], "genres": ["Drama", "Drama"]})
    film = Recommender.fit(rows, movies).film("1", by_id=True)
    assert (film.name, film.other_titles) == ("Amelie", ["Le Fabuleux destin d'Amélie Poulain"])
    assert sum(film.ratings.values()) == 2
