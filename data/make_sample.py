"""Write the sample ``movies.csv`` and ``ratings.csv`` from ``films.tsv``.

The films are real; the viewers and all their ratings are simulated.  Nothing here is taken
from a published rating data set.

How a rating comes about:

1. Every viewer draws a taste for each series, family (studio, director, school), audience
   (arthouse, horror, western ...), genre and era, and an appetite for famous films.
2. The affinity of a viewer for a film is the weighted sum of the tastes that the film's tags
   meet.  The viewer watches the films with the highest affinity + fame + chance.
3. The stars follow the same affinity, the film's quality, the viewer's leniency and chance.
   About half of the viewers give whole stars only.

The output is the same bytes on every machine: the only source of chance is
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

# Watching: how strongly each kind of taste pulls a viewer to a film.
SERIES_PULL = 3.0
FAMILY_PULL = 3.0
AUDIENCE_PULL = 2.2
GENRE_PULL = 1.1
ERA_PULL = 1.2
FAME_PULL = 9.5
OBSCURITY_PUSH = 0.2
CHANCE = 0.5

# Rating: mean stars of an average film, and what moves a rating away from it.
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
class Film:
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
        """Year of release at the end of the title, if there is one."""
        match = re.search(r"\((\d{4})\)$", self.title)
        return int(match.group(1)) if match else None

    @property
    def era(self) -> tuple[str, ...]:
        """Era tag; empty for a film whose title has no year."""
        if self.year is None:
            return ()
        return (f"era-{sum(self.year >= start for start in ERAS)}",)


def read_films(path: Path) -> list[Film]:
    """Read the film table (plain tab-separated text: quotes are part of the titles)."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [parse_film(line.split("\t")) for line in lines]


def parse_film(cells: Sequence[str]) -> Film:
    """Make a film of the eight cells of a line."""
    movie_id, title, genres, series, family, audience, fame, quality = cells
    return Film(
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
    """Approximately standard normal numbers: twelve uniforms less six (Irwin-Hall)."""
    total = rng.random(shape) - 6.0
    for _ in range(11):
        total += rng.random(shape)
    return total


def cube(values: Floats) -> Floats:
    """Third power by multiplication alone: the same last bit on every machine."""
    return values * values * values


def tag_affinity(
    rng: np.random.Generator, tags: Sequence[tuple[str, ...]], users: int, spread: bool
) -> Floats:
    """Draw each viewer's taste for each tag and add the tastes up per film.

    With ``spread`` the sum is divided by the square root of the number of tags, so that a film
    with five genres does not stir stronger feelings than a film with one.
    """
    affinity = np.zeros((users, len(tags)))
    for tag in sorted({tag for film_tags in tags for tag in film_tags}):
        films = [i for i, film_tags in enumerate(tags) if tag in film_tags]
        affinity[:, films] += taste(rng, users)
    if spread:
        affinity *= np.array([1.0 / math.sqrt(max(1, len(film_tags))) for film_tags in tags])
    return affinity


def taste(rng: np.random.Generator, users: int) -> Floats:
    """Taste of every viewer for one tag, as a column: lukewarm for most, a few are fans."""
    lukewarm = 0.4 * bell(rng, users, 1)
    fan = rng.random((users, 1))
    return lukewarm + 3.4 * (fan * cube(fan) - 0.2)


def film_affinity(rng: np.random.Generator, films: Sequence[Film], users: int) -> Floats:
    """Affinity of every viewer (row) for every film (column), fame left out."""
    affinity = SERIES_PULL * tag_affinity(rng, [f.series for f in films], users, spread=False)
    affinity += FAMILY_PULL * tag_affinity(rng, [f.family for f in films], users, spread=True)
    affinity += AUDIENCE_PULL * tag_affinity(rng, [f.audience for f in films], users, spread=True)
    affinity += GENRE_PULL * tag_affinity(rng, [f.genres for f in films], users, spread=True)
    affinity += ERA_PULL * tag_affinity(rng, [f.era for f in films], users, spread=False)
    return affinity


def watch_scores(rng: np.random.Generator, films: Sequence[Film], affinity: Floats) -> Floats:
    """Pull of every film on every viewer; minus infinity where nobody ever watches."""
    users, count = affinity.shape
    fame = np.array([film.fame for film in films])
    appetite = 1.0 + 0.15 * bell(rng, users, 1)
    scores = affinity + FAME_PULL * appetite * fame + CHANCE * bell(rng, users, count)
    # Nearly unknown films are hard to come by, however well they fit.
    scores -= OBSCURITY_PUSH / (fame + 0.02)
    scores[:, fame == 0.0] = -np.inf
    # Rounding first keeps a difference in the last bit from changing the order.
    rounded: Floats = np.round(scores, 6)
    return rounded


def watch_counts(rng: np.random.Generator, users: int) -> Ints:
    """Draw the number of films per viewer: 22 at least, some 50 for most, 200 for a few."""
    return (22.0 + 250.0 * cube(rng.random(users))).astype(np.int64)


def watched_films(scores: Floats, counts: Ints) -> list[Ints]:
    """Film columns that each viewer watched, in ascending order."""
    best_first = np.argsort(-scores, axis=1, kind="stable")
    return [np.sort(row[:count]) for row, count in zip(best_first, counts, strict=True)]


def star_ratings(rng: np.random.Generator, films: Sequence[Film], affinity: Floats) -> Floats:
    """Stars that every viewer would give to every film, 0.5 to 5.0 in half steps."""
    users, count = affinity.shape
    quality = np.array([film.quality for film in films])
    stars = MEAN_STARS + QUALITY_STARS * (quality - MEAN_QUALITY) + AFFINITY_STARS * affinity
    stars += LENIENCY_STARS * bell(rng, users, 1) + NOISE_STARS * bell(rng, users, count)
    let_down = cube(rng.random((users, count)))
    stars -= DISAPPOINTMENT_STARS * let_down * let_down * let_down
    step = np.where(rng.random((users, 1)) < 0.5, 1.0, 0.5)
    rounded = np.floor(np.round(stars, 6) / step + 0.5) * step
    # A viewer of whole stars has one star as the lowest, not half a star.
    clipped: Floats = np.minimum(np.maximum(rounded, step), 5.0)
    return clipped


def seconds(year: int) -> int:
    """Unix time of the first of January of a year."""
    return int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())


