"""Ratings by made-up people, and what is read off their lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from movierec.algorithms.registry import load

ALL = 1000  # more movies than there are


def made(n_users: int = 40, n_films: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Films of two kinds, rated by people who like one of them more."""
    random = np.random.default_rng(5)
    taste = np.arange(n_users)[:, None] % 2 == np.arange(n_films) % 2
    users, films = np.nonzero(random.random(taste.shape) < np.where(taste, 0.6, 0.15))
    values = random.integers(1, 11, len(users)) / 2
    ratings = pd.DataFrame({"userId": users, "movieId": films, "rating": values})
    genres = [("Drama|War", "Comedy|Crime|Musical")[film % 2] for film in range(n_films)]
    titles = [f"Film {chr(97 + film)} ({1980 + film})" for film in range(n_films)]
    return ratings, pd.DataFrame({"movieId": range(n_films), "title": titles, "genres": genres})


def made_for(algorithm: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same, with a time of each rating if an algorithm needs it."""
    ratings, movies = made()
    if "timestamps" in load(algorithm).NEEDS:
        times = np.random.default_rng(6).permutation(len(ratings))
        ratings = ratings.assign(timestamp=1_000_000_000 + times)
    return ratings, movies


def ids(found: list[Any]) -> list[int]:
    return [film.movie_id for film in found]


def scores_of(found: list[Any]) -> dict[int, float]:
    return {film.movie_id: film.score for film in found}
