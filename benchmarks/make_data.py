"""Simulate a data set of any size with the shape of MovieLens.

    python benchmarks/make_data.py OUT --users 6040 --movies 3706

Only the shape affects the speed: users have at least 20 ratings, 71 in the median, with a long
tail; the popularity of movies follows a power law; and each group of users has its own tastes.
Nothing is taken from a real data set.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

N_GROUPS = 16
GENRES = ("Action", "Comedy", "Crime", "Documentary", "Drama", "Horror", "Romance", "Sci-Fi")
Ints = npt.NDArray[np.int64]


def draw_pairs(rng: np.random.Generator, n_users: int, n_movies: int) -> tuple[Ints, Ints]:
    """Draw who rated what: each pair once, sorted by user, then by movie.

    Parameters
    ----------
    rng : Generator
    n_users, n_movies : int
    """
    n_ratings = np.clip(rng.lognormal(np.log(71), 1.24, n_users), 20, n_movies // 2).astype(int)
    users = np.repeat(np.arange(n_users), np.ceil(1.25 * n_ratings).astype(int))
    group = users % N_GROUPS
    movies = np.empty(len(users), dtype=np.int64)
    popularity = (np.arange(n_movies) + 60.0) ** -1.1
    shuffle = rng.permutation(n_movies)  # so that ids do not depend on popularity
    for number in range(N_GROUPS):
        chances = np.cumsum(popularity * np.exp(rng.normal(0, 0.9, n_movies)))
        members = group == number
        drawn = np.searchsorted(chances / chances[-1], rng.random(int(members.sum())))
        movies[members] = shuffle[np.minimum(drawn, n_movies - 1)]
    pairs = np.unique(users * n_movies + movies)
    return pairs // n_movies, pairs % n_movies


def draw_ratings(rng: np.random.Generator, users: Ints, movies: Ints) -> npt.NDArray[np.float64]:
    """Draw half stars from the quality of the movies, the leniency of the users, and noise.

    Parameters
    ----------
    rng : Generator
    users, movies : ndarray of shape (n,), int64
        The user and the movie of each rating.
    """
    quality = rng.normal(3.5, 0.45, movies.max() + 1)
    leniency = rng.normal(0, 0.4, users.max() + 1)
    stars = quality[movies] + leniency[users] + rng.normal(0, 0.8, len(users))
    return np.asarray(np.clip(np.round(2 * stars) / 2, 0.5, 5.0))


def make(folder: Path, n_users: int, n_movies: int, seed: int = 0) -> None:
    """Write ``ratings.csv`` and ``movies.csv`` into a folder.

    Parameters
    ----------
    folder : Path
    n_users, n_movies : int
    seed : int
        Random seed.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    users, movies = draw_pairs(rng, n_users, n_movies)
    ids = np.sort(rng.choice(4 * n_movies, n_movies, replace=False)) + 1
    ratings = pd.DataFrame({"userId": users + 1, "movieId": ids[movies]})
    ratings["rating"] = draw_ratings(rng, users, movies)
    ratings["timestamp"] = rng.integers(800_000_000, 1_600_000_000, len(users))
    ratings.to_csv(folder / "ratings.csv", index=False)
    titles = [f"Film {number} ({rng.integers(1920, 2020)})" for number in ids]
    genres = ["|".join(rng.choice(GENRES, 2, replace=False)) for _ in ids]
    table = pd.DataFrame({"movieId": ids, "title": titles, "genres": genres})
    table.to_csv(folder / "movies.csv", index=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--users", type=int, default=6040)
    parser.add_argument("--movies", type=int, default=3706)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    make(options.out, options.users, options.movies, options.seed)


if __name__ == "__main__":
    main()
