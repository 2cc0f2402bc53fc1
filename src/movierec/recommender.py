"""The public interface: fit or load a model, and query it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self, cast, overload

from movierec._checks import (
    identifier,
    mapping,
    number,
    path_of,
    refusal,
    text,
    truth,
    whole_number,
)
from movierec._progress import shows_progress
from movierec._util import Progress, no_progress, pluralize
from movierec.answers.filters import Filter, Group, ListOptions, make_filter
from movierec.answers.records import MovieList, Neighbors, shortfall_note
from movierec.answers.similar import SimilarMovies
from movierec.errors import ArtifactError, NothingFoundError, UsageError
from movierec.films.catalog import Movie
from movierec.films.content import CONTENT_PARTS
from movierec.films.resolve import Query, Resolver, as_list
from movierec.model.model import Model, load_model, model_of_content
from movierec.model.parameters import Parameters
from movierec.neighbors.weighting import Weighting
from movierec.store.stores import store_for

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

    from movierec.algorithms.base import Algorithm, ParameterValue
    from movierec.answers.explain import Why
    from movierec.answers.film import Film
    from movierec.answers.next import NextMovies
    from movierec.answers.people import Movies, Rated, Ratings
    from movierec.answers.personal import PersonalRatings
    from movierec.answers.predict import PredictedRatings
    from movierec.answers.recommendation import Recommendations
    from movierec.answers.shelves import Shelves
    from movierec.answers.tastes import TasteComparison
    from movierec.answers.to_rate import MoviesToRate
    from movierec.data.dataset import OnError
    from movierec.data.sources.base import Place
    from movierec.maps.film_map import FilmMap
    from movierec.model.facts import Card, Stats
    from movierec.training.engines import EngineName

PathLike = str | os.PathLike[str]
_COUNTED = {"ratings": "ratings", "movies": "items", "people": "users"}  # names on a card
SAMPLE = "sample ratings.csv"  # what a card calls the ratings of the sample


class Recommender:
    """A fitted recommender. Create one with :meth:`fit` or :meth:`load`.

    It can be copied, pickled, and asked by several threads at once. The pickle holds the path of
    its file, or without one the whole model, with what people rated if the model has that.

    Examples
    --------
    >>> from movierec import Recommender
    >>> recommender = Recommender.fit()  # the sample data
    >>> recommender.similar("Toy Story (1995)", k=1)[0].title
    'Toy Story 2 (1999)'
    """

    def __init__(self, model: Model) -> None:
        if not isinstance(model, Model):
            raise refusal("model", model, "a Model", "create one with Recommender.fit or load")
        self._path: str | None = None  # of its file, if it has one
        self._model = model
        self._to_rate: MoviesToRate | None = None
        self._catalog = model.catalog
        self._resolver = Resolver(model.titles, model.catalog)

    @classmethod
    @shows_progress
    def fit(
        cls,
        ratings: Place | None = None,
        movies: Place | None = None,
        *,
        links: Place | None = None,
        tags: Place | None = None,
        genome: Place | None = None,
        content: Place | None = None,
        n_neighbors: int = Parameters.n_neighbors,
        min_support: int = Parameters.min_support,
        min_ratings: int = Parameters.min_ratings,
        content_weight: float = Parameters.content_weight,
        prior: float = Parameters.prior,
        weighting: Weighting = Parameters.weighting,
        content_parts: Mapping[str, float] | None = None,
        algorithm: str | Algorithm | type[Algorithm] = Parameters.algorithm,
        settings: Mapping[str, ParameterValue] | None = None,
        columns: Mapping[str, str] | None = None,
        query: str | None = None,
        movies_query: str | None = None,
        on_error: OnError = "fail",
        with_ratings: bool | None = None,
        min_raters: int | None = None,
        epsilon: float | None = None,
        delta: float | None = None,
        scale: Sequence[float] | None = None,
        engine: EngineName = "local",
        master: str | None = None,
        progress: Progress | bool | None = None,
        checkpoint: PathLike | None = None,
    ) -> Self:
        """Fit an algorithm, by default item-based nearest neighbors.

        Parameters
        ----------
        ratings, movies : path-like or data frame, optional
            Files, also at addresses such as ``s3://bucket/ratings.parquet``, or data frames
            (pandas, polars, Arrow), in any combination. `ratings` alone may be a folder or zip that
            holds both, or the name of a data set of :func:`download`; links, tags and the tag
            genome are read from it too. Default: the sample data.
        links, tags, genome : path-like or data frame, optional
            IMDb ids, tags, and the relevance of tags.
        content : path-like or data frame, optional
            What else is known: any columns beside the id of the movie, such as director, cast,
            keywords, budget or overview. Each is a part of the content; see
            :func:`movierec.films.features.features_of_column`.
        n_neighbors : int
            Number of neighbors stored for each movie. More are computed on request.
        min_support : int
            Minimum number of people who rated both movies of a pair; other pairs are left out.
        min_ratings : int
            Movies with fewer ratings have no neighbors and are not neighbors of other movies. At 1,
            movies without ratings are compared by content.
        content_weight : float
            Weight of content next to very many ratings, from 0 to 1. At 0, and with the weighting
            "none", the similarity is the cosine of ratings.
        prior : float
            Number of ratings of a movie at which they have half of their weight.
        weighting : {"corrected", "none"}
            Whether movies are compared by factors that are learned from the ratings and corrected
            for fame and era, or by the ratings as they are; see
            :func:`movierec.neighbors.vectors.compared_vectors`.
        content_parts : mapping of str to float, optional
            Weights of genres, title, year, tags, genome and the columns of `content`, next to a
            weight of 1 for ratings if `content_weight` is 0.5; parts that are not named are
            ignored. Default: :data:`movierec.films.content.CONTENT_PARTS`, and 0.15 for columns.
        algorithm : str, Algorithm, or subclass of Algorithm
            A name from :func:`movierec.algorithms.registry.names`, an address such as
            ``package.module:Class``, a class, or an object with its parameters.
        settings : mapping, optional
            Parameters of the algorithm that differ from its defaults. Without settings, "item_knn"
            compares movies by their ratings as they are, and by content.
        columns : mapping of str to str, optional
            What the files call columns that are not recognized: ``{"user": "Reader"}``.
        query : str, optional
            The SQL that selects the ratings if `ratings` is the address of a database, such as
            ``postgresql://host/database``, ``redshift://``, ``sqlite:///file`` or
            ``duckdb:///file``. It may only read.
        movies_query : str, optional
            The same for the movies, in the database `movies`, by default the one of the ratings.
        on_error : {"fail", "skip"}
            Whether an unusable row raises an error or is skipped.
        with_ratings : bool, optional
            Whether the model holds what people rated. Without, it is about half as large and can be
            shared, but it lists no more than the `n_neighbors` that are stored, only for single
            movies, recommends to nobody by their id, and explains only stored pairs. Default: with
            ratings, but without for the engine "spark".
        min_raters : int, optional
            The least number of people on whom each figure in the model rests: means and counts of
            movies, similarities, numbers of people who rated both. Others are left out, and so are
            ratings, user ids and tags. Only with the algorithm "default", the weighting "corrected"
            and the engine "local". docs/privacy.md says what that protects from, and what not.
        epsilon : float, optional
            From 0.01 to 20: the model is made of noisy sums of the ratings, so that it tells little
            of any one person. It is differentially private, and has no ratings; the numbers of
            ratings and their means are noisy. Default: no noise.
        delta : float, optional
            With `epsilon`: how likely the bound may fail, from 1e-12 to 0.001. Default: 1e-6.
        scale : sequence of float, optional
            With `epsilon`: the lowest and the highest rating, since these are not learned. Ratings
            outside count as these. Default: 0.5 and 5.
        engine : {"local", "spark"}
            Whether to work in this process, or on a cluster by Spark, with the same table as
            result; see :func:`movierec.spark.fit`.
        master : str, optional
            The master of a new Spark session, such as ``local[4]``. Default: that of the active
            session or of Spark's configuration, else all processors of this machine.
        progress : callable or bool, optional
            Called with the name of a stage and the fraction done, from 0 to 1. True shows a bar,
            in a notebook or a terminal.
        checkpoint : path-like, optional
            A file in which algorithms that are trained for minutes keep what they have learned
            after each epoch, and from which a fit that was stopped continues.

        Raises
        ------
        DataError
            If a file is missing, damaged or invalid, or has an unusable row, or if a database
            cannot be reached or refuses a query.
        UsageError
            If a parameter is of another type, out of range, or not one of its names.
        """
        from pathlib import Path

        from movierec.data.sources.sql import with_queries
        from movierec.training.choice import chosen_algorithm, terms_of
        from movierec.training.engine import Task
        from movierec.training.engines import engine_of

        tell = _checked_progress(progress)
        if with_ratings is not None:
            with_ratings = truth("with_ratings", with_ratings)
        settings = {} if settings is None else dict(mapping("settings", settings))
        parts = CONTENT_PARTS if content_parts is None else mapping("content_parts", content_parts)
        name, given = chosen_algorithm(algorithm, settings)
        parameters = Parameters(
            n_neighbors,
            min_support,
            min_ratings,
            content_weight,
            prior,
            weighting,
            dict(parts),
            name,
            settings,
            min_raters,
        )
        parameters.check(has_columns=content is not None)
        if min_raters is not None:
            _refuse_beside_min_raters(with_ratings, engine)
        ratings, movies = with_queries(ratings, movies, query, movies_query)
        sources = {
            "ratings": ratings, "movies": movies, "links": links, "tags": tags, "genome": genome,
            "content": content, "columns": columns,
        }  # fmt: skip
        kept = None if checkpoint is None else Path(path_of("checkpoint", checkpoint))
        privacy = terms_of(epsilon, delta, scale)
        task = Task(sources, parameters, given, with_ratings, on_error, tell, kept, privacy)
        return cls(engine_of(engine, master).fit(task))

    @classmethod
    def load(cls, path: PathLike) -> Self:
        """Open a model file without running code from it. Only the needed parts are read.

        Parameters
        ----------
        path : path-like
            Or an address, such as ``s3://bucket/m.model``, from which a local copy is made unless
            there is one.

        Raises
        ------
        ArtifactError
            If the file is missing, damaged, or of another format.
        UsageError
            If `path` is no path.
        """
        address = path_of("path", path)
        found = cls(load_model(address))
        found._path = store_for(address).absolute(address)
        return found

    @shows_progress
    def update(
        self,
        ratings: Place | None = None,
        movies: Place | None = None,
        *,
        columns: Mapping[str, str] | None = None,
        on_error: OnError = "fail",
        progress: Progress | bool | None = None,
    ) -> Self:
        """Return the recommender that a fit on the old and the new data would give, to the bit.

        The old files are not needed: the model holds what was in them.

        Parameters
        ----------
        ratings : path-like or data frame, optional
            New and changed ratings, as for :meth:`fit`. Of several ratings of a movie by a user,
            the last by time counts. A row with a blank rating withdraws what the user gave the
            movie, in the model and in rows above.
        movies : path-like or data frame, optional
            New movies, and those whose title or genres change.
        columns, on_error, progress
            As for :meth:`fit`.

        Returns
        -------
        Recommender
            A new one, which is in no file yet; this one is as it was.

        Raises
        ------
        DataError
            If a file is missing, damaged or invalid, or has an unusable row, if no rating is left,
            or if only the new ratings have times.
        ArtifactError
            If the model is damaged, or was made by a version that did not keep what this needs.
        UsageError
            If the model was fitted without ratings, nothing is new, or an argument is of another
            type.
        """
        from movierec.data.changes import read_changes
        from movierec.training.updating import updated

        tell = _checked_progress(progress)
        changes = read_changes(ratings, movies, columns=columns, on_error=on_error, progress=tell)
        return type(self)(updated(self._model, changes, tell))

    @shows_progress
    def forget(
        self, users: int | str | Sequence[int | str], *, progress: Progress | bool | None = None
    ) -> Self:
        """Return the recommender that a fit without the ratings of some people would give.

        Parameters
        ----------
        users : int, str, or sequence of them
            Ids in the ratings of the model.
        progress : callable or bool, optional
            As for :meth:`fit`.

        Returns
        -------
        Recommender
            A new one, which is in no file yet; this one is as it was.

        Raises
        ------
        NothingFoundError
            If a user is unknown.
        DataError
            If no rating is left.
        ArtifactError, UsageError
            As :meth:`update` does.
        """
        from movierec.training.updating import forgotten

        given = users if isinstance(users, list | tuple) else [users]
        ids = [identifier("users", user, "an id, or several") for user in given]
        if not ids:
            raise UsageError("no user is named", "name at least one")
        return type(self)(forgotten(self._model, ids, _checked_progress(progress)))

    def learning_curve(self) -> npt.NDArray[np.float32]:
        """Return how training went, of an algorithm that is trained in epochs.

        Returns
        -------
        ndarray of shape (n_epochs, 3), float32
            After each epoch: minutes since the start, mean loss, and nDCG of lists of ten on what
            was held out.

        Raises
        ------
        UsageError
            If the algorithm of the model is not trained in epochs.
        """
        import numpy as np

        from movierec.algorithms.base import CURVE
        from movierec.evaluation.plot import refuse_without_curve

        algorithm = self._model.load_algorithm()
        refuse_without_curve(type(algorithm))
        return algorithm.state()[CURVE].astype(np.float32, copy=False)

    def save(self, path: PathLike, *, private: bool = False) -> None:
        """Write a model file atomically: if that fails, an existing file stays unchanged.

        Parameters
        ----------
        path : path-like
            Or an address, such as ``s3://bucket/m.model``.
        private : bool
            Whether only the owner may read and write the file (mode 0600). Otherwise it keeps the
            mode of the file that it replaces, and a new one has what the umask leaves.

        Raises
        ------
        OutputError
            If the file cannot be written.
        UsageError
            If `path` is no path, or an address and `private`.
        """
        address = path_of("path", path)
        self._model.save(address, private=truth("private", private))
        self._path = store_for(address).absolute(address)

    def without_ratings(self) -> Self:
        """Return the model without what people rated: no user ids, no ratings.

        It is the model that a fit with ``with_ratings=False`` gives. docs/privacy.md says what it
        still reveals about people.

        Raises
        ------
        UsageError
            If the algorithm of the model learns by keeping what people rated.
        """
        from movierec.training.choice import check_can_be_without_ratings

        check_can_be_without_ratings(self._model.load_algorithm())
        return type(self)(self._model.without_ratings())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the path of the model file, which must be there where it is unpickled.

        A model that was neither loaded nor saved is pickled as the content of such a file.
        """
        if self._path is None:
            return _from_content, (type(self), self._model.content())
        return _loaded_again, (type(self), self._path, _identity(self._model))

    def __copy__(self) -> Self:
        copied = type(self)(self._model)
        copied._path = self._path
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy(self)  # a model never changes

    @property
    def card(self) -> Card:
        """The model card: algorithm, parameters, versions, counts, creation time, input files."""
        return cast("Card", dict(self._model.card))

    @property
    def address(self) -> str | None:
        """The path or other address of the model, if it was loaded from one or saved at one."""
        return self._path

    @property
    def is_sample(self) -> bool:
        """Whether the model was fitted on the sample data."""
        return bool(self._model.card["files"].get("ratings") == SAMPLE)

    def __repr__(self) -> str:
        card = self._model.card
        counts = ((card["n_ratings"], "rating"), (card["n_items"], "movie"))
        held = " of ".join(pluralize(count, noun) for count, noun in counts)
        return f"<Recommender: {card['algorithm']}, fitted on {held}>"

    def _repr_html_(self) -> str:
        from movierec._html import facts
        from movierec.model.people import people_in

        card = self._model.card
        counts = {name: f"{card[f'n_{key}']:,}" for name, key in _COUNTED.items()}
        about = {name: card[name] for name in ("algorithm", "created", "files")}
        return facts(about | counts | {"holds": people_in(self._model)["holds"]})

    def __len__(self) -> int:
        return len(self._catalog)

    def movie(self, query: Query, *, by_id: bool = False, year: int | None = None) -> Movie:
        """Resolve a query to one movie.

        Parameters
        ----------
        query : int, str or Movie
            A movie id, a title as people commonly type it, or a movie of this model.
        by_id : bool
            Whether text is a movie id instead of a title.
        year : int, optional
            Year of the movie, if the query is a title.

        Raises
        ------
        MovieNotFoundError
            If no movie matches; the error has suggestions if there are similar titles.
        AmbiguousTitleError
            If several movies match; the error has all of them.
        UsageError
            If an argument is of another type.
        """
        return self._catalog.movie(self._resolver.index_of(query, by_id=by_id, year=year))

    def titled(self, title: str) -> Movie | None:
        """Return the movie with exactly a title, or None if no movie or several have it.

        Nothing else is tried, so it suits long lists of titles.

        Parameters
        ----------
        title : str
            As in the movies file, including the year.

        Raises
        ------
        UsageError
            If it is not text.
        """
        found = self._resolver.titled(text("title", title))
        return self._catalog.movie(found[0]) if len(found) == 1 else None

    def similar(
        self,
        query: Query | Sequence[Query],
        k: int = 10,
        *,
        less_like: Query | Sequence[Query] = (),
        by_id: bool = False,
        year: int | None = None,
        genres: str | Sequence[str] = (),
        not_genres: str | Sequence[str] = (),
        years: tuple[int, int] | None = None,
        min_support: int = 0,
        diversity: float = 0.0,
        obscurity: float = 0.0,
    ) -> Neighbors:
        """Return the movies most similar to one movie, or to several.

        The similarity is the cosine of two movies' vectors, which combine ratings and content; see
        :func:`movierec.neighbors.vectors.item_vectors`. Equally similar movies are in the order of
        their ids.

        Parameters
        ----------
        query : int, str, Movie, or sequence of them
            As in :meth:`movie`. With several movies, the mean similarity to them counts.
        k : int
            Length of the list. Neighbors beyond the stored table are computed exactly.
        less_like : int, str, Movie, or sequence of them
            Movies to avoid: the mean similarity to them is subtracted when movies are ranked.
        by_id, year
            As in :meth:`movie`; they apply to all queries.
        genres, not_genres : str or sequence of str
            A movie must have all `genres` and none of `not_genres`; case and punctuation do not
            matter.
        years, min_support
            As in :class:`Filter`; movies that do not pass are replaced by others.
        diversity, obscurity : float
            From 0 to 1; as in :class:`movierec.answers.filters.ListOptions`.

        Returns
        -------
        Neighbors
            A list of at most `k` :class:`Neighbor`. Its ``queries`` are the movies of the query,
            and its ``note`` explains why the list is shorter than `k`, if it is.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does.
        NothingFoundError
            If no movie passes the filters.
        UsageError
            If `k` is below 1, no movie is named, or an argument is of another type or out of range.
        """
        whole_number("k", k, 1)
        passing = make_filter(self._catalog, genres, not_genres, years, min_support)
        options = ListOptions(passing, diversity, obscurity)
        liked, disliked = (
            self._resolver.indices_of(as_list(group), by_id=by_id, year=year)
            for group in (query, less_like)
        )
        if not liked:
            raise UsageError("no movie is named", "name at least one")
        found = SimilarMovies(self._model).find(liked, disliked, k, options)
        queries, avoided = (list(map(self._catalog.movie, group)) for group in (liked, disliked))
        note = shortfall_note(queries, avoided, len(found), k, passing)
        if not found and passing != Filter():
            raise NothingFoundError(str(note), "use fewer filters")
        return Neighbors(queries, found, note, avoided)

    def next(
        self, query: Query, k: int = 10, *, by_id: bool = False, year: int | None = None
    ) -> NextMovies:
        """Return what people rated next, after a movie, from the times of their ratings.

        The list counts people who rated another movie at a later time, within 20 ratings or the
        window of the model's algorithm "transitions". Ratings at the same time have no order: the
        distance to them is the mean over all orders. Movies are ordered by the sum of a power of
        1 / distance, divided by a power of their number of ratings; equally strong ones by id.

        Parameters
        ----------
        query, by_id, year
            As in :meth:`movie`.
        k : int
            Length of the list.

        Returns
        -------
        NextMovies
            A list of at most `k` :class:`NextMovie`; its ``note`` says why it is shorter, if it is.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does.
        UsageError
            If the model does not keep when people rated, `k` is below 1, or an argument is of
            another type.
        """
        from movierec.answers.next import next_movies

        whole_number("k", k, 1)
        item = self._resolver.index_of(query, by_id=by_id, year=year)
        return next_movies(self._model, item, k)

    def recommend(
        self,
        k: int = 10,
        *,
        user: int | str | None = None,
        likes: Rated = (),
        dislikes: Rated = (),
        ratings: Ratings = (),
        by_id: bool = False,
        genres: str | Sequence[str] = (),
        not_genres: str | Sequence[str] = (),
        years: tuple[int, int] | None = None,
        min_support: int = 0,
        only: Movies | None = None,
        exclude: Movies | None = None,
        diversity: float = 0.0,
        obscurity: float = 0.0,
        group: Group = "average",
        recency: float = 4.0,
    ) -> Recommendations:
        """Return the best movies for people, including people who are not in the model.

        Parameters
        ----------
        k : int
            Length of the list.
        user : int or str, optional
            Id of a user in the ratings of the model.
        likes, dislikes : mapping of movie to rating, or sequence of movies
            Movies as in :meth:`movie`. A liked movie without a rating gets the highest one, a
            disliked movie the lowest.
        ratings : path-like, data frame or mapping of movie to rating, or several of them
            The ratings of each person, for several people in a sequence or a mapping of their
            names; see :func:`movierec.data.personal.export.read_export`. `likes` and `dislikes`
            apply to every person.
        by_id : bool
            Whether text in `likes`, `dislikes` and mappings of movie to rating is a movie id
            instead of a title.
        genres, not_genres, years
            As in :meth:`similar`.
        min_support : int
            Minimum number of people who rated a movie.
        only, exclude : path-like or list of movies, optional
            The only movies to rank, and movies to leave out: files, or movies as in :meth:`movie`.
            ``only="watchlist"`` ranks the movies on the watchlists of the people.
        diversity, obscurity : float
            As in :meth:`similar`.
        group : {"average", "least-misery"}
            Whether to use the average score of several people, or the lowest.
        recency : float
            The age, in ratings, at which a rating with a date counts half: one of age a, the number
            of later ratings, counts ``1 / (1 + a / recency)``. At 0 age does not matter.

        Notes
        -----
        How a rating counts depends on what the person usually gives; low ratings speak against
        similar movies. People of whom nothing is known that they like get popular movies.

        Raises
        ------
        NothingFoundError
            If the user is unknown, none of the named movies is found, or no movie is left.
        DataError
            If a file cannot be used.
        UsageError
            If an argument is of another type or out of range.
        """
        from movierec.answers.people import ProfileReader, read_only, read_people
        from movierec.answers.recommend import TopNRecommender
        from movierec.answers.recommendation import Recommendations, popularity_note

        whole_number("k", k, 1)
        reader = ProfileReader(self._model, self._resolver)
        people = read_people(reader, user, likes, dislikes, ratings, by_id=by_id)
        options = ListOptions(
            make_filter(self._catalog, genres, not_genres, years, min_support),
            diversity,
            obscurity,
            only=None if only is None else read_only(reader, people, only),
            excluded=() if exclude is None else reader.movies_in("exclude", exclude),
            group=group,
        )
        recency = number("recency", recency, 0, hint="0 turns it off")
        recommender = TopNRecommender(self._model, people, recency)
        found = recommender.recommend(k, options)
        if not found:
            raise NothingFoundError(
                "no movie is left to recommend",
                "use fewer filters, or name more movies",
                reader.misses,
            )
        n_rated = len({item for person in people for item in person.ratings})
        unknown = [person.name for person in recommender.by_popularity]
        return Recommendations(
            found,
            reader.unmatched,
            n_rated,
            people=[person.name for person in people],
            note=popularity_note(unknown),
            matchings=reader.matchings,
        )

    def predict(
        self,
        movies: Query | Sequence[Query],
        *,
        user: int | str | None = None,
        likes: Rated = (),
        dislikes: Rated = (),
        ratings: Ratings = (),
        by_id: bool = False,
    ) -> PredictedRatings:
        """Predict what people would give movies, on the scale of the ratings.

        Parameters
        ----------
        movies : int, str, Movie, or sequence of them
            As in :meth:`movie`.
        user, likes, dislikes, ratings
            As in :meth:`recommend`. What a person gave a movie is not used to predict it.
        by_id : bool
            Whether text in `movies`, `likes`, `dislikes` and mappings of movie to rating is a
            movie id instead of a title.

        Returns
        -------
        PredictedRatings
            A list of :class:`PredictedRating`: for each movie, one of each person.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does, for `movies`.
        NothingFoundError, DataError
            As :meth:`recommend` does.
        UsageError
            If all ratings of the model are equal, or an argument is of another type.
        """
        from movierec.answers.people import ProfileReader, read_people
        from movierec.answers.predict import PredictedRatings, predict_ratings

        items = self._resolver.indices_of(as_list(movies), by_id=by_id)
        reader = ProfileReader(self._model, self._resolver)
        people = read_people(reader, user, likes, dislikes, ratings, by_id=by_id)
        found = predict_ratings(self._model, people, items)
        return PredictedRatings(found, reader.unmatched, reader.matchings)

    def read_ratings(self, ratings: Ratings) -> PersonalRatings:
        """Return what a person rated, watched and wants to watch, of the movies of the model.

        Parameters
        ----------
        ratings : path-like, data frame or mapping of movie to rating
            Those of one person, as in :meth:`recommend`, such as the zip that Letterboxd exports.

        Raises
        ------
        UsageError
            If they are those of several people, or of another type.
        NothingFoundError, DataError
            As :meth:`recommend` does.
        """
        from movierec.answers.people import ProfileReader, read_people
        from movierec.answers.personal import personal_ratings

        reader = ProfileReader(self._model, self._resolver)
        people = read_people(reader, None, (), (), ratings, by_id=False)
        if len(people) != 1:
            raise UsageError("several people are given", "give the ratings of one")
        return personal_ratings(self._catalog, people[0], reader.matchings)

    def compare(self, ratings: Ratings, k: int = 5) -> TasteComparison:
        """Compare the tastes of two people.

        Parameters
        ----------
        ratings : sequence or mapping
            The ratings of both, as in :meth:`recommend`.
        k : int
            Length of each list.

        Raises
        ------
        UsageError
            If there are not two people, or `k` is below 1.
        NothingFoundError, DataError
            As :meth:`recommend` does.
        """
        from movierec.answers.people import ProfileReader, read_people
        from movierec.answers.tastes import TasteComparer

        whole_number("k", k, 1)
        reader = ProfileReader(self._model, self._resolver)
        people = read_people(reader, None, (), (), ratings, by_id=False)
        if len(people) != 2:
            raise UsageError("tastes of two people are compared", "give the ratings of both")
        return TasteComparer(self._model, *people).compare(k, reader.matchings)

    def similarity(self, first: Query, second: Query, *, by_id: bool = False) -> float:
        """Return the cosine of two movies' vectors; 0 for a movie without ratings and content.

        Parameters
        ----------
        first, second, by_id
            As in :meth:`why`.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError, UsageError
            As :meth:`movie` does.
        """
        return self.why(first, second, by_id=by_id).similarity

    def why(self, first: Query, second: Query, *, by_id: bool = False) -> Why:
        """Explain why two movies are similar.

        Parameters
        ----------
        first, second : int, str or Movie
            As in :meth:`movie`.
        by_id : bool
            Whether text is a movie id instead of a title.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError, UsageError
            As :meth:`movie` does.
        """
        from movierec.answers.explain import explain

        indices = (self._resolver.index_of(query, by_id=by_id) for query in (first, second))
        return explain(self._model, *indices)

    def neighbors_frame(self, k: int | None = None) -> pd.DataFrame:
        """Return the neighbors of every movie as a data frame.

        The columns are ``movieId``, ``rank`` (from 1), ``neighborId``, ``similarity`` and
        ``support``.

        Parameters
        ----------
        k : int, optional
            Number of neighbors for each movie. Default: all that are stored.

        Raises
        ------
        UsageError
            If `k` is below 1 or above the number stored.
        """
        import pandas as pd

        from movierec.answers.export import frames

        return pd.concat(frames(self._model, k), ignore_index=True)

    def export(
        self,
        path: PathLike,
        k: int | None = None,
        *,
        table: str | None = None,
        overwrite: bool = False,
        safe_csv: bool = False,
    ) -> int:
        """Write the neighbors of every movie to a file or table; see :meth:`neighbors_frame`.

        Parameters
        ----------
        path : path-like
            Or an address. Its extension selects the format: ``.csv``, ``.jsonl``, ``.parquet``,
            ``.sqlite`` or ``.db``. Or the address of a database: ``postgresql://host/database``,
            ``sqlite:///file`` or ``duckdb:///file``.
        k : int, optional
            Number of neighbors for each movie. Default: all that are stored.
        table : str, optional
            Of the database, perhaps with its schema: ``schema.table``. Default: ``neighbors``.
        overwrite : bool
            Whether to replace an existing file, or the rows of an existing table.
        safe_csv : bool
            Whether ids in CSV that a spreadsheet takes for formulas get an apostrophe before them.

        Returns
        -------
        int
            Number of rows written.

        Raises
        ------
        UsageError
            If the extension is none of these, or `k` is out of range.
        OutputError
            If the file or table already exists, or cannot be written; it is then as it was.
        """
        from movierec.answers.export import export

        return export(self._model, path, k, table=table, overwrite=overwrite, safe_csv=safe_csv)

    def search(self, words: str, limit: int = 20) -> MovieList:
        """Return the movies whose names contain all words, best matches first.

        Parameters
        ----------
        words : str
            The last word may be incomplete.
        limit : int
            Maximum number of movies.

        Raises
        ------
        UsageError
            If `words` is no text, or `limit` is below 1.
        """
        found = self._resolver.search(text("words", words), whole_number("limit", limit, 1))
        return MovieList(found)

    def suggest(self, query: str) -> MovieList:
        """Return the movies whose names are closest to a query that was not found.

        Parameters
        ----------
        query : str

        Raises
        ------
        UsageError
            If it is no text.
        """
        return MovieList(self._resolver.suggest(text("query", query)))

    def film(self, query: Query, *, by_id: bool = False, year: int | None = None) -> Film:
        """Return what is known about one movie: other titles, tags, how people rated it.

        Parameters
        ----------
        query, by_id, year
            As in :meth:`movie`.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError, UsageError
            As :meth:`movie` does.
        """
        from movierec.answers.film import film

        return film(self._model, self._resolver.index_of(query, by_id=by_id, year=year))

    def shelves(self, n: int = 12) -> Shelves:
        """Return shelves of movies to start with: loved by many, hidden gems, genres, decades.

        Parameters
        ----------
        n : int
            Length of each.

        Raises
        ------
        UsageError
            If `n` is below 1 or not a whole number.
        """
        from movierec.answers.shelves import shelves

        return shelves(self._catalog, whole_number("n", n, 1))

    def to_rate(
        self, n: int = 12, *, known: Query | Sequence[Query] = (), by_id: bool = False
    ) -> MovieList:
        """Return movies to ask somebody about, those from which most is learned first.

        They are those of the 2,000 most rated movies with the greatest logarithm of the number of
        ratings times the entropy of these ratings (Rashid et al. 2002, "Getting to know you"),
        spread over genres, decades and neighborhoods: the more movies of the list or the last
        of `known` a movie is like, the less it counts. A model without ratings has no
        entropy; movies with a mean in the middle of the scale then count as those on which people
        disagree most.

        Parameters
        ----------
        n : int
            Length of the list, which is shorter if no other of these movies is left.
        known : int, str, Movie, or sequence of them
            Movies to leave out, such as those that the person rated or was already asked about,
            the latest last.
        by_id : bool
            Whether text in `known` is a movie id instead of a title.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            As :meth:`movie` does.
        UsageError
            If `n` is below 1, or an argument is of another type.
        """
        from movierec.answers.to_rate import MoviesToRate

        whole_number("n", n, 1)
        items = self._resolver.indices_of(as_list(known), by_id=by_id)
        if self._to_rate is None:
            self._to_rate = MoviesToRate(self._model)
        return MovieList(self._to_rate.choose(n, items))

    @shows_progress
    def map(
        self, *, again: bool = False, store: bool = True, progress: Progress | bool | None = None
    ) -> FilmMap:
        """Return the map of all movies: the stored one, or a new one, which is then stored.

        A map is stored beside the file of its model, as ``m.model.map``, and is not used for
        another model. A new one is the same on every run.

        Parameters
        ----------
        again : bool
            Whether to make it even if one is stored.
        store : bool
            Whether to store a new one, if the model has a file.
        progress : callable or bool, optional
            As for :meth:`fit`.

        Raises
        ------
        UsageError
            If it must be made and umap-learn is not installed, or an argument is of another type.
        ArtifactError
            If the stored map is damaged; `again` replaces it.
        OutputError
            If the map cannot be stored.
        """
        from movierec.maps import film_map

        again, store = truth("again", again), truth("store", store)
        tell = _checked_progress(progress)
        address = None if self._path is None else film_map.address_of(self._path)
        if not again and (stored := self.stored_map()) is not None:
            return stored
        if store and address is not None:
            film_map.check_target(address)
        found = film_map.make_map(self._model, tell)
        if store and address is not None:
            film_map.save_map(found, self._model, address)
        return found

    def stored_map(self) -> FilmMap | None:
        """Return the map that is stored beside the model, or None if there is none of this model.

        Raises
        ------
        ArtifactError
            If it is damaged, or not a map.
        """
        from movierec.maps.film_map import address_of, stored_map

        return None if self._path is None else stored_map(self._model, address_of(self._path))

    @overload
    def plot_map(self, path: None = None, film_map: FilmMap | None = None) -> Figure: ...

    @overload
    def plot_map(self, path: PathLike, film_map: FilmMap | None = None) -> None: ...

    def plot_map(
        self, path: PathLike | None = None, film_map: FilmMap | None = None
    ) -> Figure | None:
        """Return the map as a figure, or write it: a page that needs no server, or a picture.

        Parameters
        ----------
        path : path-like, optional
            Its extension selects the format: ``.html``, or one of matplotlib's such as ``.png``.
        film_map : FilmMap, optional
            Of this model. Default: that of :meth:`map`.

        Returns
        -------
        matplotlib.figure.Figure or None
            Without `path`, the figure, which notebooks show.

        Raises
        ------
        UsageError
            If the extension is none of these, a picture is wanted and matplotlib is not installed,
            or an argument is of another type.
        OutputError
            If the file cannot be written, or is something else than a map; it is then as it was.
        ArtifactError
            As :meth:`map` does.
        """
        from movierec.maps import writing

        if path is None:
            from movierec.maps.picture import draw_plot

            return draw_plot(self.map_document(film_map))
        address = path_of("path", path)
        writing.check_target(address)
        writing.write(self._model, self._own_map(film_map), address)
        return None

    def map_document(self, film_map: FilmMap | None = None) -> dict[str, object]:
        """Return a map as ``/api/map`` answers: columns of the movies, regions, how true it is.

        Parameters
        ----------
        film_map : FilmMap, optional
            Of this model. Default: that of :meth:`map`.

        Raises
        ------
        UsageError
            If it is of another model.
        ArtifactError, OutputError
            As :meth:`map` does.
        """
        from movierec.maps.document import document_of

        return document_of(self._model, self._own_map(film_map))

    def _own_map(self, film_map: FilmMap | None) -> FilmMap:
        """Return a map that is of this model, for want of one that of :meth:`map`.

        Raises
        ------
        UsageError
            If it is of another model.
        """
        from movierec.maps.film_map import FilmMap

        if film_map is None:
            return self.map()
        if not isinstance(film_map, FilmMap) or len(film_map.places) != len(self):
            raise refusal("film_map", film_map, "a map of this model", "make one with map()")
        return film_map

    def stats(self) -> Stats:
        """Return statistics of the ratings, and the model card as ``model``.

        ``people`` says what the model holds about them: of how many it has the ratings
        (``n_people``), whether with times (``has_times``), on how many people each figure rests at
        least (``min_raters``), and the same in words (``holds``).
        """
        from movierec.model.people import people_in

        people = people_in(self._model)
        found = {**self._model.load_summary(), "people": people, "model": self.card}
        return cast("Stats", found)


