"""The films: ids, titles, genres, years, and how much each was rated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from movierec.columns import Array, TextColumn, place_of, plain_id

NO_GENRES = "(no genres listed)"


class Record:
    """A record whose fields are read by attribute or, as in JSON, by name."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def keys(self) -> Iterator[str]:
        """Return the names of the fields, so that ``dict(record)`` works."""
        return (field.name for field in fields(self))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Movie(Record):
    """A film of the catalogue.

    Attributes
    ----------
    movie_id : int or str
        The id in the user's file.
    title : str
        As the file has it, with the year where it says one.
    year : int or None
    genres : tuple of str
    n_ratings : int
        How many people rated it.
    mean_rating : float or None
        On the scale of the ratings file; None for a film that nobody rated.
    """

    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    n_ratings: int
    mean_rating: float | None


class Catalog:
    """The films by ``item_index``, their place in the order of their ids.

    Parameters
    ----------
    arrays : mapping of str to array
        ``item_ids`` (sorted), ``titles_*``, ``genres_*``, ``years`` (0 for none), ``n_ratings``,
        ``mean_ratings``; each of them in memory or in a file.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.item_ids = arrays["item_ids"]
        self.titles = TextColumn.named(arrays, "titles")
        self.years = arrays["years"]
        self.n_ratings = arrays["n_ratings"]
        self._genres = TextColumn.named(arrays, "genres")
        self.mean_ratings = arrays["mean_ratings"]
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self.item_ids)

    def index_of(self, movie_id: int | str) -> int | None:
        """Return the ``item_index`` of a film's id, or None."""
        return place_of(self.item_ids, movie_id)

    def movie_id(self, index: int) -> int | str:
        """Return the id of the film at `index`, as the user's file has it."""
        return plain_id(self.item_ids[index])

    def genres(self, index: int) -> tuple[str, ...]:
        """Return the genres of the film at `index`."""
        text = self._genres[index]
        return tuple(text.split("|")) if text and text != NO_GENRES else ()

    def tags(self, index: int) -> tuple[str, ...]:
        """Return the tags of the film at `index`, the most given first."""
        text = TextColumn.named(self._arrays, "tags")[index]
        return tuple(text.split("|")) if text else ()

    def movie(self, index: int) -> Movie:
        """Return the film at `index`."""
        n_ratings = int(self.n_ratings[index])
        return Movie(
            movie_id=self.movie_id(index),
            title=self.titles[index],
            year=int(self.years[index]) or None,
            genres=self.genres(index),
            n_ratings=n_ratings,
            mean_rating=round(float(self.mean_ratings[index]), 4) if n_ratings else None,
        )
