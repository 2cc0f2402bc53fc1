"""What is known about one movie."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from movierec.films.catalog import Movie, Record
from movierec.films.names import display_title, other_titles
from movierec.model.model import Model

_N_BARS = 10


@dataclass(frozen=True)
class Film(Record):
    """A movie with what its own page shows.

    Attributes
    ----------
    movie : Movie
    name : str
        The title as people say it, without the year.
    other_titles : list of str
        Such as the original title.
    tags : tuple of str
        The most used first.
    ratings : dict of float to int
        How many people gave each rating, lowest first; in equal ranges, by their start, if there
        are many different ratings. Empty if the model holds no ratings.
    """

    movie: Movie
    name: str
    other_titles: list[str]
    tags: tuple[str, ...]
    ratings: dict[float, int]


def film(model: Model, index: int) -> Film:
    """Return what is known about one movie.

    Parameters
    ----------
    model : Model
    index : int
        Its ``item_index``.
    """
    movie = model.catalog.movie(index)
    tags = model.catalog.tags(index)
    found = {} if model.ratings is None else Counter(model.ratings.of_item(index).values())
    return Film(movie, display_title(movie.title), other_titles(movie.title), tags, _bars(found))


def _bars(counts: Counter[float] | dict[float, int]) -> dict[float, int]:
    if len(counts) <= _N_BARS:
        return dict(sorted(counts.items()))
    lowest, highest = min(counts), max(counts)
    width = (highest - lowest) / _N_BARS
    bars = dict.fromkeys((lowest + width * place for place in range(_N_BARS)), 0)
    for value, count in counts.items():
        bars[lowest + width * min(int((value - lowest) / width), _N_BARS - 1)] += count
    return bars
