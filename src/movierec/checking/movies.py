"""The movies of a table, and what else is said of them, as the slow reader reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from movierec._util import pluralize
from movierec.checking.findings import Tally
from movierec.checking.ratings import Fault
from movierec.checking.reader import id_of, number_of, shown, without_point
from movierec.checking.source import Ids, Source
from movierec.data.features import feature_columns
from movierec.films.names import LONGEST_TITLE, normalized_length

_NAMES = {"links": ["imdb"], "tags": ["tag"], "genome": ["tag_id", "relevance"]}
_HIGHEST_ID = 2**53  # of the genome


class MovieLine(NamedTuple):
    """A movie as its line has it."""

    line: int
    movie_id: str
    title: str
    genres: str


class MovieTable:
    """The movies of a table.

    Parameters
    ----------
    source : Source

    Attributes
    ----------
    source : Source
    movies : dict of str to MovieLine
        The first of each id.
    repeated : list of MovieLine
        The others.
    too_long : Tally
        Lines with more fields than the header.
    unprintable : Tally
        Lines whose title has characters that are not printable.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.movies: dict[str, MovieLine] = {}
        self.repeated: list[MovieLine] = []
        self.too_long, self.unprintable = Tally(), Tally()
        columns = source.table.columns
        self._item, self._title = columns["item"], columns["title"]
        self._genres, self._year = columns.get("genres"), columns.get("year")

    def read(self) -> None:
        """Read all rows of the source."""
        n_fields = len(self.source.table.header)
        for line, fields in self.source.rows():
            found, fault = self.movie(line, fields)
            if fault:
                self.source.bad(fault[0], line, fault[1])
                continue
            if n_fields and any(fields[n_fields:]):
                self.too_long.add(line, found.title)
            if not fields[self._title].isprintable():
                self.unprintable.add(line, found.title)
            if found.movie_id in self.movies:
                self.repeated.append(found)
            else:
                self.movies[found.movie_id] = found

    def movie(self, line: int, fields: Sequence[str]) -> tuple[MovieLine, Fault | None]:
        """Return the movie of a row, and what is wrong with it, or None.

        Parameters
        ----------
        line : int
        fields : sequence of str
        """
        nothing = MovieLine(line, "", "", "")
        try:
            title = self._title_of(fields)
            movie_id = id_of(fields[self._item])
            genres = "" if self._genres is None else shown(fields[self._genres])
        except IndexError:
            return nothing, ("fields", f"only {pluralize(len(fields), 'field')}")
        if movie_id is None:
            return nothing, ("id", "no usable id")
        if not title:
            return nothing, ("title", "no title")
        length = normalized_length(title)
        if length > LONGEST_TITLE:
            problem = f"a title of {length:,} characters, more than {LONGEST_TITLE}"
            return nothing, ("long-title", problem)
        return MovieLine(line, movie_id, title, genres), None

    def _title_of(self, fields: Sequence[str]) -> str:
        """Return a title, with the year of its column if it ends with nothing in parentheses."""
        title = fields[self._title]
        if self._year is None or not title.strip() or title.rstrip().endswith(")"):
            return shown(title)
        year = without_point(fields[self._year].strip())
        return shown(f"{title} ({year})" if year.isdigit() else title)


class OtherTable:
    """A table of links, tags, the tag genome or other content: the movies that it names.

    Parameters
    ----------
    source : Source
    kind : {"links", "tags", "genome", "content"}

    Attributes
    ----------
    source : Source
    items : Ids
        The movies that it says something of.

    Raises
    ------
    DataError
        If a table of other content has no column for the movie, or none beside it.
    """

    def __init__(self, source: Source, kind: str) -> None:
        self.source = source
        self.items = Ids()
        columns = source.table.columns
        self._is_genome = kind == "genome"
        self._item = columns["item"]
        self._others = (
            [*feature_columns(source.table)]
            if kind == "content"
            else [columns[name] for name in _NAMES[kind]]
        )

    def read(self) -> None:
        """Read all rows of the source."""
        for line, fields in self.source.rows():
            fault = self.fault(fields)
            if fault:
                self.source.bad(fault[0], line, fault[1])
            elif self.items.is_id(fields[self._item]) and self._says_something(fields):
                self.items.code(fields[self._item], line)

    def _says_something(self, fields: Sequence[str]) -> bool:
        return any(fields[position].strip() for position in self._others)

    def fault(self, fields: Sequence[str]) -> Fault | None:
        """Return what is wrong with a row, or None.

        Parameters
        ----------
        fields : sequence of str
        """
        if len(fields) <= max(self._item, *self._others):
            return "fields", f"only {pluralize(len(fields), 'field')}"
        if not self._is_genome:
            return None
        ids = (number_of(fields[self._item]), number_of(fields[self._others[0]]))
        if not all(number == number // 1 and abs(number) <= _HIGHEST_ID for number in ids):
            return "genome", "an id is not a whole number"
        if not 0 <= number_of(fields[self._others[1]]) <= 1:
            return "genome", "a relevance is not from 0 to 1"
        return None
