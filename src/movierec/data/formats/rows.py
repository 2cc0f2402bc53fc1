"""Rows of text: decoded, split into fields, each with the number of its line."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO

from movierec.data.formats.content import Content
from movierec.data.formats.layout import Layout
from movierec.data.report import RowReport
from movierec.data.table import Done, Row
from movierec.errors import DataError

_PART = 1 << 20  # bytes
_LONGEST_ROW = 1 << 20  # characters


def read_rows(
    content: Content, layout: Layout, report: RowReport, progress: Done | None = None
) -> Iterator[Row]:
    """Yield the rows of a text table, without header and blank lines.

    Parameters
    ----------
    content : Content
    layout : Layout
    report : RowReport
        Told of lines that cannot be split, and of the encoding.
    progress : callable, optional
        Called with the fraction that is read, from 0 to 1.

    Raises
    ------
    DataError
        If a line cannot be split, unless the report skips it; or is too long.
    """
    report.is_latin_1 = not _is_utf_8(content)
    encoding = "latin-1" if report.is_latin_1 else "utf-8-sig"
    header_at = _first_line(content) if layout.has_header else 0
    with content.open(progress) as stored:
        text = io.TextIOWrapper(stored, encoding, newline="")
        try:
            for number, fields in _split_rows(text, layout, report, header_at):
                if number > header_at and not _is_blank(fields):
                    yield number, fields
        finally:
            text.detach()


def _first_line(content: Content) -> int:
    """Return the number of the first line that is not blank, by which a header is recognized."""
    text = io.StringIO(content.head().decode("utf-8-sig", "replace"), newline="")
    return next((number for number, line in enumerate(text, 1) if line.strip()), 0)


def _is_blank(fields: Sequence[str]) -> bool:
    return not any(fields) or (len(fields) == 1 and not fields[0].strip())


def _is_utf_8(content: Content) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with content.open() as stored:
        try:
            while part := stored.read(_PART):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _split_rows(text: IO[str], layout: Layout, report: RowReport, header_at: int) -> Iterator[Row]:
    """Split lines; quotes may hold line breaks, but one that is not closed costs its line alone."""
    quoted = layout.separator not in ("::", "|")  # those formats have no quotes
    lines, ahead, number = _lines(text, report.name), deque[str](), 0
    while line := ahead.popleft() if ahead else next(lines, None):
        number += 1
        if not (quoted and '"' in line):
            yield number, line.rstrip("\r\n").split(layout.separator)
            continue
        following = _following(lines, ahead)
        reader = csv.reader(chain([line], following), delimiter=layout.separator, strict=True)
        try:
            row = next(reader)
        except csv.Error as error:
            if number > header_at:  # a header is recognized whatever its quotes
                report.bad(number, f"its quotes are not closed as they should be ({error})")
            continue
        yield number, row
        for _ in range(reader.line_num - 1):
            ahead.popleft()
        number += reader.line_num - 1


def _lines(text: IO[str], name: str) -> Iterator[str]:
    """Yield lines; one of endless length would be held in memory."""
    number = 0
    while line := text.readline(_LONGEST_ROW):
        number += 1
        if len(line) == _LONGEST_ROW:
            raise DataError(
                f"{name}, line {number}: longer than {_LONGEST_ROW:,} characters",
                "is it the right file?",
            )
        yield line


def _following(lines: Iterator[str], ahead: deque[str]) -> Iterator[str]:
    """Yield the lines after one, as far as a row may reach, and keep those that were read."""
    n_read = n_characters = 0
    while n_characters < _LONGEST_ROW:
        if n_read == len(ahead):
            line = next(lines, None)
            if line is None:
                return
            ahead.append(line)
        n_read += 1
        n_characters += len(ahead[n_read - 1])
        yield ahead[n_read - 1]
