"""Recognizing a text table by its header, or where it has none, by its first lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from movierec.data.columns import kind_of, known_columns
from movierec.data.formats.content import Content
from movierec.errors import DataError

_SEPARATORS = ("::", "\t", ",", ";", "|")
_N_LINES = 50
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$")
# u.item of MovieLens 100K: id, title, three more fields, then a flag for each genre.
_ML100K_FIELDS = 24
ML100K_FIRST_FLAG = 5


@dataclass(frozen=True)
class Layout:
    """How a text table is laid out.

    Attributes
    ----------
    kind : str
        "ratings", "movies", "links", "tags", "genome", or "unknown".
    separator : str
    has_header : bool
    columns : dict of str to int
        The position of each column that is known, from 0.
    first_line : tuple of str
        The fields of the first line.
    has_genre_flags : bool
        Whether genres are a flag each, as in MovieLens 100K.
    """

    kind: str
    separator: str
    has_header: bool
    columns: dict[str, int]
    first_line: tuple[str, ...]
    has_genre_flags: bool = False

    @property
    def description(self) -> str:
        """What a user is told, such as ``ratings, separated by "::", no header``."""
        separator = {"\t": "TAB"}.get(self.separator, f'"{self.separator}"')
        header = "with a header" if self.has_header else "no header"
        return f"{self.kind}, separated by {separator}, {header}"


def recognize(content: Content, named: Mapping[str, str] = MappingProxyType({})) -> Layout:
    """Tell how a table is laid out, from its start.

    Parameters
    ----------
    content : Content
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`.

    Raises
    ------
    DataError
        If the content is empty or not text.
    """
    head = content.head()
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(
            f"{content.name} is not a text file in UTF-8, but in UTF-16", "save it as UTF-8"
        )
    if b"\0" in head:
        raise DataError(f"{content.name} is not a text file", "is it the right file?")
    lines = re.split(r"\r\n|\r|\n", head.decode("utf-8-sig", "replace"))
    lines = [line for line in lines if line.strip()][:_N_LINES]
    if not lines:
        raise DataError(f"{content.name} is empty", "is it the right file?")
    with_header = [_with_header(lines[0], separator, named) for separator in _SEPARATORS]
    found = max(with_header, key=lambda layout: (layout.kind != "unknown", len(layout.columns)))
    if found.columns and not _is_row(found.first_line):
        return found
    without = (_without_header(lines, separator) for separator in _SEPARATORS)
    # A first line of words is a header with other names, not a row.
    rows = (each for each in without if each.kind != "unknown" and _is_row(each.first_line))
    return next(rows, found)


def _with_header(line: str, separator: str, named: Mapping[str, str]) -> Layout:
    header = tuple(field.strip().strip('"') for field in line.split(separator))
    columns = known_columns(header, named)
    return Layout(kind_of(columns, len(header)), separator, True, columns, header)


def _is_row(fields: Sequence[str]) -> bool:
    return any(_NUMBER.match(field) for field in fields)


def _without_header(lines: Sequence[str], separator: str) -> Layout:
    rows = [line.split(separator) for line in lines]
    first_line = tuple(rows[0])

    def layout(kind: str, *columns: str, flags: bool = False) -> Layout:
        positions = {name: position for position, name in enumerate(columns) if name}
        return Layout(kind, separator, False, positions, first_line, flags)

    if _most(rows, _has_genre_flags):
        return layout("movies", "item", "title", "", "", "", "genres", flags=True)
    if _most(rows, lambda row: len(row) in (3, 4) and _is_number(row[2]) and _is_id(row[1])):
        with_time = len(rows[0]) == 4
        return layout("ratings", "user", "item", "rating", "timestamp" if with_time else "")
    if _most(rows, lambda row: len(row) == 4 and _is_number(row[3]) and _is_id(row[1])):
        return layout("tags", "user", "item", "tag", "timestamp")
    if _most(
        rows, lambda row: len(row) >= 3 and row[0].strip().isdigit() and not _is_number(row[1])
    ):
        return layout("movies", "item", "title", "genres")
    return Layout("unknown", separator, False, {}, first_line)


def _most(rows: Sequence[Sequence[str]], holds: Callable[[Sequence[str]], bool]) -> bool:
    return sum(map(holds, rows)) > 0.5 * len(rows)


def _has_genre_flags(row: Sequence[str]) -> bool:
    flags = row[ML100K_FIRST_FLAG:]
    return len(row) == _ML100K_FIELDS and all(flag.strip() in ("0", "1") for flag in flags)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text.strip()))


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]{1,40}", text.strip()))