def _refuse_beside_min_raters(with_ratings: bool | None, engine: object) -> None:
    """Refuse arguments of a fit that `min_raters` rules out.

    Raises
    ------
    UsageError
        If there is one.
    """
    if with_ratings:
        raise UsageError(
            "a model with ratings has figures of single people, which min_raters rules out",
            "leave out --with-ratings, or --min-raters",
        )
    if isinstance(engine, str) and engine == "spark":
        raise UsageError(
            "the engine spark cannot limit figures to those of several people",
            "leave out --engine, or --min-raters",
        )


def _checked_progress(progress: Progress | bool | None) -> Progress:
    if progress is None:
        return no_progress
    if not callable(progress):  # True is a function by now: see shows_progress
        raise refusal("progress", progress, "a function of a text and a number, or True")
    return progress


def _from_content(kind: type[Recommender], content: bytes) -> Recommender:
    """Return a recommender that was pickled without a file."""
    return kind(model_of_content(content))


def _identity(model: Model) -> tuple[Any, ...]:
    """Return what tells models apart that are fitted after one another into one file."""
    return tuple(model.card.get(name) for name in ("fingerprint", "created", "parameters"))


def _loaded_again(kind: type[Recommender], path: str, identity: tuple[Any, ...]) -> Recommender:
    """Load the model file of a recommender that was pickled."""
    found = kind.load(path)
    if _identity(found._model) != identity:
        raise ArtifactError(
            f"{path} holds another model than the one that was pickled", "load it, or pickle again"
        )
    return found
