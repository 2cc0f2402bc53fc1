"""Read what people rated: users of the model, movies that were named, and exports."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

from movierec._checks import as_float, identifier, is_address, path_of, plain, shown, truth
from movierec._util import pluralize, stem_of
from movierec.answers.matching import Matcher, Matching
from movierec.answers.profile import UserProfile
from movierec.answers.similar import ratings_of
from movierec.errors import (
    AmbiguousTitleError,
    MovieNotFoundError,
    NothingFoundError,
    UsageError,
)
from movierec.films.catalog import Movie
from movierec.films.resolve import Query, Resolver, as_list
from movierec.model.model import Model

if TYPE_CHECKING:
    from movierec.data.personal.entries import Entry, Export
    from movierec.data.sources.base import Place

PathLike = str | os.PathLike[str]
Rated = (
    Mapping[int, float | None]
    | Mapping[str, float | None]
    | Mapping[Movie, float | None]
    | Mapping[Query, float | None]
    | Sequence[Query]
)
Ratings: TypeAlias = (
    "PathLike | Rated | Place | Sequence[PathLike | Rated] | Mapping[str, PathLike | Rated]"
)
Movies = PathLike | Sequence[Query]
WATCHLIST = "watchlist"
_MANY = 200  # movies, from which on it is worth to read all names at once
Unmatched = MovieNotFoundError | AmbiguousTitleError


class ProfileReader:
    """Reads profiles.

    Parameters
    ----------
    model : Model
    resolver : Resolver

    Attributes
    ----------
    unmatched : list of MovieNotFoundError or AmbiguousTitleError
        The errors for movies that were named directly and not found.
    matchings : list of Matching
        For each file, which movies were found.
    """

    def __init__(self, model: Model, resolver: Resolver) -> None:
        self._model = model
        self._resolver = resolver
        self._scale = model.scale
        self._matcher = Matcher(model.catalog, resolver)
        self.unmatched: list[Unmatched] = []
        self.matchings: list[Matching] = []

    @property
    def misses(self) -> list[Unmatched]:
        """The errors for movies that were not found, of each file only for the first few."""
        examples = (example for each in self.matchings for example in each.examples)
        return [
            *self.unmatched,
            *(
                MovieNotFoundError(f'no movie is called "{entry}"', near)
                for entry, near in examples
            ),
        ]

    @property
    def lowest(self) -> float:
        """The lowest rating of the model: that of a movie that somebody dislikes."""
        return self._scale.lowest

    def of_user(self, user_id: int | str) -> UserProfile:
        """Return the profile of a user of the model.

        Raises
        ------
        NothingFoundError
            If the user is unknown.
        UsageError
            If it is no id, or the model was saved without ratings.
        """
        user_id = identifier("user", user_id, "the id of a user")
        stored, histories = ratings_of(self._model, "the ratings of users"), self._model.histories
        user = None if histories is None else histories.users.index_of(user_id)
        if histories is None or user is None:
            raise NothingFoundError(
                f"no user has the id {plain(user_id)}", "name movies instead: --like TITLE"
            )
        items, times = histories.items(user), histories.timestamps(user)
        ratings = {item: stored.rating(user, item) for item in items}
        times_by_item = dict(zip(items, times, strict=True)) if times else {}
        return UserProfile(f"user {user_id}", ratings, times_by_item)

    def of_titles(
        self, titles: Rated, *, default: float | None = None, by_id: bool = False
    ) -> dict[int, float]:
        """Return ratings by ``item_index``.

        Parameters
        ----------
        titles : mapping of movie to rating, or sequence of movies
        default : float, optional
            Rating of a movie without one. Default: the highest.
        by_id : bool
            Whether text is an id instead of a title.

        Raises
        ------
        UsageError
            If a rating is out of range.
        """
        if isinstance(titles, Mapping):
            given = list(titles.items())
        else:
            given = [(title, None) for title in as_list(titles)]
        found = ((self._found(title, by_id=by_id), rating) for title, rating in given)
        ratings = {item: rating for item, rating in found if item is not None}
        if default is None:
            default = self._scale.highest
        return {
            item: default if rating is None else self._checked(rating)
            for item, rating in ratings.items()
        }

    def _checked(self, rating: float) -> float:
        value = as_float(rating)
        if value is None or not 0 <= value <= self._scale.highest:
            given = shown(rating) if value is None else f"{value:g}"
            raise UsageError(f"{given} is not a rating", f"the highest is {self._scale.highest:g}")
        return value

    def of_export(self, place: Place, name: str) -> UserProfile:
        """Read a profile from an export; see :func:`movierec.data.personal.export.read_export`.

        Parameters
        ----------
        place : path-like or table
        name : str
            Of the person.
        """
        from movierec.data.personal.export import read_export

        export = read_export(place)
        matching = Matching(name, export.source, notes=_notes(export))
        self.matchings.append(matching)
        if len(export.rated) + len(export.seen) + len(export.watchlist) > _MANY:
            self._matcher = Matcher(self._model.catalog, self._resolver.for_many())
        rated, seen, watchlist = (
            self._matcher.match(entries, export.source, matching)
            for entries in (export.rated, export.seen, export.watchlist)
        )
        self._matcher.finish(matching)
        profile = UserProfile(name)
        for entry, item in rated:
            profile.ratings[item] = self._on_scale(entry, export, matching)
            if entry.timestamp is not None:
                profile.timestamps[item] = entry.timestamp
        earliest = min(profile.timestamps.values(), default=0.0)
        profile.timestamps = dict.fromkeys(profile.ratings, earliest) | profile.timestamps
        profile.seen = {item for _, item in seen}
        profile.watchlist = {item for _, item in watchlist}
        return profile

    def movies_in(self, argument: str, file: Movies) -> set[int]:
        """Read movies from a file; see :func:`movierec.data.personal.export.read_movies`.

        Parameters
        ----------
        argument : str
            What the file is given as, such as "exclude".
        file : path-like or list of movies
            The movies themselves need not be read.

        Raises
        ------
        MovieNotFoundError, AmbiguousTitleError
            If one of a list is not in the model.
        """
        from movierec.data.personal.export import read_movies

        if isinstance(file, list | tuple):
            return set(self._resolver.indices_of(file))
        address = path_of(argument, file)
        matching = Matching(address, "list")
        self.matchings.append(matching)
        found = self._matcher.match(read_movies(address), "list", matching)
        self._matcher.finish(matching)
        return {item for _, item in found}

    def _on_scale(self, entry: Entry, export: Export, matching: Matching) -> float:
        """Return a rating on the scale of the model."""
        assert entry.rating is not None
        lowest, highest = self._scale
        rating = entry.rating * highest / (export.highest or highest)
        if rating > highest:
            note = f"ratings above {highest:g}, the highest of the model, count as {highest:g}"
            matching.notes += [note] if note not in matching.notes else []
        return min(max(rating, lowest), highest)

    def _found(self, query: Query, *, by_id: bool = False) -> int | None:
        """Find a movie; record the error if there is none."""
        try:
            return self._resolver.index_of(query, by_id=by_id)
        except (MovieNotFoundError, AmbiguousTitleError) as error:
            if str(error) not in map(str, self.unmatched):
                self.unmatched.append(error)
            return None


def _notes(export: Export) -> list[str]:
    count = export.n_unreadable_dates
    return [f"{pluralize(count, 'date')} cannot be read: write them as 2024-05-31"] if count else []


def read_people(
    reader: ProfileReader,
    user: int | str | None,
    likes: Rated,
    dislikes: Rated,
    ratings: Ratings,
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
        If movies were named and none of them was found.
    """
    truth("by_id", by_id)
    opinions = reader.of_titles(likes, by_id=by_id)
    opinions |= reader.of_titles(dislikes, default=reader.lowest, by_id=by_id)
    people = [] if user is None else [reader.of_user(user)]
    people += [_read_one(reader, name, source, by_id=by_id) for name, source in _by_name(ratings)]
    people = [person.with_opinions(opinions) for person in people or [UserProfile()]]
    is_empty = not any(person.ratings or person.seen or person.watchlist for person in people)
    if reader.misses and is_empty:
        raise NothingFoundError(
            "none of the movies was found", "check their titles: movierec search", reader.misses
        )
    return people


