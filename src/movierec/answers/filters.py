"""Filters and other options of a list of movies.

No dataclasses: defining one takes a millisecond of every start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from movierec._checks import number, one_of, refusal, texts, values, whole_number
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
    years = _checked_years(years)
    min_support = whole_number("min_support", min_support, 0)
    wanted, unwanted = texts("genres", genres), texts("not_genres", not_genres)
    if not wanted and not unwanted:  # so that other queries do not read the genres of all movies
        return Filter((), (), years, min_support)
    known = {_plain(name): name for name in sorted(catalog.all_genres())}
    return Filter(
        tuple(dict.fromkeys(_known_genre(name, known) for name in wanted)),
        tuple(dict.fromkeys(_known_genre(name, known) for name in unwanted)),
        years,
        min_support,
    )


def _checked_years(years: tuple[int, int] | None) -> tuple[int, int] | None:
    if years is None:
        return None
    pair = values(years)
    if pair is None or len(pair) != 2:
        raise refusal("years", years, "a first and a last year", "as (1980, 1989)")
    first, last = (whole_number("years", year, hint="as (1980, 1989)") for year in pair)
    if first > last:
        raise refusal("years", years, "the first year, then the last", "as (1980, 1989)")
    return first, last


def parse_years(text: str | None) -> tuple[int, int] | None:
    """Return the first and last year of ``1980-1989``, ``1980-``, ``-1989`` or ``1985``.

    Raises
    ------
    UsageError
        If `text` is none of these.
    """
    if text is None:
        return None
    first, dash, last = text.replace("–", "-").partition("-")
    try:
        low = int(first) if first.strip() else 0
        high = int(last) if last.strip() else 9999 if dash else low
    except ValueError:
        low, high = 1, 0
    if low > high or not any(char.isdigit() for char in text):
        raise UsageError(f'"{text}" is not a range of years', "write it as 1980-1989")
    return low, high


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
        one_of("group", group, get_args(Group))
        self.passing = passing
        self.diversity = number("diversity", diversity, 0, 1, "0 turns it off")
        self.obscurity = number("obscurity", obscurity, 0, 1, "0 turns it off")
        self.only, self.excluded, self.group = only, excluded, group
