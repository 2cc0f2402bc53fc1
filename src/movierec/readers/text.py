"""Rows of text: decoded, split into fields, each with the number of its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from movierec.columns import IdArray
from movierec.errors import DataError
from movierec.readers.layout import Layout
from movierec.readers.source import Source
from movierec.wording import counted

Row = tuple[int, Sequence[str]]
LONGEST_ID = 200  # bytes: ids are kept in fixed width


class RowReport:
    """What was noticed while reading a file; at the first bad row it fails, or skips and counts.

    Parameters
    ----------
    name : str
        The file, for messages.
    skip : bool
        Whether to count instead of failing.
    """

    def __init__(self, name: str, *, skip: bool) -> None:
        self.name = name
        self.skip = skip
        self.count = 0
        self.first: str | None = None
        self.encoding = "utf-8-sig"

    def bad(self, line: int, problem: str) -> None:
        """Report the row at `line`.

        Raises
        ------
        DataError
            Unless bad rows are skipped.
        """
        if not self.skip:
            raise DataError(
                f"{self.name}, line {line}: {problem}",
                "mend the line, or leave such lines out with --on-error skip",
            )
        self.count += 1
        self.first = self.first or f"line {line}: {problem}"

    def notes(self) -> list[str]:
        """Return what a user should know."""
        notes = []
        if self.encoding == "latin-1":
            notes.append(f"{self.name} is not UTF-8: read as latin-1")
        if self.count:
            notes.append(
                f"{self.name}: skipped {counted(self.count, 'bad line')} (the first, {self.first})"
            )
        return notes


def read_rows(
    source: Source,
    layout: Layout,
    report: RowReport,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Row]:
    """Yield the rows of a file, without header and blank lines, with their line numbers."""
    report.encoding = _encoding_of(source)
    with source.open(progress) as content:
        text = io.TextIOWrapper(content, report.encoding, newline="")
        try:
            rows = _split_rows(text, layout, report)
            if layout.has_header:
                next(rows, None)
            yield from (row for row in rows if any(row[1]))
        finally:
            text.detach()


def _encoding_of(source: Source) -> str:
    """Return "utf-8-sig", or "latin-1" where the file is not UTF-8."""
    with source.open() as content:
        for line in content:
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return "latin-1"
    return "utf-8-sig"


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
            report.bad(number, f"its quotes are not closed as they should be ({error})")


def as_ids(texts: Sequence[str]) -> IdArray:
    """Return ids as an int64 array where all are plain numbers, else as UTF-8 bytes.

    ``0114709`` is not plain: as a number it would lose its zero.
    """
    import numpy as np

    numbers = [int(text) for text in texts if _is_plain_number(text)]
    if len(numbers) == len(texts) and all(abs(number) < 2**63 for number in numbers):
        return np.array(numbers, dtype=np.int64)
    return np.array([text.encode("utf-8") for text in texts], dtype=bytes)


def clean_id(text: str) -> str:
    """Return an id without blanks around it, and ``17.0`` as the ``17`` it was."""
    text = text.strip()
    whole = text.removesuffix(".0")
    return whole if whole.isascii() and whole.isdigit() else text


def _is_plain_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
