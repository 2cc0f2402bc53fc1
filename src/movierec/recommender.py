"""The public face of movierec: fit, save, load, and ask."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from movierec.answers import Filter, Neighbors, Recommendations, note_of
from movierec.catalog import Catalog, Movie
from movierec.finding import Finder, listed
from movierec.model import CONTENT_PARTS, Model, Parameters, Progress, load_model
from movierec.more_like import MoreLike, check_list

if TYPE_CHECKING:
    import pandas as pd

    from movierec.why import Why

PathLike = str | os.PathLike[str]
Rated = Mapping[Any, float | None] | Sequence[int | str]


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
        self._finder = Finder(model.arrays, self._catalog)
        self._more_like = MoreLike(model, self._catalog)

    @classmethod
    def fit(
        cls,
        ratings: str | os.PathLike[str] | pd.DataFrame | None = None,
        movies: str | os.PathLike[str] | pd.DataFrame | None = None,
        *,
        links: str | os.PathLike[str] | None = None,
        tags: str | os.PathLike[str] | None = None,
        genome: str | os.PathLike[str] | None = None,
        n_neighbors: int = Parameters.n_neighbors,
        min_support: int = Parameters.min_support,
        min_ratings: int = Parameters.min_ratings,
        content_weight: float = Parameters.content_weight,
        prior: float = Parameters.prior,
        content_parts: Mapping[str, float] | None = None,
        algorithm: str = Parameters.algorithm,
        settings: Mapping[str, Any] | None = None,
        on_error: Literal["fail", "skip"] = "fail",
        progress: Progress | None = None,
    ) -> Recommender:
        """Fit an algorithm: item-based nearest neighbours, unless another is named.

        Parameters
        ----------
        ratings, movies : path-like or DataFrame, optional
            Two files; or as `ratings` alone a folder or zip that holds both (links, tags and the
            tag genome are found in it too); or two data frames with the columns of MovieLens; or
            nothing, for the sample.
        links, tags, genome : path-like, optional
            Files of IMDb ids, of tags, and of the relevance of tags.
        n_neighbors : int
            How many neighbours of each film to store. More are found when they are asked for.
        min_support : int
            Films are no neighbours if fewer people rated both.
        min_ratings : int
            Films with fewer ratings have no neighbours and are nobody's. At 1, films without any
            are placed by their content.
        content_weight : float
            From 0 to 1: what content counts for a film with very many ratings. At 0 the
            similarity is the cosine of ratings.
        prior : float
            How many ratings of a film count as much as its content does for one without any; see
            :func:`movierec.algorithms._estimator.place`.
        content_parts : mapping of str to float, optional
            What genres, title, year, tags and genome count within the content. Those that are
            not named count nothing. Default: :data:`movierec.model.CONTENT_PARTS`.
        algorithm : str
            One of :func:`movierec.algorithms._base.names`.
        settings : mapping, optional
            Its parameters that are not as usual. For "item_knn" the usual is to compare films as
            `content_weight` and `prior` say, with neither weighting nor shrinkage.
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
        from movierec.fitting import fit_model
        from movierec.readers import read

        parameters = Parameters(
            n_neighbors,
            min_support,
            min_ratings,
            content_weight,
            prior,
            dict(CONTENT_PARTS if content_parts is None else content_parts),
            algorithm,
            dict(settings or {}),
        )
        parameters.check()
        tell = progress or (lambda stage, done: None)
        files = {"links": links, "tags": tags, "genome": genome}
        dataset = read(ratings, movies, **files, on_error=on_error, progress=tell)
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
        return self._catalog.movie(self._finder.index_of(query, by_id=by_id, year=year))

    def similar(
        self,
        query: int | str | Sequence[int | str],
        k: int = 10,
        *,
        less_like: int | str | Sequence[int | str] = (),
        by_id: bool = False,
        year: int | None = None,
        genres: Sequence[str] = (),
        not_genres: Sequence[str] = (),
        years: tuple[int, int] | None = None,
        min_support: int = 0,
        diversity: float = 0.0,
        obscurity: float = 0.0,
    ) -> Neighbors:
        """Return the films nearest to one, or to several.

        The similarity is the cosine of two films' vectors, which join ratings and content; see
        :func:`movierec.algorithms._estimator.place`. Equally similar films come in the order of
        their ids.

        Parameters
        ----------
        query : int, str, or sequence of them
            As in :meth:`movie`. With several, the mean similarity to them counts.
        k : int
            How many. Beyond the stored table they are computed from the estimator, exactly.
        less_like : int, str, or sequence of them
            Films to keep away from: they are ranked by the similarity less the mean of that to
            these.
        by_id, year
            As in :meth:`movie`, for all of them.
        genres, not_genres, years, min_support
            As in :class:`Filter`; films that do not pass make room for others.
        diversity, obscurity : float
            From 0 to 1; see :meth:`movierec.more_like.MoreLike.find`.

        Returns
        -------
        Neighbors
            A list of at most `k` :class:`Neighbor`, which also has the films that were asked for
            as ``queries`` and, where it is shorter, the reason as ``note``.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does.
        UsageError
            If `k` is below 1, no film is named, or a number is out of its range.
        """
        queries, less_like = listed(query), listed(less_like)
        check_list(k, queries, diversity=diversity, obscurity=obscurity)
        liked, disliked = (
            self._finder.indices_of(group, by_id=by_id, year=year) for group in (queries, less_like)
        )
        wanted = Filter(genres, not_genres, years, min_support)
        found = self._more_like.find(
            liked, disliked, k, wanted, diversity=diversity, obscurity=obscurity
        )
        movies, away = (list(map(self._catalog.movie, group)) for group in (liked, disliked))
        return Neighbors(movies, found, note_of(movies, away, len(found), k, wanted), away)

    def recommend(
        self,
        k: int = 10,
        *,
        user: int | str | None = None,
        likes: Rated = (),
        dislikes: Rated = (),
        ratings: PathLike | Rated | Sequence[PathLike | Rated] = (),
        by_id: bool = False,
        genres: Sequence[str] = (),
        not_genres: Sequence[str] = (),
        years: tuple[int, int] | None = None,
        min_support: int = 0,
        only: PathLike | None = None,
        exclude: PathLike | None = None,
        diversity: float = 0.0,
        obscurity: float = 0.0,
        group: Literal["average", "least-misery"] = "average",
    ) -> Recommendations:
        """Return the best films for somebody, also for people whom the model has never seen.

        Parameters
        ----------
        k : int
        user : int or str, optional
            One of the people in the ratings.
        likes, dislikes : mapping of film to rating, or sequence of films
            Films as in :meth:`movie`; without a rating, the highest. What is disliked counts half
            as much against a film as what is liked counts for it.
        ratings : path-like or mapping of film to rating, or a sequence of them
            Each is a person; see :func:`movierec.readers.own.read_own`. `likes` and `dislikes`
            are then of each of them.
        by_id : bool
            Whether strings in `likes` and `dislikes` are movie ids.
        genres, not_genres, years
            As in :class:`Filter`.
        min_support : int
            How many people must have rated a film.
        only, exclude : path-like, optional
            Files of films to rank, and to leave out.
        diversity, obscurity : float
            As in :meth:`similar`.
        group : {"average", "least-misery"}
            Whether the scores of several people are averaged, or the lowest counts.

        Raises
        ------
        NothingFoundError
            If there is no such user, nothing is liked, or no film passes.
        DataError
            If a file cannot be used.
        UsageError
            If a number is out of its range.
        """
        from movierec.recommending import Advisor, Wanted
        from movierec.taste import TasteReader, read_people

        check_list(k, ["somebody"], diversity=diversity, obscurity=obscurity)
        reader = TasteReader(self._model, self._catalog, self._finder)
        people = read_people(reader, user, likes, dislikes, ratings, by_id=by_id)
        wanted = Wanted(
            Filter(genres, not_genres, years, min_support),
            None if only is None else reader.films_in(only),
            () if exclude is None else reader.films_in(exclude),
            diversity,
            obscurity,
            group,
        )
        found = Advisor(self._model, self._catalog, self._more_like).recommend(people, k, wanted)
        n_rated = len({item for one in people for item in one.ratings})
        return Recommendations(found, reader.unmatched, n_rated)

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
