"""Lists of films that somebody wrote or exported: ratings, films to see, films to leave out."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from movierec.errors import DataError
from movierec.readers.interactions import only_source
from movierec.readers.layout import Layout, recognise
from movierec.readers.source import Source
from movierec.readers.text import Row, RowReport, clean_id, read_rows

HIGHEST = 1e6
HINT = f"ratings are numbers from 0 to {HIGHEST:,.0f}"
_NAMES = ("item", "imdb", "title")


class Entry(NamedTuple):
    """A line of a list: a film by its id, its IMDb id or title, and what it was given."""

    movie_id: str = ""
    imdb: str = ""
    title: str = ""
    year: int | None = None
    rating: float | None = None


def read_own(path: str | os.PathLike[str], *, rated: bool) -> list[Entry]:
    """Read a list of films.

    Parameters
    ----------
    path : path-like
        With a header that has ``movieId``, ``imdb_id`` (``Const``) or ``title`` (``Name``), and
        perhaps ``year`` and ``rating``; or as MovieLens has it without one; or, unless `rated`,
        with a title in each line.
    rated : bool
        Whether there must be ratings. Rows whose rating is blank are left out then.

    Raises
    ------
    DataError
        If it is missing or not such a list, if a rating is no number, or if it holds the ratings
        of several people.
    """
    source = only_source(path)
    layout = recognise(source)
    has_films = any(name in layout.columns for name in _NAMES)
    if rated and not (has_films and "rating" in layout.columns):
        raise DataError(
            f"{source.name} is no list of ratings; it starts with: "
            f"{', '.join(layout.header[:8])[:120]}",
            "it needs a column movieId or title (and year), and rating",
        )
    entries = _entries(source, layout) if has_films else _titles(source, layout)
    named = (entry for entry in entries if entry.movie_id or entry.imdb or entry.title)
    return [entry for entry in named if entry.rating is not None or not rated]


def _titles(source: Source, layout: Layout) -> Iterator[Entry]:
    for _, fields in _rows(source, replace(layout, separator="::", has_header=False)):
        yield Entry(title="::".join(fields).strip().strip('"'))


class _Report(RowReport):
    def bad(self, line: int, problem: str) -> None:
        raise DataError(f"{self.name}, line {line}: {problem}", "mend the line")


def _rows(source: Source, layout: Layout) -> Iterator[Row]:
    """Yield the rows without the header, which may have blank lines before it."""
    report = _Report(source.name, skip=False)
    rows = read_rows(source, replace(layout, has_header=False), report)
    if layout.has_header:
        next(rows, None)
    return rows


def _entries(source: Source, layout: Layout) -> Iterator[Entry]:
    people = set()
    for line, fields in _rows(source, layout):
        own = {
            name: fields[place].strip()
            for name, place in layout.columns.items()
            if place < len(fields)
        }
        people.add(own.get("user"))
        if len(people) > 1:
            raise DataError(
                f"{source.name} holds the ratings of several people", "leave the rows of one in it"
            )
        yield Entry(
            clean_id(own.get("item", "")),
            _imdb(own.get("imdb", "")),
            own.get("title", ""),
            _year(own.get("year", "")),
            _rating(own.get("rating", ""), f"{source.name}, line {line}"),
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
