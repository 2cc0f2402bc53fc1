"""Resolve a query to one movie, or raise with suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from movierec._checks import identifier, plain, truth, values, whole_number
from movierec.errors import AmbiguousTitleError, MovieNotFoundError
from movierec.films.catalog import Catalog, Movie
from movierec.films.index import MAIN, TitleIndex
from movierec.films.names import fold, split_year
from movierec.films.search import TitleSearch

Query = int | str | Movie

_SEARCH_HINT = "search for it with: movierec search WORDS"


def as_list(queries: Query | Iterable[Query]) -> list[Query]:
    """Return one query or several queries as a list; NumPy integers are ids too."""
    several = values(queries)
    return [queries] if several is None else several  # type: ignore[list-item]


class Resolver:
    """Resolves ids and titles to movies.

    Parameters
    ----------
    index : TitleIndex
    catalog : Catalog
    """

    def __init__(self, index: TitleIndex, catalog: Catalog) -> None:
        self._catalog = catalog
        self._index = index
        self._titles = TitleSearch(index, catalog)

    def for_many(self) -> Resolver:
        """Return a resolver for hundreds of titles: it holds all names in memory."""
        found = Resolver(self._index, self._catalog)
        found._titles.read_all()
        return found

    def index_of(self, query: Query, *, by_id: bool = False, year: int | None = None) -> int:
        """Return the ``item_index`` of a movie.

        Parameters
        ----------
        query : int, str or Movie
            An id, a title, or a movie of this catalog.
        by_id : bool
            Whether text is an id instead of a title.
        year : int, optional
            Year of the movie, if the query is a title.

        Raises
        ------
        MovieNotFoundError
            If no movie matches; the error has suggestions.
        AmbiguousTitleError
            If several movies match; the error has all of them.
        UsageError
            If an argument is of another type.
        """
        if isinstance(query, Movie):
            query, by_id = query.movie_id, True
        truth("by_id", by_id)
        if year is not None:
            year = whole_number("year", year)
        query = identifier("a movie", query, "an id, a title or a Movie")
        if by_id or not isinstance(query, str):
            index = self._catalog.index_of(query)
            if index is None:
                raise MovieNotFoundError(f"no movie has the id {plain(query)}", [], _SEARCH_HINT)
            return index
        matches = self._titles.find(query, year) if query.strip() else None
        if matches is None or not matches.indices:
            raise self._not_found(query)
        if len(matches.indices) > 1:
            raise self._ambiguous(query, matches.indices)
        return matches.indices[0]

    def named(self, name: str, year: int | None) -> list[int]:
        """Return the ``item_index`` of the movies of which a text is a whole name or IMDb id.

        Parameters
        ----------
        name : str
        year : int, optional
            Only movies of this year are returned.
        """
        matches = self._titles.find_whole(name, year)
        return list(matches.indices) if matches.is_certain else []

    def meant(self, text: str) -> list[int]:
        """Return the ``item_index`` of the movies that a text may name; no other is suggested.

        Parameters
        ----------
        text : str
            As people type titles.
        """
        return list(self._titles.find(text, None).indices) if text.strip() else []

    def titled(self, title: str) -> list[int]:
        """Return the ``item_index`` of the movies with exactly a title, as the file has it.

        This is a single lookup, unlike :meth:`index_of`.

        Parameters
        ----------
        title : str
            Including the year.
        """
        items = self._titles.with_key(fold(split_year(title)[0]), MAIN)
        return sorted(item for item in items if self._catalog.titles[item] == title)

    def indices_of(
        self, queries: Iterable[Query], *, by_id: bool = False, year: int | None = None
    ) -> list[int]:
        """Return the ``item_index`` of several movies, without duplicates.

        Parameters
        ----------
        queries : iterable of int, str or Movie
        by_id, year
            As in :meth:`index_of`; they apply to all queries.
        """
        found = (self.index_of(query, by_id=by_id, year=year) for query in queries)
        return list(dict.fromkeys(found))

    def search(self, words: str, limit: int) -> list[Movie]:
        """Return the movies whose names contain all words, best matches first.

        Parameters
        ----------
        words : str
        limit : int
            Maximum number of movies.
        """
        return [self._catalog.movie(index) for index in self._titles.search(words, limit)]

    def suggest(self, query: str) -> list[Movie]:
        """Return the movies whose names are closest to a query that was not found."""
        return [self._catalog.movie(index) for index in self._titles.suggest(query)]

    def _not_found(self, query: str) -> MovieNotFoundError:
        suggestions = partial(self.suggest, query) if query.strip() else ()
        return MovieNotFoundError(f'no movie is called "{query}"', suggestions, _SEARCH_HINT)

    def _ambiguous(self, query: str, indices: Sequence[int]) -> AmbiguousTitleError:
        return AmbiguousTitleError(
            f'"{query}" may be any of {len(indices)} movies',
            [self._catalog.movie(index) for index in indices],
            "add the year, or name one by its id with --id",
        )
