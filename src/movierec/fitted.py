"""A fitted model, and what can be asked of it besides lists of films."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

from movierec.catalog import Catalog, Movie
from movierec.finding import Finder
from movierec.model import Model, load_model
from movierec.more_like import MoreLike

if TYPE_CHECKING:
    import pandas as pd

    from movierec.why import Why


class Fitted:
    """A fitted model: its file, its films, its numbers.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._catalog = Catalog(model.arrays)
        self._finder = Finder(model.arrays, self._catalog)
        self._more_like = MoreLike(model, self._catalog)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Open a model file. Nothing in it is ever run, and only what is asked for is read.

        Raises
        ------
        ArtifactError
            If the file is missing, damaged, or of another format.
        """
        return cls(load_model(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file in one stroke: if that fails, an old one stays as it was.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        self._model.save(path)

    @property
    def card(self) -> dict[str, Any]:
        """The model's card: algorithm, parameters, versions, counts, when, from which files."""
        return dict(self._model.meta)

    def __len__(self) -> int:
        return len(self._catalog)

    def movie(self, query: int | str, *, by_id: bool = False, year: int | None = None) -> Movie:
        """Return the one film that `query` means.

        Parameters
        ----------
        query : int or str
            A movie id, or a title in about any way that people write it.
        by_id : bool
            Whether a string is a movie id too.
        year : int, optional

        Raises
        ------
        MovieNotFoundError
            If there is none; with suggestions, if titles are near.
        AmbiguousTitleError
            If there are several; with all of them.
        """
        return self._catalog.movie(self._finder.index_of(query, by_id=by_id, year=year))

    def similarity(self, first: int | str, second: int | str, *, by_id: bool = False) -> float:
        """Return the cosine of two films' vectors, each named as in :meth:`movie`.

        It does not ask how many people rated both. A film of which nothing is known has none.
        """
        return self.why(first, second, by_id=by_id).similarity

    def why(self, first: int | str, second: int | str, *, by_id: bool = False) -> Why:
        """Return why two films are similar, each named as in :meth:`movie`.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does.
        """
        from movierec.why import explain

        own = self._finder.index_of(first, by_id=by_id, year=None)
        other = self._finder.index_of(second, by_id=by_id, year=None)
        return explain(self._model, self._catalog, own, other)

    def neighbors_frame(self, k: int | None = None) -> pd.DataFrame:
        """Return the nearest `k` films of every film, or all that are stored.

        The columns are ``movieId``, ``rank`` (from 1), ``neighborId``, ``similarity`` and
        ``support``. A `UsageError` says if `k` is below 1 or above what is stored.
        """
        import pandas as pd

        from movierec.export import frames

        return pd.concat(frames(self._model, k), ignore_index=True)

    def export(
        self, path: str | os.PathLike[str], k: int | None = None, *, overwrite: bool = False
    ) -> int:
        """Write what :meth:`neighbors_frame` returns, a block of films at a time.

        Parameters
        ----------
        path : path-like
            Its ending says the format: ``.csv``, ``.jsonl``, ``.parquet``, ``.sqlite`` or ``.db``.
        k : int, optional
        overwrite : bool
            Whether a file that is there is replaced.

        Returns
        -------
        int
            How many rows were written.

        Raises
        ------
        UsageError
            If the ending is none of these, or `k` not possible.
        OutputError
            If the file is there already or cannot be written.
        """
        from movierec.export import export

        return export(self._model, path, k, overwrite=overwrite)

    def search(self, words: str, limit: int = 20) -> list[Movie]:
        """Return the films with all of some words in their names, the best matches first."""
        return self._finder.search(words, limit)

    def suggest(self, query: str) -> list[Movie]:
        """Return the films whose names are nearest to one that was not found."""
        return self._finder.suggest(query)

    def stats(self) -> dict[str, Any]:
        """Return counts, distributions and lists of the ratings, and the card as ``model``."""
        return {**self._model.load_stats(), "model": self.card}
