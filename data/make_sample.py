"""Write the sample ``movies.csv`` and ``ratings.csv`` from ``films.tsv``.

The movies are real; the viewers and all their ratings are simulated. Nothing here is taken
from a published rating data set.

How a rating is simulated:

1. For every viewer, draw a taste for each series, family (studio, director, school), audience
   (arthouse, horror, western ...), genre and era, and a preference for famous movies.
2. The affinity of a viewer for a movie is the weighted sum of the viewer's tastes for the
   movie's tags. The viewer watches the movies with the highest affinity + fame + noise.
3. The stars are the sum of affinity, the movie's quality, the viewer's leniency and noise.
   About half of the viewers give whole stars only.

The output is the same bytes on every machine: all random numbers come from
``Generator.random``, and everything after it is elementwise addition and multiplication (no
logarithms, no BLAS, no reductions whose order of summation is left to the library).
"""

from __future__ import annotations

import argparse
import csv
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HERE = Path(__file__).resolve().parent
SEED = 1995
USERS = 700

# Watching: weight of each kind of taste in which movies a viewer watches.
SERIES_PULL = 3.0
FAMILY_PULL = 3.0
AUDIENCE_PULL = 2.2
GENRE_PULL = 1.1
ERA_PULL = 1.2
FAME_PULL = 9.5
OBSCURITY_PUSH = 0.2
WATCH_NOISE = 0.5

# Rating: mean stars of an average movie, and the weights of what changes a rating.
MEAN_STARS = 2.97
QUALITY_STARS = 3.8
MEAN_QUALITY = 0.7
AFFINITY_STARS = 0.1
LENIENCY_STARS = 0.38
NOISE_STARS = 0.68
DISAPPOINTMENT_STARS = 2.5

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERAS = (1930, 1960, 1970, 1980, 1990, 2000, 2010)
NO_GENRES = "(no genres listed)"


@dataclass(frozen=True)
class Movie:
    """One row of ``films.tsv``."""

    movie_id: int
    title: str
    genres: tuple[str, ...]
    series: tuple[str, ...]
    family: tuple[str, ...]
    audience: tuple[str, ...]
    fame: float
    quality: float

    @property
    def year(self) -> int | None:
        """Year of release, if the title ends with one."""
        match = re.search(r"\((\d{4})\)$", self.title)
        return int(match.group(1)) if match else None

    @property
    def era(self) -> tuple[str, ...]:
        """Tag of the era; empty if the title has no year."""
        if self.year is None:
            return ()
        return (f"era-{sum(self.year >= start for start in ERAS)}",)


