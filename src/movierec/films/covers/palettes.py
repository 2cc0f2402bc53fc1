"""The colors of covers, by genre."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple


class Palette(NamedTuple):
    """Four colors, as in SVG. The ink can be read on the ground."""

    ground: str
    shape: str
    accent: str
    ink: str


# The genre that says most comes first: of a war drama, that it is about war.
_BY_GENRE = {
    "Film-Noir": Palette("#121212", "#4d4d4d", "#e3e0d8", "#ffffff"),
    "Western": Palette("#e9c893", "#bc4b1f", "#6b2d0f", "#3a1a08"),
    "Horror": Palette("#0e0b0b", "#8a1010", "#c3cf6a", "#f2ede4"),
    "Musical": Palette("#5f0f40", "#fb8b24", "#e36588", "#fff1dc"),
    "War": Palette("#3a3f2b", "#757a5f", "#cb997e", "#f5f1e3"),
    "Animation": Palette("#1f4e79", "#ff8c42", "#ffd166", "#fff8e7"),
    "Children": Palette("#ffd23f", "#ee4266", "#1fa187", "#241c3a"),
    "Documentary": Palette("#e7e5df", "#44546a", "#d1603d", "#1f2933"),
    "Sci-Fi": Palette("#03122f", "#1d6f8a", "#28e0c8", "#eafcff"),
    "Fantasy": Palette("#2b1d4f", "#7b4fc9", "#f2c14e", "#f7f0ff"),
    "Romance": Palette("#fbe4e1", "#d7263d", "#f49390", "#4a1320"),
    "Comedy": Palette("#f3e9d2", "#ff5e5b", "#00a6a6", "#2b2118"),
    "Mystery": Palette("#16302b", "#694873", "#b8e0c8", "#f0f7f2"),
    "Crime": Palette("#22181c", "#9b1d20", "#d8c99b", "#f5efe0"),
    "Adventure": Palette("#0f4c3a", "#2a9d8f", "#f4a261", "#fdf3e1"),
    "Thriller": Palette("#1c2321", "#56606b", "#e5d549", "#f7f5e6"),
    "Action": Palette("#1b1b2f", "#e43f5a", "#f9b208", "#fff6e6"),
    "IMAX": Palette("#0b3954", "#0a8a98", "#ff5a5f", "#f4fbff"),
    "Drama": Palette("#2d3142", "#5d6b86", "#ef8354", "#f5f3ee"),
}
PALETTES = tuple(_BY_GENRE.values())


def palette_for(genres: Sequence[str], random: Random) -> Palette:
    """Return the colors of a cover.

    Parameters
    ----------
    genres : sequence of str
        Without one that MovieLens has, `random` chooses.
    random : random.Random
    """
    known = [palette for genre, palette in _BY_GENRE.items() if genre in genres]
    first = known[0] if known else random.choice(PALETTES)
    other = random.choice(known[1:] or [first])
    shape, accent = random.sample([other.shape, other.accent], 2)
    return Palette(first.ground, shape, accent, first.ink)
