"""What people think of films: from the model's own users, from titles, from files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from movierec.catalog import Catalog
from movierec.columns import place_of
from movierec.errors import (
    AmbiguousTitleError,
    MovieNotFoundError,
    NothingFoundError,
    UsageError,
)
from movierec.finding import Finder, listed
from movierec.model import Model
from movierec.readers.own import HIGHEST, HINT, Entry, read_own

PathLike = str | os.PathLike[str]
Rated = Mapping[Any, float | None] | Sequence[int | str]
Unmatched = MovieNotFoundError | AmbiguousTitleError


@dataclass
class Taste:
    """What one person thinks of films, by ``item_index``."""

    ratings: dict[int, float] = field(default_factory=dict)
    disliked: set[int] = field(default_factory=set)


class TasteReader:
    """Finds the films that people named; those that are not found are kept as `unmatched`.

    Parameters
    ----------
    model : Model
    catalog : Catalog
    finder : Finder
    """

    def __init__(self, model: Model, catalog: Catalog, finder: Finder) -> None:
        self._model = model
        self._catalog = catalog
        self._finder = finder
        self.unmatched: list[Unmatched] = []

    def of_user(self, user_id: int | str) -> dict[int, float]:
        """Return the ratings of one of the model's users by ``item_index``.

        Raises
        ------
        NothingFoundError
            If there is no such user.
        """
        import numpy as np

        user = place_of(self._model.arrays["user_ids"], user_id)
        if user is None:
            raise NothingFoundError(
                f"no user has the id {user_id}", "name films instead: --like TITLE"
            )
        indptr, indices, data = (
            np.asarray(self._model.arrays[f"vectors_{part}"])
            for part in ("indptr", "indices", "data")
        )
        places = np.flatnonzero(indices == user)
        items = np.searchsorted(indptr, places, side="right") - 1
        return dict(zip(items.tolist(), data[places].tolist(), strict=True))

    def of_titles(self, titles: Rated, *, by_id: bool = False) -> dict[int, float]:
        """Return ratings by ``item_index``; films without one have the highest there is."""
        highest = float(self._model.meta["highest_rating"])
        given = titles if isinstance(titles, Mapping) else dict.fromkeys(listed(titles))
        found = ((self._found(title, by_id=by_id), rating) for title, rating in given.items())
        ratings = {item: rating for item, rating in found if item is not None}
        return {item: _rating(rating, default=highest) for item, rating in ratings.items()}

    def of_file(self, path: PathLike) -> dict[int, float]:
        """Return the ratings in a file by ``item_index``; see :func:`read_own`."""
        found = ((self._entry(entry), entry.rating) for entry in read_own(path, rated=True))
        return {item: rating for item, rating in found if None not in (item, rating)}  # type: ignore[misc]

    def films_in(self, path: PathLike) -> set[int]:
        """Return the films of a list; see :func:`read_own`."""
        found = map(self._entry, read_own(path, rated=False))
        return {item for item in found if item is not None}

    def _entry(self, entry: Entry) -> int | None:
        """Find a film by its id, or else its IMDb id, or else its title."""
        own = self._catalog.index_of(entry.movie_id) if entry.movie_id else None
        if own is not None:
            return own
        names = [name for name in (entry.imdb, entry.title) if name]
        if not names:
            return self._found(entry.movie_id, by_id=True)
        for name in names[:-1]:
            try:
                return self._finder.index_of(name, by_id=False, year=None)
            except (MovieNotFoundError, AmbiguousTitleError):
                continue
        return self._found(names[-1], year=entry.year)

    def _found(
        self, query: int | str, *, by_id: bool = False, year: int | None = None
    ) -> int | None:
        """Find a film, whose year may be one off; keep the error if there is none."""
        errors: list[Unmatched] = []
        for tried in (year, year - 1, year + 1) if year else (None,):
            try:
                return self._finder.index_of(query, by_id=by_id, year=tried)
            except (MovieNotFoundError, AmbiguousTitleError) as error:
                errors.append(error)
        self.unmatched.append(errors[0])
        return None


def _rating(given: float | None, *, default: float) -> float:
    rating = default if given is None else float(given)
    if not 0 <= rating <= HIGHEST:
        raise UsageError(f"{rating:g} is no rating", HINT)
    return rating


def _without(ratings: Mapping[int, float], disliked: set[int]) -> dict[int, float]:
    return {item: rating for item, rating in ratings.items() if item not in disliked}


def read_people(
    reader: TasteReader,
    user: int | str | None,
    likes: Rated,
    dislikes: Rated,
    ratings: PathLike | Rated | Sequence[PathLike | Rated],
    *,
    by_id: bool,
) -> list[Taste]:
    """Return the tastes of some people; see :meth:`movierec.Recommender.recommend`.

    Raises
    ------
    NothingFoundError
        If one of them likes nothing.
    """
    disliked = set(reader.of_titles(dislikes, by_id=by_id))
    liked = reader.of_titles(likes, by_id=by_id)
    alone = isinstance(ratings, str | os.PathLike | Mapping)
    sources: Sequence[PathLike | Rated] = [ratings] if alone else list(ratings)  # type: ignore[list-item, arg-type]
    own = [] if user is None else [reader.of_user(user)]
    own += [
        reader.of_file(source)
        if isinstance(source, str | os.PathLike)
        else reader.of_titles(source)
        for source in sources
    ]
    people = [Taste(_without({**one, **liked}, disliked), disliked) for one in own or [{}]]
    if not all(one.ratings for one in people):
        raise NothingFoundError(
            "nothing that is liked was found",
            "name films: --like TITLE, a file: --ratings FILE, or a user: --user ID",
            reader.unmatched,
        )
    return people
