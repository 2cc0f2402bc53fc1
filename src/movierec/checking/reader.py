"""A slow and simple reader of text tables: the oracle of the fast one.

It follows docs/reference/formats.md with Python's csv module and conversions of its own, and shares
with the fast reader only how files are found, decompressed and recognized. A property test compares
the two row by row.

They may differ in one case, in favor of this one: the fast reader counts the separators of a full
block of 8 MB instead of comparing its rows, so that it misses a row with a field too many if
another row of the block lacks one.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movierec.data.formats.content import Content
    from movierec.data.formats.text import TextTable
    from movierec.data.table import Done

HIGHEST = 1e15  # of ratings
_LONGEST = 1 << 20  # characters of a line or a row
_LONGEST_ID = 200  # bytes
_WITHOUT_QUOTES = ("::", "|")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_POINT_ZERO = re.compile(r"(0|-?[1-9]\d*)\.0", re.ASCII)
_FLAGS_FROM = 5  # the first of the flags that MovieLens 100K has for genres
_GENRES_OF_FLAGS = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)

Bad = Callable[[str, int, str, str], None]
"""Told of a line that cannot be split: the kind of fault, its number, what is wrong, its text."""

Row = tuple[int, Sequence[str]]
"""The number of a line, from 1, and its fields."""


def lines_not_utf_8(content: Content) -> Iterator[int]:
    """Yield the numbers of the lines that are not UTF-8.

    Parameters
    ----------
    content : Content

    Raises
    ------
    DataError
        If the content is broken.
    """
    for number, line in enumerate(_lines(content, "latin-1"), 1):
        if not line.isascii():
            try:
                line.encode("latin-1").decode("utf-8")
            except UnicodeDecodeError:
                yield number


def read_rows(
    table: TextTable, bad: Bad, *, is_utf_8: bool = True, done: Done | None = None
) -> Iterator[Row]:
    """Yield the rows of a table, without its header and blank lines.

    Parameters
    ----------
    table : TextTable
    bad : callable
        Told of lines that cannot be split.
    is_utf_8 : bool
        Whether the file is UTF-8; else it is latin-1.
    done : callable, optional
        Called with the fraction that is read, from 0 to 1.

    Raises
    ------
    DataError
        If the content is broken, after the rows before.
    """
    layout = table.layout
    header_at = _first_line(table.content) if layout.has_header else 0
    arrange = _arrangement(table)
    lines = _lines(table.content, "utf-8-sig" if is_utf_8 else "latin-1", bad, done)
    for number, fields in _split(lines, layout.separator, bad, header_at):
        is_blank = not any(fields) or (len(fields) == 1 and not fields[0].strip())
        if number > header_at and not is_blank:
            yield number, arrange(fields) if arrange else fields


def _first_line(content: Content) -> int:
    """Return the number of the first line that is not blank."""
    text = io.StringIO(content.head().decode("utf-8-sig", "replace"), newline="")
    return next((number for number, line in enumerate(text, 1) if line.strip()), 0)


def _lines(
    content: Content, encoding: str, bad: Bad | None = None, done: Done | None = None
) -> Iterator[str]:
    """Yield the lines with their ends; a blank one in the place of each that is too long."""
    with content.open(done) as stored:
        text = io.TextIOWrapper(stored, encoding, errors="replace", newline="")
        number = 0
        while line := text.readline(_LONGEST):
            number += 1
            if len(line) == _LONGEST:
                start = line
                while not line.endswith(("\n", "\r")) and (line := text.readline(_LONGEST)):
                    pass
                if bad:
                    bad("long-line", number, f"longer than {_LONGEST:,} characters", start)
                line = "\n"
            yield line
        text.detach()


def _split(lines: Iterator[str], separator: str, bad: Bad, header_at: int) -> Iterator[Row]:
    """Split lines; a row may go on over several if quotes hold their breaks.

    A header is recognized whatever its quotes, so that it is no bad line.
    """
    has_quotes = separator not in _WITHOUT_QUOTES
    number, ahead = 0, deque[str]()
    while line := ahead.popleft() if ahead else next(lines, ""):
        number += 1
        if not has_quotes or '"' not in line:
            yield number, line.rstrip("\r\n").split(separator)
            continue
        taken: list[str] = []
        reader = csv.reader(_taking(line, ahead, lines, taken), delimiter=separator, strict=True)
        try:
            row = next(reader)
        except csv.Error as error:  # the line alone is lost
            if number > header_at:
                problem = f"its quotes are not closed as they should be ({error})"
                bad("quotes", number, problem, line)
            ahead.extendleft(reversed(taken))
            continue
        yield number, row
        number += len(taken)


def _taking(line: str, ahead: deque[str], lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """Yield a line and those after it, up to the length of a row; list the latter."""
    yield line
    n_characters = 0
    while n_characters < _LONGEST and (line := ahead.popleft() if ahead else next(lines, "")):
        taken.append(line)
        n_characters += len(line)
        yield line


def _arrangement(table: TextTable) -> Callable[[Sequence[str]], Sequence[str]] | None:
    """Return what brings the fields of a format of MovieLens to the places of their columns."""
    layout = table.layout
    if layout.has_genre_flags:
        return _without_flags
    is_of_titles = layout.columns == {"item": 0, "title": 1, "genres": 2}
    return _with_whole_title if layout.separator == "::" and is_of_titles else None


def _without_flags(fields: Sequence[str]) -> Sequence[str]:
    if len(fields) < 2:
        return fields
    first = [*fields[:_FLAGS_FROM], *[""] * _FLAGS_FROM][:_FLAGS_FROM]
    pairs = zip(_GENRES_OF_FLAGS, fields[_FLAGS_FROM:], strict=False)
    return [*first, "|".join(genre for genre, flag in pairs if flag == "1")]


def _with_whole_title(fields: Sequence[str]) -> Sequence[str]:
    if len(fields) <= 3:
        return fields
    return [fields[0], "::".join(fields[1:-1]), fields[-1]]


def id_of(text: str) -> str | None:
    """Return the id that a field holds, or None: ``17.0`` is ``17``, ``007`` stays."""
    if any((ord(char) < 32 and char != "\t") or 127 <= ord(char) < 160 for char in text):
        return None
    name = text.strip()
    return without_point(name) if 0 < len(name.encode()) <= _LONGEST_ID else None


def without_point(name: str) -> str:
    """Return ``17`` for ``17.0``, as programs write numbers, and any other text as it is."""
    found = _POINT_ZERO.fullmatch(name)
    return found[1] if found else name


@lru_cache(1 << 12)
def number_of(text: str) -> float:
    """Return the number that a field holds, perhaps between blanks, or NaN."""
    number = text.strip(" \t")
    return float(number) if _NUMBER.fullmatch(number) else math.nan


def date_of(text: str) -> float:
    """Return a date as seconds since 1970, in UTC unless it names a zone, or NaN if it is none."""
    try:
        date = datetime.fromisoformat(text.strip())
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def shown(text: str) -> str:
    """Return text in one line: what is not printable becomes a blank, blanks become one."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
