"""Read what people rated: users of the model, movies that were named, and files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from movierec.answers.similar import vectors_of
from movierec.data.interactions import Interactions
from movierec.data.personal import HIGHEST, HINT, Entry, read_personal_list
from movierec.errors import (
    AmbiguousTitleError,
    MovieNotFoundError,
    NothingFoundError,
    UsageError,
)
from movierec.films.resolve import Query, Resolver, as_list
from movierec.model.model import Model

PathLike = str | os.PathLike[str]
Rated = Mapping[Query, float | None] | Sequence[Query]
Unmatched = MovieNotFoundError | AmbiguousTitleError


@dataclass
class UserProfile:
    """The ratings and dislikes of one person.

    Attributes
    ----------
    ratings : dict of int to float
        By ``item_index``; ratings with equal timestamps are in the order in which they were given.
    timestamps : dict of int to float
        Seconds since 1970, by ``item_index``. A rating without one is as recent as the latest.
    disliked : set of int
        ``item_index`` of each.
    """

    ratings: dict[int, float] = field(default_factory=dict)
    timestamps: dict[int, float] = field(default_factory=dict)
    disliked: set[int] = field(default_factory=set)

    def with_opinions(self, likes: Mapping[int, float], dislikes: set[int]) -> UserProfile:
        """Return a profile with additional likes and dislikes, which count as the most recent.

        Parameters
        ----------
        likes : mapping of int to float
            Ratings, which replace existing ratings of the same movies.
        dislikes : set of int
            Movies whose ratings are removed.
        """
        before = {item: rating for item, rating in self.ratings.items() if item not in likes}
        after = {**before, **likes}
        ratings = {item: rating for item, rating in after.items() if item not in dislikes}
        times = {item: time for item, time in self.timestamps.items() if item in before}
        return UserProfile(ratings, times, dislikes)


def as_interactions(
    ratings: Sequence[Mapping[int, float]],
    timestamps: Sequence[Mapping[int, float]],
    n_items: int,
) -> Interactions:
    """Convert the ratings of some people to interactions, with one user for each person.

    Parameters
    ----------
    ratings : sequence of mapping of int to float
        For each person, the ratings by ``item_index``.
    timestamps : sequence of mapping of int to float
        As in :class:`UserProfile`.
    n_items : int
    """
    import numpy as np

    items = [item for person in ratings for item in person]
    values = [value for person in ratings for value in person.values()]
    times: list[float] = []
    for rated, known in zip(ratings, timestamps, strict=True):
        latest = max(known.values(), default=0.0)
        times += [known.get(item, latest) for item in rated]
    return Interactions(
        np.repeat(np.arange(len(ratings), dtype=np.int32), [len(person) for person in ratings]),
        np.array(items, dtype=np.int32),
        np.array(values, dtype=np.float32),
        len(ratings),
        n_items,
        lambda: np.array(times, dtype=np.float64),
    )


class ProfileReader:
    """Reads profiles; `unmatched` collects the errors for movies that are not found.

    Parameters
    ----------
    model : Model
    resolver : Resolver
    """

    def __init__(self, model: Model, resolver: Resolver) -> None:
        self._model = model
        self._resolver = resolver
        self.unmatched: list[Unmatched] = []

    def of_user(self, user_id: int | str) -> UserProfile:
        """Return the profile of a user of the model.

        Raises
        ------
        NothingFoundError
            If the user is unknown.
        UsageError
            If the model was saved without ratings.
        """
        vectors, histories = vectors_of(self._model), self._model.histories
        user = None if histories is None else histories.users.index_of(user_id)
        if histories is None or user is None:
            raise NothingFoundError(
                f"no user has the id {user_id}", "name movies instead: --like TITLE"
            )
        items, times = histories.items(user), histories.timestamps(user)
        ratings = {item: vectors.rating(user, item) for item in items}
        return UserProfile(ratings, dict(zip(items, times, strict=True)) if times else {})

    def of_titles(self, titles: Rated, *, by_id: bool = False) -> dict[int, float]:
        """Return ratings by ``item_index``; a movie without a rating gets the highest one.

        Parameters
        ----------
        titles : mapping of movie to rating, or sequence of movies
        by_id : bool
            Whether text is an id instead of a title.

        Raises
        ------
        UsageError
            If a rating is out of range.
        """
        highest = float(self._model.card["highest_rating"])
        given = titles if isinstance(titles, Mapping) else dict.fromkeys(as_list(titles))
        found = ((self._found(title, by_id=by_id), rating) for title, rating in given.items())
        ratings = {item: rating for item, rating in found if item is not None}
        return {item: _rating(rating, default=highest) for item, rating in ratings.items()}

    def of_file(self, path: PathLike) -> UserProfile:
        """Read a profile from a file; see :func:`movierec.data.personal.read_personal_list`."""
        profile = UserProfile()
        entries = [
            entry for entry in read_personal_list(path, rated=True) if entry.rating is not None
        ]
        times = [entry.timestamp for entry in entries if entry.timestamp is not None]
        earliest = min(times, default=0.0)
        for entry in entries:
            item = self._entry(entry)
            if item is not None and entry.rating is not None:
                profile.ratings[item] = entry.rating
                profile.timestamps[item] = earliest if entry.timestamp is None else entry.timestamp
        return profile

    def movies_in(self, path: PathLike) -> set[int]:
        """Read movies from a file; see :func:`movierec.data.personal.read_personal_list`."""
        found = map(self._entry, read_personal_list(path, rated=False))
        return {item for item in found if item is not None}

    def _entry(self, entry: Entry) -> int | None:
        """Find a movie by its id, else by its IMDb id, else by its title."""
        by_id = self._model.catalog.index_of(entry.movie_id) if entry.movie_id else None
        if by_id is not None:
            return by_id
        names = [name for name in (entry.imdb, entry.title) if name]
        if not names:
            return self._found(entry.movie_id, by_id=True)
        for name in names[:-1]:
            try:
                return self._resolver.index_of(name)
            except (MovieNotFoundError, AmbiguousTitleError):
                continue
        return self._found(names[-1], year=entry.year)

    def _found(self, query: Query, *, by_id: bool = False, year: int | None = None) -> int | None:
        """Find a movie whose year may be off by one; record the error if there is none."""
        errors: list[Unmatched] = []
        for candidate in (year, year - 1, year + 1) if year else (None,):
            try:
                return self._resolver.index_of(query, by_id=by_id, year=candidate)
            except (MovieNotFoundError, AmbiguousTitleError) as error:
                errors.append(error)
        self.unmatched.append(errors[0])
        return None


def _rating(given: float | None, *, default: float) -> float:
    rating = default if given is None else float(given)
    if not 0 <= rating <= HIGHEST:
        raise UsageError(f"{rating:g} is not a valid rating", HINT)
    return rating


def read_people(
    reader: ProfileReader,
    user: int | str | None,
    likes: Rated,
    dislikes: Rated,
    ratings: PathLike | Rated | Sequence[PathLike | Rated],
    *,
    by_id: bool,
) -> list[UserProfile]:
    """Return the profiles of some people.

    Parameters
    ----------
    reader : ProfileReader
    user, likes, dislikes, ratings, by_id
        As in :meth:`movierec.Recommender.recommend`.

    Raises
    ------
    NothingFoundError
        If one of them likes no movie.
    """
    disliked = set(reader.of_titles(dislikes, by_id=by_id))
    liked = reader.of_titles(likes, by_id=by_id)
    alone = isinstance(ratings, str | os.PathLike | Mapping)
    sources: Sequence[PathLike | Rated] = [ratings] if alone else list(ratings)  # type: ignore[list-item, arg-type]
    known = [] if user is None else [reader.of_user(user)]
    known += [
        reader.of_file(source)
        if isinstance(source, str | os.PathLike)
        else UserProfile(reader.of_titles(source))
        for source in sources
    ]
    people = [person.with_opinions(liked, disliked) for person in known or [UserProfile()]]
    if not all(person.ratings for person in people):
        raise NothingFoundError(
            "no liked movie was found",
            "name movies: --like TITLE, a file: --ratings FILE, or a user: --user ID",
            reader.unmatched,
        )
    return people