def session_starts(rng: np.random.Generator) -> list[int]:
    """Draw the times at which one viewer sits down to rate: a first visit and a few returns."""
    first = seconds(1997) + int(rng.random() * (seconds(2022) - seconds(1997)))
    left = seconds(2024) - first
    chance = rng.random(4)
    # Cubed, as most people return soon or not at all.
    returns = [first + int(u * u * u * left) for u in chance.tolist()]
    return sorted([first, *returns])


def rating_times(rng: np.random.Generator, films: Sequence[Film]) -> list[int]:
    """Unix times of one viewer's ratings, none before the film's year is over."""
    starts = session_starts(rng)
    return [rating_time(film, starts, rng.random(3).tolist()) for film in films]


def rating_time(film: Film, starts: Sequence[int], chance: Sequence[float]) -> int:
    """Time of one rating: within a session after the release, or else soon after the release."""
    released = seconds(film.year + 1) if film.year is not None else 0
    possible = [start for start in starts if start >= released]
    if possible:
        start = possible[int(chance[0] * len(possible))]
        return start + int(chance[1] * DAY / 8)
    return released + int(chance[1] * 360) * DAY + int(chance[2] * DAY)


def simulate(films: Sequence[Film], users: int, seed: int) -> Iterable[tuple[int, int, float, int]]:
    """Yield ``(user, movie, stars, time)`` of all ratings, by user and movie."""
    rng = np.random.default_rng(seed)
    affinity = film_affinity(rng, films, users)
    watched = watched_films(watch_scores(rng, films, affinity), watch_counts(rng, users))
    stars = star_ratings(rng, films, affinity)
    for user, columns in enumerate(watched):
        seen = [films[i] for i in columns.tolist()]
        times = rating_times(rng, seen)
        for film, star, time in zip(seen, stars[user, columns].tolist(), times, strict=True):
            yield user + 1, film.movie_id, star, time


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with minimal quoting and LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Write both files next to this script, or to ``--out``."""
    parser = argparse.ArgumentParser(description="Write the simulated sample data.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the two files")
    out: Path = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    films = sorted(read_films(HERE / "films.tsv"), key=lambda film: film.movie_id)
    movies = ((f.movie_id, f.title, "|".join(f.genres) or NO_GENRES) for f in films)
    write_csv(out / "movies.csv", ("movieId", "title", "genres"), movies)
    ratings = simulate(films, USERS, SEED)
    write_csv(out / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), ratings)


if __name__ == "__main__":
    main()
