"""Find the movies of an export in a model."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from movierec._util import csv_cell, pluralize
from movierec.data.personal.entries import Entry
from movierec.errors import OutputError
from movierec.films.catalog import Catalog, Movie
from movierec.films.names import split_year
from movierec.films.resolve import Resolver

_N_EXAMPLES = 5
_COLUMNS = ("person", "title", "year", "imdb", "movie_id", "rating")


@dataclass
class Matching:
    """Which movies of one person's export are in the model.

    Attributes
    ----------
    name : str
        The person.
    source : str
        What it is an export of: "Letterboxd", "IMDb", "Trakt", "MovieLens" or "list".
    n_matched : int
        Number of movies in the export that the model has.
    n_off_by_one : int
        How many of these have another year in the model, one earlier or later.
    unmatched : list of Entry
        The others, highest rating first.
    examples : list of (Entry, list of Movie)
        The first few of the unmatched, with movies that may have been meant.
    notes : list of str
        What else a person should know.
    items : dict of Entry to int or None
        What was looked for so far, without ratings and dates, and its ``item_index``.
    """

    name: str
    source: str
    n_matched: int = 0
    n_off_by_one: int = 0
    unmatched: list[Entry] = field(default_factory=list)
    examples: list[tuple[Entry, list[Movie]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    items: dict[Entry, int | None] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        total = self.n_matched + len(self.unmatched)
        text = f"{self.name}: matched {self.n_matched:,} of {pluralize(total, 'movie')}"
        if self.n_off_by_one:
            text += f", {self.n_off_by_one:,} of them by a year that is off by one"
        return text if self.source == "list" else f"{text} ({self.source})"


class Matcher:
    """Finds movies by their ids, else by title and year.

    Parameters
    ----------
    catalog : Catalog
    resolver : Resolver
    """

    def __init__(self, catalog: Catalog, resolver: Resolver) -> None:
        self._catalog = catalog
        self._resolver = resolver

    def match(
        self, entries: Sequence[Entry], source: str, matching: Matching
    ) -> list[tuple[Entry, int]]:
        """Return the entries that the model has, with their ``item_index``.

        Parameters
        ----------
        entries : sequence of Entry
        source : str
            As in :class:`Matching`. Only lists have the ids of the model.
        matching : Matching
            The counts, and what is not found, are added to it. An entry that occurs several times
            counts once.
        """
        pairs = []
        for entry in entries:
            key = entry._replace(rating=None, timestamp=None)
            if key not in matching.items:
                item = self._find(key, source, matching)
                matching.items[key] = item
                matching.n_matched += item is not None
                matching.unmatched += [entry] if item is None else []
            item = matching.items[key]
            if item is not None:
                pairs.append((entry, item))
        return pairs

    def finish(self, matching: Matching) -> None:
        """Sort the unmatched, and look for movies that the first of them may mean."""
        matching.unmatched.sort(key=lambda entry: -(entry.rating or 0))
        matching.examples = [
            (entry, self._suggest(entry)) for entry in matching.unmatched[:_N_EXAMPLES]
        ]

    def _suggest(self, entry: Entry) -> list[Movie]:
        """Return movies with a title like that of an entry, from about the same year."""
        movies = self._resolver.suggest(entry.title) if entry.title else []
        return [movie for movie in movies if _is_near(entry.year, movie.year)]

    def _find(self, entry: Entry, source: str, matching: Matching) -> int | None:
        if entry.movie_id and source == "list":
            item = self._catalog.index_of(entry.movie_id)
            if item is not None:
                return item
        year = entry.year or split_year(entry.title)[1]
        for name, of_year in ((entry.imdb, None), (entry.title, year)):
            if name and len(items := self._resolver.named(name, of_year)) == 1:
                return items[0]
        if entry.title and year:
            return self._off_by_one(entry.title, year, matching)
        return self._typed(entry) if source == "list" else None

    def _typed(self, entry: Entry) -> int | None:
        """Find what a person may have typed into a list: a part of a title, or an id."""
        items = self._resolver.meant(entry.title or entry.imdb or entry.movie_id)
        return items[0] if len(items) == 1 else None

    def _off_by_one(self, title: str, year: int, matching: Matching) -> int | None:
        items = [
            item for near in (year - 1, year + 1) for item in self._resolver.named(title, near)
        ]
        if len(items) != 1:
            return None
        matching.n_off_by_one += 1
        return items[0]


def _is_near(year: int | None, other: int | None) -> bool:
    return year is None or other is None or abs(year - other) <= 1


def write_unmatched(path: Path, matchings: Sequence[Matching], *, safe_csv: bool = False) -> int:
    """Write the movies that were not found to a CSV file, and return their number.

    Parameters
    ----------
    path : Path
    matchings : sequence of Matching
    safe_csv : bool
        See :func:`movierec._util.csv_cell`.

    Raises
    ------
    OutputError
        If the file exists already, or cannot be written.
    """
    rows = [
        (each.name, entry.title, entry.year, entry.imdb, entry.movie_id, entry.rating)
        for each in matchings
        for entry in each.unmatched
    ]
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            cells = ([csv_cell(value, safe=safe_csv) for value in row] for row in rows)
            csv.writer(file).writerows([_COLUMNS, *cells])
    except FileExistsError as error:
        raise OutputError(f"{path} exists already", "choose another name") from error
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}", None) from error
    return len(rows)
