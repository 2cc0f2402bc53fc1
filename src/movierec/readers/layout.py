"""Recognising a file by its header, or where it has none, by its first lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from movierec.errors import DataError
from movierec.readers.source import Source

_SEPARATORS = ("::", "\t", ",", ";", "|")
_N_LINES = 50
# The names that columns go by, without case, blanks or underscores.
_COLUMNS = {
    "user": "user userid reviewerid customerid",
    "item": "item itemid movie movieid film filmid id",
    "rating": "rating ratings score stars yourrating",
    "timestamp": "timestamp time unixtime date ratedat",
    "title": "title name movietitle",
    "genres": "genres genre",
    "year": "year releaseyear",
    "imdb": "imdb imdbid const",
    "tmdb": "tmdb tmdbid",
    "tag": "tag tagname",
    "tag_id": "tagid",
    "relevance": "relevance",
}
_NAMED = {name: column for column, names in _COLUMNS.items() for name in names.split()}
# A file is the first of these of which it has all columns.
_KINDS = {
    "genome": {"item", "tag_id", "relevance"},
    "tags": {"user", "item", "tag"},
    "ratings": {"user", "item", "rating"},
    "movies": {"item", "title"},
    "links": {"item", "imdb"},
}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_ML100K_ITEM_FIELDS = 24


@dataclass(frozen=True)
class Layout:
    """How a file is laid out.

    Attributes
    ----------
    kind : str
        "ratings", "movies", "links", "tags", "genome scores", or "unknown".
    separator : str
    has_header : bool
    columns : dict of str to int
        The place of each column that is known, from 0.
    header : tuple of str
        The fields of the first line.
    """

    kind: str
    separator: str
    has_header: bool
    columns: dict[str, int]
    header: tuple[str, ...]

    @property
    def description(self) -> str:
        """What a user is told, such as ``ratings, separated by "::", no header``."""
        separator = {"\t": "TAB"}.get(self.separator, f'"{self.separator}"')
        header = "with a header" if self.has_header else "no header"
        return f"{self.kind}, separated by {separator}, {header}"


def column_name(header: str) -> str | None:
    """Return what a header means: ``movieId``, ``movie_id`` and ``Item ID`` are all "item"."""
    plain = re.sub(r"[^a-z0-9]", "", header.split(":", maxsplit=1)[0].casefold())
    return _NAMED.get(plain)


def recognise(source: Source) -> Layout:
    """Look at the start of a file and tell what it is.

    Raises
    ------
    DataError
        If the file is empty or no text.
    """
    head = source.head()
    if not head.strip():
        raise DataError(f"{source.name} is empty", "is it the right file?")
    if b"\0" in head:
        raise DataError(f"{source.name} is not a text file", "is it the right file?")
    lines = head.decode("utf-8-sig", "replace").splitlines()[:_N_LINES]
    lines = [line for line in lines if line.strip()]
    with_header = [_with_header(lines[0], separator) for separator in _SEPARATORS]
    found = max(with_header, key=lambda layout: (layout.kind != "unknown", len(layout.columns)))
    if found.columns and not _is_row(found.header):
        return found
    without = (_without_header(lines, separator) for separator in _SEPARATORS)
    return next((layout for layout in without if layout.kind != "unknown"), found)


def _with_header(line: str, separator: str) -> Layout:
    header = tuple(field.strip().strip('"') for field in line.split(separator))
    columns: dict[str, int] = {}
    for place, name in enumerate(map(column_name, header)):
        if name:
            columns.setdefault(name, place)
    kind = next((kind for kind, needed in _KINDS.items() if needed <= columns.keys()), "unknown")
    return Layout(kind, separator, True, columns, header)


def _is_row(fields: Sequence[str]) -> bool:
    return any(_NUMBER.match(field) for field in fields)


def _without_header(lines: Sequence[str], separator: str) -> Layout:
    rows = [line.split(separator) for line in lines]
    header = tuple(rows[0])

    def layout(kind: str, *columns: str) -> Layout:
        places = {name: place for place, name in enumerate(columns) if name}
        return Layout(kind, separator, False, places, header)

    if _most(rows, lambda row: len(row) == _ML100K_ITEM_FIELDS and _is_flags(row[5:])):
        return layout("movies", "item", "title", "date")
    if _most(rows, lambda row: len(row) in (3, 4) and _is_number(row[2]) and _is_id(row[1])):
        with_time = len(rows[0]) == 4
        return layout("ratings", "user", "item", "rating", "timestamp" if with_time else "")
    if _most(rows, lambda row: len(row) == 4 and _is_number(row[3]) and _is_id(row[1])):
        return layout("tags", "user", "item", "tag", "timestamp")
    if _most(
        rows, lambda row: len(row) >= 3 and row[0].strip().isdigit() and not _is_number(row[1])
    ):
        return layout("movies", "item", "title", "genres")
    return Layout("unknown", separator, False, {}, header)


def _most(rows: Sequence[Sequence[str]], holds: Callable[[Sequence[str]], bool]) -> bool:
    return sum(map(holds, rows)) > 0.5 * len(rows)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text.strip()))


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]{1,40}", text.strip()))


def _is_flags(fields: Sequence[str]) -> bool:
    return all(field.strip() in ("0", "1") for field in fields)
