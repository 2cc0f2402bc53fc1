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
from movierec.readers.text import RowReport, clean_id, read_rows

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
        perhaps ``year`` and ``rating``; or, unless `rated`, with a title in each line.
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
    has_films = layout.has_header and any(name in layout.columns for name in _NAMES)
    if rated and not (has_films and "rating" in layout.columns):
        raise DataError(
            f"{source.name} is no list of ratings; it starts with: "
            f"{', '.join(layout.header[:8])[:120]}",
            "it needs a column movieId or title (and year), and rating",
        )
    entries = _entries(source, layout) if has_films else _titles(source, layout)
    return [entry for entry in entries if entry.rating is not None or not rated]


def _titles(source: Source, layout: Layout) -> Iterator[Entry]:
    whole = replace(layout, separator="\0", has_header=False)
    for _, fields in read_rows(source, whole, RowReport(source.name, skip=False)):
        yield Entry(title=fields[0].strip().strip('"'))


def _entries(source: Source, layout: Layout) -> Iterator[Entry]:
    people = set()
    for line, fields in read_rows(source, layout, RowReport(source.name, skip=False)):
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
            own.get("imdb", ""),
            own.get("title", ""),
            _year(own.get("year", "")),
            _rating(own.get("rating", ""), f"{source.name}, line {line}"),
        )


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
    if not (math.isfinite(rating) and rating >= 0):
        raise DataError(f'{where}: "{text}" is no rating', "ratings are numbers from 0 upwards")
    return rating
