"""The public face of movierec: fit, and ask for films."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from movierec.answers import Filter, Neighbors, Recommendations, note_of
from movierec.errors import NothingFoundError
from movierec.finding import listed
from movierec.fitted import Fitted
from movierec.model import CONTENT_PARTS, Parameters, Progress
from movierec.more_like import check_list

if TYPE_CHECKING:
    import pandas as pd

PathLike = str | os.PathLike[str]
Rated = Mapping[Any, float | None] | Sequence[int | str]


class Recommender(Fitted):
    """A fitted recommender. Make one with :meth:`fit` or :meth:`load`.

    Examples
    --------
    >>> from movierec import Recommender
    >>> recommender = Recommender.fit()  # the sample data
    >>> recommender.similar("Toy Story (1995)", k=1)[0].title
    'Toy Story 2 (1999)'
    """

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
        if not found:
            raise NothingFoundError(
                "no film is left to recommend",
                "ask for fewer conditions, or name more films",
                reader.unmatched,
            )
        n_rated = len({item for one in people for item in one.ratings})
        return Recommendations(found, reader.unmatched, n_rated)
