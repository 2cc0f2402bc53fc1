"""Lists of movies that one person wrote or exported: ratings, a watchlist, movies to leave out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from movierec.data.discover import only_table
from movierec.data.formats.rows import read_rows
from movierec.data.formats.text import TextTable
from movierec.data.report import RowReport
from movierec.data.times import parse_time
from movierec.errors import DataError
from movierec.vocabulary import clean_id

if TYPE_CHECKING:
    from movierec.data.sources.base import Place
    from movierec.data.table import Table

HIGHEST = 1e6
HINT = f"ratings are numbers from 0 to {HIGHEST:,.0f}"
_NAMES = ("item", "imdb", "title")


class Entry(NamedTuple):
    """A line of a list: a movie by its id, IMDb id or title, its rating, and when it was rated.

    Attributes
    ----------
    movie_id, imdb, title : str
        Empty where the list does not have it.
    year : int, optional
    rating : float, optional
    timestamp : float, optional
        Seconds since 1970; None where there is no date, or one that cannot be read.
    """

    movie_id: str = ""
    imdb: str = ""
    title: str = ""
    year: int | None = None
    rating: float | None = None
    timestamp: float | None = None


def read_personal_list(place: Place, *, rated: bool) -> list[Entry]:
    """Read the movies that one person listed, in the order of the file.

    Parameters
    ----------
    place : path-like or table
        With a header that has ``movieId``, ``imdb_id`` (``Const``) or ``title`` (``Name``), and
        perhaps ``year``, ``rating`` and a date; or as MovieLens has it without one; or, unless
        `rated`, with a title in each line.
    rated : bool
        Whether there must be ratings. Rows whose rating is blank are left out then.

    Raises
    ------
    DataError
        If it is missing or not such a list, if a rating is no number, or if it holds the ratings
        of several users.
    """
    table = only_table(place, "ratings")
    has_movies = any(name in table.columns for name in _NAMES)
    if rated and not (has_movies and "rating" in table.columns):
        raise DataError(
            f"{table.name} is no list of ratings; {table.describe_header()}",
            "it needs a column movieId or title (and year), and rating",
        )
    entries = _entries(table) if has_movies else _titles(table)
    named = (entry for entry in entries if entry.movie_id or entry.imdb or entry.title)
    return [entry for entry in named if entry.rating is not None or not rated]


def _titles(table: Table) -> Iterator[Entry]:
    if not isinstance(table, TextTable):
        raise DataError(f"{table.name} has no movies", "it needs a column movieId or title")
    # "::" is the separator that has no quotes; the parts of a title are joined again.
    layout = replace(table.layout, separator="::", has_header=False)
    for _, fields in read_rows(table.content, layout, _report(table)):
        yield Entry(title="::".join(fields).strip().strip('"'))


def _report(table: Table) -> RowReport:
    return RowReport(table.name, skip=False, unit=table.unit, can_skip=False)


def _entries(table: Table) -> Iterator[Entry]:
    users = set()
    for number, fields in table.rows(_report(table)):
        given = {
            name: fields[position].strip()
            for name, position in table.columns.items()
            if position < len(fields)
        }
        users.add(given.get("user"))
        if len(users) > 1:
            raise DataError(
                f"{table.name} holds the ratings of several users", "leave the rows of one in it"
            )
        yield Entry(
            clean_id(given.get("item", "")),
            _imdb(given.get("imdb", "")),
            given.get("title", ""),
            _year(given.get("year", "")),
            _rating(given.get("rating", ""), f"{table.name}, {table.unit} {number}"),
            parse_time(given.get("timestamp", "")),
        )


def _imdb(text: str) -> str:
    """Return an IMDb id with its letters, which MovieLens leaves out."""
    return f"tt{text}" if text.isdigit() else text


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _rating(text: str, where: str) -> float | None:
    """Return a rating, or None where there is none."""
    if not text:
        return None
    try:
        rating = float(text)
    except ValueError:
        rating = math.nan
    if not 0 <= rating <= HIGHEST:
        raise DataError(f'{where}: "{text}" is no rating', HINT)
    return rating