def read_movies(path: Path) -> list[Movie]:
    """Read the table of movies: tab-separated text in which quotes are part of the titles."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [parse_movie(line.split("\t")) for line in lines]


def parse_movie(cells: Sequence[str]) -> Movie:
    """Return the movie in the eight cells of a line."""
    movie_id, title, genres, series, family, audience, fame, quality = cells
    return Movie(
        movie_id=int(movie_id),
        title=title,
        genres=() if genres == NO_GENRES else tuple(genres.split("|")),
        series=(series,) if series else (),
        family=tuple(family.split("|")) if family else (),
        audience=tuple(audience.split("|")) if audience else (),
        fame=float(fame),
        quality=float(quality),
    )


def bell(rng: np.random.Generator, *shape: int) -> Floats:
    """Draw roughly standard normal numbers: the sum of twelve uniform ones, less 6 (Irwin-Hall)."""
    total = rng.random(shape) - 6.0
    for _ in range(11):
        total += rng.random(shape)
    return total


def cube(values: Floats) -> Floats:
    """Return the third power by multiplication alone, equal to the last bit on every machine."""
    return values * values * values


def tag_affinity(
    rng: np.random.Generator, tags: Sequence[tuple[str, ...]], users: int, spread: bool
) -> Floats:
    """Draw each viewer's taste for each tag, and sum the tastes for each movie.

    With `spread`, the sum is divided by the square root of the number of tags, so that a movie
    with five genres does not have a larger affinity than a movie with one.
    """
    affinity = np.zeros((users, len(tags)))
    for tag in sorted({tag for movie_tags in tags for tag in movie_tags}):
        movies = [i for i, movie_tags in enumerate(tags) if tag in movie_tags]
        affinity[:, movies] += taste(rng, users)
    if spread:
        affinity *= np.array([1.0 / math.sqrt(max(1, len(movie_tags))) for movie_tags in tags])
    return affinity


def taste(rng: np.random.Generator, users: int) -> Floats:
    """Draw the taste of every viewer for one tag, as a column: small for most, large for fans."""
    usual = 0.4 * bell(rng, users, 1)
    fan = rng.random((users, 1))
    return usual + 3.4 * (fan * cube(fan) - 0.2)


def movie_affinity(rng: np.random.Generator, movies: Sequence[Movie], users: int) -> Floats:
    """Return the affinity of every viewer (row) for every movie (column), without fame."""
    affinity = SERIES_PULL * tag_affinity(rng, [f.series for f in movies], users, spread=False)
    affinity += FAMILY_PULL * tag_affinity(rng, [f.family for f in movies], users, spread=True)
    affinity += AUDIENCE_PULL * tag_affinity(rng, [f.audience for f in movies], users, spread=True)
    affinity += GENRE_PULL * tag_affinity(rng, [f.genres for f in movies], users, spread=True)
    affinity += ERA_PULL * tag_affinity(rng, [f.era for f in movies], users, spread=False)
    return affinity


def watch_scores(rng: np.random.Generator, movies: Sequence[Movie], affinity: Floats) -> Floats:
    """Return scores by which viewers choose movies; minus infinity where nobody watches one."""
    users, count = affinity.shape
    fame = np.array([movie.fame for movie in movies])
    appetite = 1.0 + 0.15 * bell(rng, users, 1)
    scores = affinity + FAME_PULL * appetite * fame + WATCH_NOISE * bell(rng, users, count)
    # Nearly unknown movies are rarely watched, whatever the affinity.
    scores -= OBSCURITY_PUSH / (fame + 0.02)
    scores[:, fame == 0.0] = -np.inf
    # Without rounding, a difference in the last bit could change the order.
    rounded: Floats = np.round(scores, 6)
    return rounded


def watch_counts(rng: np.random.Generator, users: int) -> Ints:
    """Draw the number of movies for each viewer: at least 22, about 50 for most, 200 for a few."""
    return (22.0 + 250.0 * cube(rng.random(users))).astype(np.int64)


def watched_movies(scores: Floats, counts: Ints) -> list[Ints]:
    """Return the columns of the movies that each viewer watched, ascending."""
    best_first = np.argsort(-scores, axis=1, kind="stable")
    return [np.sort(row[:count]) for row, count in zip(best_first, counts, strict=True)]


def star_ratings(rng: np.random.Generator, movies: Sequence[Movie], affinity: Floats) -> Floats:
    """Return the stars that every viewer would give every movie, 0.5 to 5.0 in half steps."""
    users, count = affinity.shape
    quality = np.array([movie.quality for movie in movies])
    stars = MEAN_STARS + QUALITY_STARS * (quality - MEAN_QUALITY) + AFFINITY_STARS * affinity
    stars += LENIENCY_STARS * bell(rng, users, 1) + NOISE_STARS * bell(rng, users, count)
    let_down = cube(rng.random((users, count)))
    stars -= DISAPPOINTMENT_STARS * let_down * let_down * let_down
    step = np.where(rng.random((users, 1)) < 0.5, 1.0, 0.5)
    rounded = np.floor(np.round(stars, 6) / step + 0.5) * step
    # The lowest rating of viewers who give whole stars is one, not half a star.
    clipped: Floats = np.minimum(np.maximum(rounded, step), 5.0)
    return clipped


def seconds(year: int) -> int:
    """Return the Unix time of January 1 of a year."""
    return int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())


def session_starts(rng: np.random.Generator) -> list[int]:
    """Draw the start times of one viewer's sessions: a first visit and a few returns."""
    first = seconds(1997) + int(rng.random() * (seconds(2022) - seconds(1997)))
    left = seconds(2024) - first
    chance = rng.random(4)
    # Cubed, since most people return soon or not at all.
    returns = [first + int(u * u * u * left) for u in chance.tolist()]
    return sorted([first, *returns])


def rating_times(rng: np.random.Generator, movies: Sequence[Movie]) -> list[int]:
    """Return Unix times of one viewer's ratings, none before the year of the movie is over."""
    starts = session_starts(rng)
    return [rating_time(movie, starts, rng.random(3).tolist()) for movie in movies]


def rating_time(movie: Movie, starts: Sequence[int], chance: Sequence[float]) -> int:
    """Return the time of one rating: in a session after the release, or soon after the release."""
    released = seconds(movie.year + 1) if movie.year is not None else 0
    possible = [start for start in starts if start >= released]
    if possible:
        start = possible[int(chance[0] * len(possible))]
        return start + int(chance[1] * DAY / 8)
    return released + int(chance[1] * 360) * DAY + int(chance[2] * DAY)


def simulate(
    movies: Sequence[Movie], users: int, seed: int
) -> Iterable[tuple[int, int, float, int]]:
    """Yield ``(user, movie, stars, time)`` for all ratings, ordered by user and movie."""
    rng = np.random.default_rng(seed)
    affinity = movie_affinity(rng, movies, users)
    watched = watched_movies(watch_scores(rng, movies, affinity), watch_counts(rng, users))
    stars = star_ratings(rng, movies, affinity)
    for user, columns in enumerate(watched):
        seen = [movies[i] for i in columns.tolist()]
        times = rating_times(rng, seen)
        for movie, star, time in zip(seen, stars[user, columns].tolist(), times, strict=True):
            yield user + 1, movie.movie_id, star, time


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with minimal quoting and LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Write both files beside this script, or into the folder ``--out``."""
    parser = argparse.ArgumentParser(description="Write the simulated sample data.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the two files")
    out: Path = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    movies = sorted(read_movies(HERE / "films.tsv"), key=lambda movie: movie.movie_id)
    rows = ((m.movie_id, m.title, "|".join(m.genres) or NO_GENRES) for m in movies)
    write_csv(out / "movies.csv", ("movieId", "title", "genres"), rows)
    ratings = simulate(movies, USERS, SEED)
    write_csv(out / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), ratings)


if __name__ == "__main__":
    main()
