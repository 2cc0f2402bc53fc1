"""Rows of text: decoded, split into fields, each with the number of its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

from movierec.data.formats.content import Content
from movierec.data.formats.layout import Layout
from movierec.data.report import RowReport
from movierec.data.table import Done, Row


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
        If a line cannot be split, unless the report skips it.
    """
    report.is_latin_1 = not _is_utf_8(content)
    encoding = "latin-1" if report.is_latin_1 else "utf-8-sig"
    with content.open(progress) as stored:
        text = io.TextIOWrapper(stored, encoding, newline="")
        try:
            rows = (row for row in _split_rows(text, layout, report) if any(row[1]))
            if layout.has_header:
                next(rows, None)
            yield from rows
        finally:
            text.detach()


def _is_utf_8(content: Content) -> bool:
    with content.open() as stored:
        for line in stored:
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return False
    return True


def _split_rows(text: IO[str], layout: Layout, report: RowReport) -> Iterator[Row]:
    """Split each line by itself, so that a quote that is never closed costs its line alone."""
    quoted = layout.separator not in ("::", "|")  # those formats have no quotes
    for number, line in enumerate(text, start=1):
        content = line.rstrip("\r\n")
        if not (quoted and '"' in content):
            yield number, content.split(layout.separator)
            continue
        try:
            yield number, next(csv.reader([content], delimiter=layout.separator, strict=True))
        except csv.Error as error:
            report.bad(number, _quote_problem(error))


def _quote_problem(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quote is not closed on this line (a line break inside quotes cannot be read)"
    return f"its quotes are not closed as they should be ({error})"
