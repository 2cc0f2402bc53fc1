"""Simulate ratings whose order means something, with the size and shape of MovieLens 1M.

    python benchmarks/make_sequences.py OUT --users 6040 --movies 3706

What somebody rates next is the next part of a series (one of ten), a movie that usually follows one
of the last three (four of ten), or by taste, which changes now and then. Tastes are directions in a
space of movies, and what follows a movie lies further on a circle in it, so that the way back is
another. Half of the ratings have the second of the one before, as where several movies are rated on
one page. Titles tell nothing of series. Nothing is taken from a real data set, and results say
nothing about one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from make_data import GENRES, N_GROUPS, draw_ratings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

N_DIMENSIONS, N_NEXT, N_TRIES, N_LAST = 6, 30, 12, 3
SERIES, FOLLOWED, DRIFT = 0.1, 0.4, 0.01  # chances at each rating
TASTE, ANGLE = 0.6, np.pi / 6


class World:
    """The movies: how popular they are in each group, and what follows each of them.

    Parameters
    ----------
    rng : Generator
    n_movies : int
    """

    def __init__(self, rng: np.random.Generator, n_movies: int) -> None:
        self._rng = rng
        popularity = rng.permutation((np.arange(n_movies) + 60.0) ** -1.1)
        places = rng.normal(size=(n_movies, N_DIMENSIONS))
        liked = rng.normal(size=(N_GROUPS, N_DIMENSIONS))
        chances = popularity * np.exp(TASTE * liked @ places.T)
        self._by_taste = np.cumsum(chances, axis=1) / chances.sum(axis=1, keepdims=True)
        self._next_part = _next_parts(rng, n_movies)
        near = ((_turned(places)[:, None] - places) ** 2).sum(axis=2) - 0.5 * np.log(popularity)
        self._follow = np.argsort(near, axis=1)[:, :N_NEXT]

    def propose(self, group: Ints, last: Ints) -> Ints:
        """Return what each user may rate next, or -1.

        Parameters
        ----------
        group, last : ndarray of shape (n,), int64
            The group of the user, and a movie that the user rated.
        """
        n, rng = len(group), self._rng
        tastes, lots = np.empty(n, dtype=np.int64), rng.random(n)
        for number in range(N_GROUPS):
            members = group == number
            drawn = np.searchsorted(self._by_taste[number], rng.random(int(members.sum())))
            tastes[members] = np.minimum(drawn, self._by_taste.shape[1] - 1)
        place = (N_NEXT * rng.random(n) ** 2).astype(int)  # the nearest most often
        followed = self._follow[last, place]
        is_followed = lots < SERIES + FOLLOWED
        return np.where(
            lots < SERIES, self._next_part[last], np.where(is_followed, followed, tastes)
        )


def _turned(places: Floats) -> Floats:
    """Return the places after a turn by an angle in each plane of two dimensions."""
    first, second = places[:, ::2], places[:, 1::2]
    turned = np.empty_like(places)
    turned[:, ::2] = np.cos(ANGLE) * first - np.sin(ANGLE) * second
    turned[:, 1::2] = np.sin(ANGLE) * first + np.cos(ANGLE) * second
    return turned


def _next_parts(rng: np.random.Generator, n_movies: int) -> Ints:
    """Return the next part of the series of each movie, or -1: a third of them have one."""
    order = rng.permutation(n_movies)
    following = np.full(n_movies, -1)
    linked = rng.random(n_movies - 1) < 1 / 3
    following[order[:-1][linked]] = order[1:][linked]
    return following


def draw_histories(
    rng: np.random.Generator, n_users: int, n_movies: int
) -> tuple[Ints, Ints, Ints]:
    """Draw who rated what, in order.

    Parameters
    ----------
    rng : Generator
    n_users, n_movies : int

    Returns
    -------
    users, movies, places : ndarray of shape (n,), int64
        Each pair once; the place is that in the history of the user, from 0.
    """
    world = World(rng, n_movies)
    lengths = np.clip(rng.lognormal(np.log(96), 1.0, n_users), 20, n_movies // 3).astype(int)
    group = rng.integers(0, N_GROUPS, n_users)
    last = rng.integers(0, n_movies, (n_users, N_LAST))
    seen = np.zeros((n_users, n_movies), dtype=bool)
    parts = []
    for place in range(lengths.max()):
        wanting = np.flatnonzero(lengths > place)
        drifts = wanting[rng.random(len(wanting)) < DRIFT]
        group[drifts] = rng.integers(0, N_GROUPS, len(drifts))
        for _ in range(N_TRIES):
            from_last = last[wanting, rng.integers(0, N_LAST, len(wanting))]
            found = world.propose(group[wanting], from_last)
            is_new = (found >= 0) & ~seen[wanting, found]
            users, movies = wanting[is_new], found[is_new]
            seen[users, movies] = True
            last[users] = np.column_stack([movies, last[users, :-1]])
            parts.append((users, movies, np.full(len(users), place)))
            wanting = wanting[~is_new]
    users, movies, places = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return users, movies, places


def draw_times(rng: np.random.Generator, users: Ints) -> Ints:
    """Return the time of each rating, in seconds; rows are sorted by user, then by place."""
    gaps = rng.integers(1, 60, len(users)) * (rng.random(len(users)) < 0.5)
    gaps += rng.integers(3600, 30 * 86400, len(users)) * (rng.random(len(users)) < 0.01)
    starts = np.append(True, users[1:] != users[:-1])
    gaps[starts] = 0
    elapsed = np.cumsum(gaps)
    first = np.flatnonzero(starts)
    begins = rng.integers(950_000_000, 1_050_000_000, len(first))
    times = elapsed + np.repeat(begins - elapsed[first], np.diff([*first, len(users)]))
    return np.asarray(times)


def make(folder: Path, n_users: int, n_movies: int, seed: int = 0) -> None:
    """Write ``ratings.csv`` and ``movies.csv`` into a folder; rows are in no order.

    Parameters
    ----------
    folder : Path
    n_users, n_movies : int
    seed : int
        Random seed.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    users, movies, places = draw_histories(rng, n_users, n_movies)
    order = np.lexsort((places, users))
    users, movies = users[order], movies[order]
    ratings = pd.DataFrame({"userId": users + 1, "movieId": movies + 1})
    ratings["rating"] = draw_ratings(rng, users, movies)
    ratings["timestamp"] = draw_times(rng, users)
    ratings.sort_values(["userId", "movieId"]).to_csv(folder / "ratings.csv", index=False)
    numbers = range(1, n_movies + 1)
    titles = [f"Film {number} ({rng.integers(1920, 2000)})" for number in numbers]
    genres = ["|".join(rng.choice(GENRES, 2, replace=False)) for _ in numbers]
    table = pd.DataFrame({"movieId": numbers, "title": titles, "genres": genres})
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
