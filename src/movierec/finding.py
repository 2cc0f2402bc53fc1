"""The one film that someone means, or an error that helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from movierec.catalog import Catalog, Movie
from movierec.columns import Array
from movierec.errors import AmbiguousTitleError, MovieNotFoundError
from movierec.titles import TitleIndex


def listed(queries: int | str | Iterable[int | str]) -> list[int | str]:
    """Return one film or several as a list; numpy's integers are ids too."""
    if isinstance(queries, str) or not isinstance(queries, Iterable):
        return [queries]
    return list(queries)


class Finder:
    """Finds films by id or title.

    Parameters
    ----------
    arrays, catalog
        As of :class:`movierec.titles.TitleIndex`.
    """

    def __init__(self, arrays: Mapping[str, Array], catalog: Catalog) -> None:
        self._catalog = catalog
        self._titles = TitleIndex(arrays, catalog)

    def index_of(self, query: int | str, *, by_id: bool, year: int | None) -> int:
        """Return the ``item_index`` of a film; see :meth:`movierec.Recommender.movie`."""
        if by_id or not isinstance(query, str):
            index = self._catalog.index_of(query)
            if index is None:
                hint = "look for it with: movierec search WORDS"
                raise MovieNotFoundError(f"no film has the id {query}", [], hint)
            return index
        matches = self._titles.find(query, year) if query.strip() else None
        if matches is None or not matches.indices:
            raise self._not_found(query)
        if len(matches.indices) > 1:
            raise self._ambiguous(query, matches.indices)
        return matches.indices[0]

    def indices_of(
        self, queries: Iterable[int | str], *, by_id: bool, year: int | None
    ) -> list[int]:
        """Return the ``item_index`` of several films, each once."""
        found = (self.index_of(query, by_id=by_id, year=year) for query in queries)
        return list(dict.fromkeys(found))

    def search(self, words: str, limit: int) -> list[Movie]:
        """Return the films with all of some words in their names, the best matches first."""
        return [self._catalog.movie(index) for index in self._titles.search(words, limit)]

    def suggest(self, query: str) -> list[Movie]:
        """Return the films whose names are nearest to one that was not found."""
        return [self._catalog.movie(index) for index in self._titles.suggest(query)]

    def _not_found(self, query: str) -> MovieNotFoundError:
        suggestions = self.suggest(query) if query.strip() else []
        hint = None if suggestions else "look for it with: movierec search WORDS"
        return MovieNotFoundError(f'no film is called "{query}"', suggestions, hint)

    def _ambiguous(self, query: str, indices: Sequence[int]) -> AmbiguousTitleError:
        return AmbiguousTitleError(
            f'"{query}" may be any of {len(indices)} films',
            [self._catalog.movie(index) for index in indices],
            "add the year, or name one by its id with --id",
        )