def _read_one(
    reader: ProfileReader, name: str, source: PathLike | Rated | Place, *, by_id: bool
) -> UserProfile:
    if isinstance(source, Mapping):
        return UserProfile(name, reader.of_titles(source, by_id=by_id))
    return reader.of_export(source, name)  # type: ignore[arg-type]


def _by_name(ratings: Ratings) -> list[tuple[str, Any]]:
    """Return each person's ratings with the name of the person; all names are different."""
    if isinstance(ratings, Mapping) and _are_people(ratings):
        return [(str(name), source) for name, source in ratings.items()]
    is_several = isinstance(ratings, Sequence) and not isinstance(ratings, str | bytes)
    sources: Sequence[Any] = ratings if is_several else [ratings]  # type: ignore[assignment]
    names: list[str] = []
    for number, source in enumerate(sources, start=1):
        named = stem_of(path_of("ratings", source)) if is_address(source) else ""
        name = named or (f"person {number}" if len(sources) > 1 else "")
        names.append(name if name not in names else f"{name} {number}")
    return list(zip(names, sources, strict=True))


def _are_people(ratings: Mapping[Any, Any]) -> bool:
    """Tell whether a mapping has a name and a source for each person, not movies and ratings."""
    values = list(ratings.values())
    return bool(values) and not all(isinstance(value, Real | None) for value in values)


def read_only(reader: ProfileReader, people: Sequence[UserProfile], only: Movies) -> set[int]:
    """Return the only movies to rank.

    Parameters
    ----------
    reader : ProfileReader
    people : sequence of UserProfile
    only : path-like or list of movies
        A file, or the word "watchlist" for the watchlists of the people.

    Raises
    ------
    UsageError
        If none of the people has a watchlist.
    """
    if isinstance(only, list | tuple) or path_of("only", only) != WATCHLIST:
        return reader.movies_in("only", only)
    movies = {item for person in people for item in person.watchlist}
    if not movies:
        raise UsageError(
            "there is no watchlist in the ratings",
            "name an export that has one, such as Letterboxd's zip, or a file: --only FILE",
        )
    return movies
