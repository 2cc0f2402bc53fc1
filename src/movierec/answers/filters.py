"""Filters and other options of a list of movies.

No dataclasses: defining one takes a millisecond of every start.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from movierec._util import is_number
from movierec.errors import NothingFoundError, UsageError
from movierec.films.catalog import Catalog, Movie

Group = Literal["average", "least-misery"]


class Filter(NamedTuple):
    """The conditions that listed movies must meet.

    Attributes
    ----------
    genres, not_genres : sequence of str
        A movie must have all `genres` and none of `not_genres`; case does not matter.
    years : tuple of int, optional
        The first and the last year.
    min_support : int
        Minimum number of people who rated both movies.
    """

    genres: Sequence[str] = ()
    not_genres: Sequence[str] = ()
    years: tuple[int, int] | None = None
    min_support: int = 0

    def passes(self, movie: Movie, support: int) -> bool:
        """Return whether a movie may be listed.

        Parameters
        ----------
        movie : Movie
        support : int
            Number of people who rated both movies.
        """
        genres = {genre.casefold() for genre in movie.genres}
        in_years = self.years is None or (
            movie.year is not None and self.years[0] <= movie.year <= self.years[1]
        )
        return (
            support >= self.min_support
            and in_years
            and all(genre.casefold() in genres for genre in self.genres)
            and not any(genre.casefold() in genres for genre in self.not_genres)
        )


def make_filter(
    catalog: Catalog,
    genres: str | Sequence[str],
    not_genres: str | Sequence[str],
    years: tuple[int, int] | None,
    min_support: int,
) -> Filter:
    """Return a filter with the names of genres as the catalog has them.

    Parameters
    ----------
    catalog : Catalog
    genres, not_genres : str or sequence of str
        Case and punctuation do not matter: "scifi" is "Sci-Fi".
    years, min_support
        As in :class:`Filter`.

    Raises
    ------
    NothingFoundError
        If no movie has one of the genres; the hint has all that exist.
    UsageError
        If an argument has another type, or `min_support` is below 0.
    """
    _check_years(years)
    if not is_number(min_support, whole=True) or min_support < 0:
        raise UsageError(f"min_support is {min_support}; it must be a whole number of at least 0")
    wanted, unwanted = _names("genres", genres), _names("not_genres", not_genres)
    if not wanted and not unwanted:  # so that other queries do not read the genres of all movies
        return Filter((), (), years, min_support)
    known = {_plain(name): name for name in sorted(catalog.all_genres())}
    return Filter(
        tuple(_known_genre(name, known) for name in wanted),
        tuple(_known_genre(name, known) for name in unwanted),
        years,
        min_support,
    )


def _names(argument: str, given: str | Sequence[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{argument} is {given}; it must be a text, or a list of texts")
    return tuple(names)


def _check_years(years: tuple[int, int] | None) -> None:
    if years is None:
        return
    is_pair = isinstance(years, Sequence) and len(years) == 2
    if not is_pair or not all(is_number(year, whole=True) for year in years):
        raise UsageError(f"years is {years}; it must be a first and a last year", "as (1980, 1989)")
    if years[0] > years[1]:
        raise UsageError(f"years is {years}; the first is after the last", "as (1980, 1989)")


def _known_genre(name: str, known: Mapping[str, str]) -> str:
    found = known.get(_plain(name))
    if found is None:
        raise NothingFoundError(f'no movie has the genre "{name}"', _genre_hint(name, known))
    return found


def _genre_hint(name: str, known: Mapping[str, str]) -> str:
    """Return the genre that is spelled most like `name`, and all that exist."""
    from difflib import get_close_matches

    near = get_close_matches(_plain(name), known, n=1)
    everything = f"the genres are {', '.join(known.values())}" if known else "no movie has any"
    return f"did you mean {known[near[0]]}? {everything}" if near else everything


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


class ListOptions:
    """How a list is chosen from ranked movies.

    Parameters
    ----------
    passing : Filter
        In recommendations, its `min_support` is the minimum number of people who rated a movie.
    diversity : float
        From 0 to 1: how much the similarity to movies higher in the list counts against a movie.
    obscurity : float
        From 0 to 1: how much the number of ratings counts against a movie.
    only : collection of int, optional
        The only movies to rank, by ``item_index``.
    excluded : collection of int
        Movies to leave out, by ``item_index``.
    group : {"average", "least-misery"}
        Whether to use the average score of several people, or the lowest.

    Raises
    ------
    UsageError
        If a number is out of its range.
    """

    def __init__(
        self,
        passing: Filter,
        diversity: float,
        obscurity: float,
        *,
        only: Collection[int] | None = None,
        excluded: Collection[int] = (),
        group: Group = "average",
    ) -> None:
        for name, value in (("diversity", diversity), ("obscurity", obscurity)):
            if not is_number(value) or not 0 <= value <= 1:
                raise UsageError(f"{name} is {value}; it must be from 0 to 1", "0 turns it off")
        if group not in get_args(Group):
            raise UsageError(f"group is {group}; it must be one of {', '.join(get_args(Group))}")
        self.passing, self.diversity, self.obscurity = passing, diversity, obscurity
        self.only, self.excluded, self.group = only, excluded, group


def check_k(k: int) -> None:
    """Check the length of a list.

    Raises
    ------
    UsageError
        If `k` is not a whole number, or below 1.
    """
    if not is_number(k, whole=True):
        raise UsageError(f"k is {k}; it must be a whole number")
    if k < 1:
        raise UsageError(f"k is {k}; it must be at least 1")


def check_recency(recency: float) -> float:
    """Return a recency after checking it.

    Raises
    ------
    UsageError
        If it is below 0 or not finite.
    """
    if not is_number(recency) or not 0 <= recency < math.inf:
        raise UsageError(f"recency is {recency}; it must be at least 0", "0 turns it off")
    return recency
