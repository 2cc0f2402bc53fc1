"""Tables of what one person rated or watched: Letterboxd, IMDb, MovieLens and plain lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import NamedTuple

from movierec.data.formats.rows import read_rows
from movierec.data.formats.text import TextTable
from movierec.data.numbers import HIGHEST_RATING, parse_number
from movierec.data.personal.entries import Entry, Role
from movierec.data.report import RowReport
from movierec.data.table import Table
from movierec.data.times import parse_time
from movierec.errors import DataError
from movierec.vocabulary import clean_id

HINT = f"ratings are numbers from 0 to {HIGHEST_RATING:,.0f}"
_NAMES = ("item", "imdb", "title")


class TableKind(NamedTuple):
    """What a table is.

    Attributes
    ----------
    source : str
        As in :class:`movierec.data.personal.entries.Export`.
    highest : float or None
        The highest rating of its scale, if it has one of its own.
    role : {"rated", "seen", "watchlist"}
    """

    source: str
    highest: float | None
    role: Role


def kind_of(table: Table) -> TableKind:
    """Tell what a table is from its header, and where that leaves it open from its name."""
    header = set(table.header)
    if "Letterboxd URI" in header:
        return TableKind("Letterboxd", 5.0, _role(table.name, is_rated="Rating" in header))
    if "Const" in header:
        return TableKind("IMDb", 10.0, "watchlist" if "Position" in header else "rated")
    if "average_rating" in header:
        return TableKind("MovieLens", 5.0, "rated")
    return TableKind("list", None, _role(table.name, is_rated="rating" in table.columns))


def _role(name: str, *, is_rated: bool) -> Role:
    if is_rated:
        return "rated"
    # Letterboxd gives the watchlist and the watched movies the same columns.
    return "watchlist" if "watchlist" in PurePath(name).name.casefold() else "seen"


def has_movies(table: Table) -> bool:
    """Tell whether a table has a column that names movies."""
    return any(name in table.columns for name in _NAMES)


def read_entries(table: Table) -> tuple[list[Entry], int]:
    """Read the rows of a table that name a movie.

    Parameters
    ----------
    table : Table

    Returns
    -------
    entries : list of Entry
    n_unreadable_dates : int

    Raises
    ------
    DataError
        If a row cannot be read, a rating is no number, or there are several users.
    """
    entries, users, n_unreadable = [], set(), 0
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
        date = given.get("timestamp", "")
        entry = Entry(
            clean_id(given.get("item", "")),
            _imdb(given.get("imdb", "")),
            given.get("title", ""),
            _year(given.get("year", "")),
            _rating(given.get("rating", ""), f"{table.name}, {table.unit} {number}"),
            parse_time(date),
        )
        n_unreadable += bool(date) and entry.timestamp is None
        if entry.movie_id or entry.imdb or entry.title:
            entries.append(entry)
    return entries, n_unreadable


def read_titles(table: TextTable) -> list[Entry]:
    """Read a text with a title in each line."""
    # "::" is the separator that has no quotes; the parts of a title are joined again.
    layout = replace(table.layout, separator="::", has_header=False)
    lines = ("::".join(fields) for _, fields in read_rows(table.content, layout, _report(table)))
    titles = (line.strip().strip('"') for line in lines)
    return [Entry(title=title) for title in titles if title]


def _report(table: Table) -> RowReport:
    return RowReport(table.name, skip=False, unit=table.unit, can_skip=False)


def _imdb(text: str) -> str:
    """Return an IMDb id as it is in links.csv: with its letters, and at least seven digits."""
    return f"tt{text.zfill(7)}" if text.isdigit() else text


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def _rating(text: str, where: str) -> float | None:
    """Return a rating, or None where there is none."""
    if not text:
        return None
    rating = parse_number(text)
    if not 0 <= rating <= HIGHEST_RATING:
        raise DataError(f'{where}: "{text}" is no rating', HINT)
    return rating
