"""The colors of the map, by genre."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

N_COLORS = 12  # genres that have one; more could not be told apart
_CHROMA = 0.13


def color(number: int | None, *, dark: bool) -> str:
    """Return the color of the movies of a genre, as the script of the page has it.

    Parameters
    ----------
    number : int or None
        The place of the genre among those with a color; None for another.
    dark : bool
        Whether it stands on a dark ground.
    """
    if number is None:
        return _hex(0.62 if dark else 0.66, 0.015, 70)
    lightness = (0.80 if number % 2 else 0.70) if dark else (0.62 if number % 2 else 0.52)
    return _hex(lightness, _CHROMA, 360 / N_COLORS * number + 20)


def main_genres(genres: Sequence[Sequence[int]]) -> tuple[list[int], list[int | None]]:
    """Return the genres that have a color, and which of them each movie has.

    The most common genres have one; a movie has that of its rarest, which says most.

    Parameters
    ----------
    genres : sequence of sequence of int
        The genres of each movie.

    Returns
    -------
    colored : list of int
        Most common first.
    colors : list of int or None
        For each movie the place of its genre among these.
    """
    counts = Counter(genre for of_movie in genres for genre in of_movie)
    colored = sorted(counts, key=lambda genre: (-counts[genre], genre))[:N_COLORS]
    place_of = {genre: place for place, genre in enumerate(colored)}
    return colored, [
        max((place_of[genre] for genre in of_movie if genre in place_of), default=None)
        for of_movie in genres
    ]


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """Return a color of OKLCH, after B. Ottosson, as ``#rrggbb``."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in linear)


def _gamma(part: float) -> float:
    part = min(max(part, 0), 1)
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
