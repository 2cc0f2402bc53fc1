"""The public face of movierec: fit, save, load, and ask."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from movierec.answers import Filter, Neighbor, Neighbors, neighbor
from movierec.catalog import Catalog, Movie
from movierec.errors import AmbiguousTitleError, MovieNotFoundError, UsageError
from movierec.model import Model, Parameters, Progress, load_model
from movierec.titles import TitleIndex
from movierec.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from movierec.readers import Dataset


class Recommender:
    """A fitted recommender. Make one with :meth:`fit` or :meth:`load`.

    Examples
    --------
    >>> from movierec import Recommender
    >>> recommender = Recommender.fit()  # the sample data
    >>> recommender.similar("Toy Story (1995)", k=1)[0].title
    'Toy Story 2 (1999)'
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._catalog = Catalog(model.arrays)
        self._titles = TitleIndex(model.arrays, self._catalog)

    @classmethod
    def fit(
        cls,
        ratings: str | os.PathLike[str] | pd.DataFrame | None = None,
        movies: str | os.PathLike[str] | pd.DataFrame | None = None,
        *,
        links: str | os.PathLike[str] | None = None,
        tags: str | os.PathLike[str] | None = None,
        n_neighbors: int = 100,
        min_support: int = 1,
        min_ratings: int = 1,
        on_error: Literal["fail", "skip"] = "fail",
        progress: Progress | None = None,
    ) -> Recommender:
        """Fit item-based nearest neighbours.

        Parameters
        ----------
        ratings, movies : path-like or DataFrame, optional
            Two files; or as `ratings` alone a folder or zip that holds both (links and tags are
            found in it too); or two data frames with the columns of MovieLens; or nothing, for
            the sample.
        links, tags : path-like, optional
            Files of IMDb ids and of tags.
        n_neighbors : int
            How many neighbours of each film to store. More are found when they are asked for.
        min_support : int
            Pairs of films that fewer people rated have no similarity.
        min_ratings : int
            Films with fewer ratings have no neighbours and are nobody's.
        on_error : {"fail", "skip"}
            What to do with a row that cannot be used.
        progress : callable, optional
            Called with the name of a stage and the fraction of it that is done.

        Raises
        ------
        DataError
            If a file is missing, broken, not what it should be, or has a row that cannot be used.
        UsageError
            If a parameter makes no sense.
        """
        parameters = Parameters(n_neighbors, min_support, min_ratings)
        for name, value in vars(parameters).items():
            if value < 1:
                raise UsageError(f"{name} is {value}; it must be at least 1")
        tell = progress or (lambda stage, done: None)
        dataset = _read(ratings, movies, links=links, tags=tags, on_error=on_error, progress=tell)
        from movierec.fitting import fit_model

        return cls(fit_model(dataset, parameters, tell))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Recommender:
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
        return self._catalog.movie(self._index_of(query, by_id=by_id, year=year))

    def similar(
        self,
        query: int | str,
        k: int = 10,
        *,
        by_id: bool = False,
        year: int | None = None,
        genres: Sequence[str] = (),
        not_genres: Sequence[str] = (),
        years: tuple[int, int] | None = None,
        min_support: int = 1,
    ) -> Neighbors:
        """Return the films nearest to one.

        The similarity is the cosine of two films' ratings over all users, a missing rating being
        0 (Sarwar et al. 2001, "Item-based collaborative filtering", section 3.1.1). Equally
        similar films come in the order of their ids.

        Parameters
        ----------
        query, by_id, year
            As in :meth:`movie`.
        k : int
            How many. Beyond the stored table they are computed from the estimator, exactly.
        genres, not_genres, years, min_support
            As in :class:`Filter`; films that do not pass make room for others.

        Returns
        -------
        Neighbors
            A list of at most `k` :class:`Neighbor`, which also has the film itself as ``query``
            and, where it is shorter, the reason as ``note``.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does.
        UsageError
            If `k` is below 1.
        """
        if k < 1:
            raise UsageError(f"k is {k}; it must be at least 1")
        index = self._index_of(query, by_id=by_id, year=year)
        wanted = Filter(genres, not_genres, years, min_support)
        found = self._neighbors(self._stored(index), wanted, k)
        if len(found) < k and self._is_cut_off(index):
            found = self._neighbors(self._computed(index), wanted, k)
        movie = self._catalog.movie(index)
        return Neighbors(movie, found, self._note(movie, len(found), k, wanted))

    def search(self, words: str, limit: int = 20) -> list[Movie]:
        """Return the films with all of some words in their names, the best matches first."""
        return [self._catalog.movie(index) for index in self._titles.search(words, limit)]

    def suggest(self, query: str) -> list[Movie]:
        """Return the films whose names are nearest to one that was not found."""
        return [self._catalog.movie(index) for index in self._titles.suggest(query)]

    def stats(self) -> dict[str, Any]:
        """Return counts, distributions and lists of the ratings, and the card as ``model``."""
        return {**self._model.load_stats(), "model": self.card}

    def _index_of(self, query: int | str, *, by_id: bool, year: int | None) -> int:
        if by_id or not isinstance(query, str):
            index = self._catalog.index_of(query)
            if index is None:
                raise MovieNotFoundError(f"no film has the id {query}", [])
            return index
        matches = self._titles.find(query, year) if query.strip() else None
        if matches is None or not matches.indices:
            raise self._not_found(query)
        if len(matches.indices) > 1:
            raise self._ambiguous(query, matches.indices)
        return matches.indices[0]

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

    def _stored(self, index: int) -> Iterator[tuple[int, float, int]]:
        """Yield the neighbours in the table: index, similarity, support."""
        columns = (self._model.arrays[name] for name in ("neighbors", "similarities", "support"))
        rows = zip(*(column[index].tolist() for column in columns), strict=True)
        return (row for row in rows if row[0] >= 0)

    def _computed(self, index: int) -> Iterator[tuple[int, float, int]]:
        """Yield all neighbours, from the estimator."""
        from movierec.algorithms.item_knn import rank_all

        model = self._model
        columns = rank_all(model.load_estimator(), index, model.parameters.min_support)
        return zip(*(column.tolist() for column in columns), strict=True)

    def _is_cut_off(self, index: int) -> bool:
        """Tell whether the film has more neighbours than the table could hold."""
        row = self._model.arrays["neighbors"][index]
        return bool(len(row) and row[-1] >= 0) and len(row) < len(self) - 1

    def _neighbors(
        self, ranked: Iterable[tuple[int, float, int]], wanted: Filter, k: int
    ) -> list[Neighbor]:
        found: list[Neighbor] = []
        for index, similarity, support in ranked:
            movie = self._catalog.movie(index)
            if wanted.passes(movie, support):
                found.append(neighbor(len(found) + 1, movie, similarity, support))
            if len(found) == k:
                break
        return found

    def _note(self, movie: Movie, n_found: int, k: int, wanted: Filter) -> str | None:
        if n_found == k:
            return None
        if movie.n_ratings == 0:
            return f"nobody rated {movie.title}, so nothing is known to be similar"
        condition = " and pass the filters" if wanted != Filter() else ""
        return (
            f"{counted(n_found, 'film')} of {k} asked for: no other has a similarity to "
            f"{movie.title} above 0{condition}"
        )


def stats_of(
    ratings: str | os.PathLike[str] | pd.DataFrame,
    movies: str | os.PathLike[str] | pd.DataFrame | None = None,
    *,
    on_error: Literal["fail", "skip"] = "fail",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what :meth:`Recommender.stats` does, straight from files, without a model."""
    from movierec.fitting import arrange, counts_of
    from movierec.stats import describe

    tell = progress or (lambda stage, done: None)
    dataset = _read(ratings, movies, on_error=on_error, progress=tell)
    arrays, matrix = arrange(dataset)
    return {
        **describe(Catalog(arrays), matrix.item_users, counts_of(dataset)),
        "files": dataset.files,
        "notes": dataset.notes,
        "dropped": matrix.dropped,
    }


def _read(ratings: Any, movies: Any, *, on_error: str, progress: Progress, **more: Any) -> Dataset:
    from movierec.readers import frames_dataset, read_dataset

    if hasattr(ratings, "columns"):
        return frames_dataset(ratings, movies, skip_bad_rows=on_error == "skip")
    return read_dataset(
        ratings,
        movies,
        **more,
        skip_bad_rows=on_error == "skip",
        progress=lambda done: progress("reading the ratings", done),
    )
