"""The catalog of movies by index: ids, titles, genres, years, and rating counts and means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from movierec._schema import Column, Schema, text_columns
from movierec.store.columns import Array, StringArray
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

HIDDEN = -(2.0**100)  # the stored mean of a movie that too few people rated to say how many
NO_GENRES = "(no genres listed)"
_STRINGS = ("titles", "genres", "tags")
_NUMBERS = ("item_ids", "years", "n_ratings", "mean_ratings")


class Record:
    """A record whose fields can be read as attributes or, as in JSON, by key."""

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)

    @classmethod
    def field_names(cls) -> Iterator[str]:
        """Return the names of the fields."""
        return (field.name for field in fields(cls))  # type: ignore[arg-type]

    def keys(self) -> Iterator[str]:
        """Return the names of the fields, so that ``dict(record)`` works."""
        return self.field_names()

    def _repr_html_(self) -> str:
        from movierec.films.notebook import record

        return record(dict(self))


RecordT = TypeVar("RecordT", bound=Record)


class Listing(list[RecordT]):
    """A list of records of one type. Notebooks show it as a table, and below what it notes."""

    RECORD: ClassVar[type[Record]]
    UNSHOWN: ClassVar[frozenset[str]] = frozenset()  # fields that a notebook need not show

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each record, and the columns named as its fields."""
        import pandas as pd

        rows = [dict(record) for record in self]
        return pd.DataFrame(rows, columns=[*self.RECORD.field_names()])

    def _repr_html_(self) -> str:
        from movierec._html import notes
        from movierec.films.notebook import table_of

        note: str | None = getattr(self, "note", None)
        said = [*([note] if note else []), *map(str, getattr(self, "unmatched", ()))]
        columns = [name for name in self.RECORD.field_names() if name not in self.UNSHOWN]
        return table_of(list(map(dict, self)), columns) + notes(said)


@dataclass(frozen=True)
class Movie(Record):
    """A movie in the catalog.

    Attributes
    ----------
    movie_id : int or str
        As in the user's file.
    title : str
        As in the file, including the year if the file has it.
    year : int or None
    genres : tuple of str
    n_ratings : int or None
        Number of people who rated the movie; None if they are fewer than `min_raters` of the fit.
    mean_rating : float or None
        On the scale of the ratings file; None if nobody rated the movie, or too few people did.
    """

    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    n_ratings: int | None
    mean_rating: float | None


class Catalog:
    """The movies by ``item_index``, in the order of their ids.

    The columns are in memory or mapped from a file.

    Parameters
    ----------
    item_ids : array of shape (n_items,), sorted
    titles : StringArray
        Including the years.
    genres, tags : StringArray
        The names for each movie, joined by ``|``; the most used tags come first.
    years : array of shape (n_items,), int16
        0 if the year is unknown.
    n_ratings : array of shape (n_items,), int32
    mean_ratings : array of shape (n_items,), float32
        `HIDDEN` if the number of ratings is not to be known; it is then stored as 0.
    """

    NAME: ClassVar = "catalog"
    OF_PEOPLE: ClassVar = False
    SCHEMA: ClassVar[Schema] = {
        "item_ids": Column("i8 S", ("items",)),
        "years": Column("i2", ("items",), least=0),
        "n_ratings": Column("i4", ("items",), least=0),
        "mean_ratings": Column("f4", ("items",)),
        **text_columns("titles", "items"),
        **text_columns("genres", "items"),
        **text_columns("tags", "items"),
    }

    def __init__(
        self,
        *,
        item_ids: Array,
        titles: StringArray,
        genres: StringArray,
        tags: StringArray,
        years: Array,
        n_ratings: Array,
        mean_ratings: Array,
    ) -> None:
        self.items = Vocabulary(item_ids)
        self.item_ids = item_ids
        self.titles = titles
        self._genres = genres
        self._tags = tags
        self.years = years
        self.n_ratings = n_ratings
        self.mean_ratings = mean_ratings

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Catalog:
        """Build a catalog from the arrays that :meth:`to_arrays` returned."""
        strings = {name: StringArray.named(arrays, name) for name in _STRINGS}
        return cls(**strings, **{name: arrays[name] for name in _NUMBERS})  # type: ignore[arg-type]

    def to_arrays(self) -> dict[str, Array]:
        """Return the columns as arrays by name."""
        strings = zip(_STRINGS, (self.titles, self._genres, self._tags), strict=True)
        parts = (column.to_arrays(name) for name, column in strings)
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return numbers | {key: array for part in parts for key, array in part.items()}

    def with_hidden(self, hidden: Any) -> Catalog:
        """Return a catalog that does not say how many people rated some movies.

        Parameters
        ----------
        hidden : ndarray of shape (n_items,), bool
            Movies without ratings here.
        """
        import numpy as np

        means = np.where(hidden, np.float32(HIDDEN), np.asarray(self.mean_ratings))
        return Catalog.from_arrays(self.to_arrays() | {"mean_ratings": means})

    def __len__(self) -> int:
        return len(self.item_ids)

    def index_of(self, movie_id: int | str) -> int | None:
        """Return the ``item_index`` of a movie id, or None."""
        return self.items.index_of(movie_id)

    def movie_id(self, index: int) -> int | str:
        """Return the id of the movie at `index`, as in the user's file."""
        return self.items.id_at(index)

    def genres(self, index: int) -> tuple[str, ...]:
        """Return the genres of the movie at `index`."""
        text = self._genres[index]
        return tuple(text.split("|")) if text and text != NO_GENRES else ()

    def genre_texts(self) -> list[str]:
        """Return the genres of each movie, joined by ``|``, in one read."""
        return ["" if text == NO_GENRES else text for text in self._genres.tolist()]

    def all_genres(self) -> set[str]:
        """Return the genres that any movie has."""
        texts = {text for text in self.genre_texts() if text}
        return {genre for text in texts for genre in text.split("|")}

    def tags(self, index: int) -> tuple[str, ...]:
        """Return the tags of the movie at `index`, most used first."""
        text = self._tags[index]
        return tuple(text.split("|")) if text else ()

    def movie(self, index: int) -> Movie:
        """Return the movie at `index`."""
        n_ratings, mean = int(self.n_ratings[index]), float(self.mean_ratings[index])
        return Movie(
            movie_id=self.movie_id(index),
            title=self.titles[index],
            year=int(self.years[index]) or None,
            genres=self.genres(index),
            n_ratings=None if mean == HIDDEN else n_ratings,
            mean_rating=round(mean, 4) if n_ratings else None,
        )
