"""Pieces of files, which tasks read by themselves: from any address, and without Java.

Parquet is divided at its row groups, text at line breaks. What is compressed is one piece.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, TYPE_CHECKING

from movierec.data.formats.columnar import ColumnarTable, opened
from movierec.data.formats.content import Content, unreadable
from movierec.data.formats.layout import Layout
from movierec.data.formats.text import TextTable
from movierec.data.sources.frames import frame_table
from movierec.errors import DataError

if TYPE_CHECKING:
    from movierec.data.table import Table

_ROWS = 1_000_000  # of a piece, unless a row group has more
_BYTES = 1 << 26  # of a piece of text
_BLOCK = 1 << 23  # bytes of text that are parsed at once
_BUFFER = 1 << 20  # bytes
_LONGEST_LINE = 1 << 23  # bytes
_MOST_PARTS = 1000  # whose row groups the driver lists; of more, each is one piece
_PER_PART = 1 << 40  # rows, more than any file has


@dataclass(frozen=True)
class TextPiece:
    """The lines that begin in a part of a text file.

    Attributes
    ----------
    content : Content
    layout : Layout
    start : int
        The position in bytes.
    stop : int, optional
        Default: all lines, of a file that may be compressed.
    """

    content: Content
    layout: Layout
    start: int = 0
    stop: int | None = None

    def tables(self) -> Iterator[tuple[int, Table]]:
        """Yield some lines at a time as a table, with what comes before the number of later ones.

        Raises
        ------
        DataError
            If the file cannot be read.
        """
        for start, lines in self._blocks():
            content = Content(self.content.name, len(lines), partial(io.BytesIO, lines))
            has_header = self.layout.has_header and start == 0
            yield start, text_table(content, replace(self.layout, has_header=has_header))

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield blocks of whole lines, each with its position."""
        with self._opened() as stored:
            start = self.start
            if start:  # a line that begins before belongs to another piece
                stored.seek(start - 1)
                start += len(self._rest_of_line(stored)) - 1
            while self.stop is None or start < self.stop:
                size = _BLOCK if self.stop is None else min(_BLOCK, self.stop - start)
                block = stored.read(size)
                if not block:
                    return
                if not block.endswith(b"\n"):
                    block += self._rest_of_line(stored)
                yield start, block
                start += len(block)

    def _rest_of_line(self, stored: IO[bytes]) -> bytes:
        line = stored.readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE:
            problem = f"{self.content.name} has a line of more than {_LONGEST_LINE:,} bytes"
            raise DataError(problem, "is it the right file?")
        return line

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if self.stop is None:
            with self.content.open() as unpacked:
                yield unpacked
            return
        try:
            with self.content.opener() as stored:
                is_raw = isinstance(stored, io.RawIOBase)
                yield io.BufferedReader(stored, _BUFFER) if is_raw else stored  # type: ignore[type-var]
        except OSError as error:
            raise unreadable(self.content.name, error) from error


@dataclass(frozen=True)
class ColumnarPiece:
    """Some row groups of a Parquet file, or all rows of a columnar file.

    Attributes
    ----------
    content : Content
    table : ColumnarTable
        Of which the file is a part.
    place : int
        The number of the first row, or one that is between those of other pieces.
    groups : tuple of int, optional
        The row groups. Default: all rows.
    """

    content: Content
    table: ColumnarTable
    place: int
    groups: tuple[int, ...] | None = None

    def tables(self) -> Iterator[tuple[int, Table]]:
        """Yield some rows at a time as a table, with the number of the first one.

        Raises
        ------
        DataError
            If the file cannot be read, or has other columns than the table.
        """
        named = names_of(self.table)
        place = self.place
        with opened(self.content) as file:
            self.table.check(self.content, file.header)
            for _, rows in file.batches([*named.values()], self.groups):
                yield place, frame_table(rows, "ratings", named)
                place += len(rows)


Piece = TextPiece | ColumnarPiece


def names_of(table: Table) -> Mapping[str, str]:
    """Return what a table calls the columns that are known."""
    return {name: table.header[position] for name, position in table.columns.items()}


def text_table(content: Content, layout: Layout) -> TextTable:
    """Return a part of a text file as a table, whose layout is known.

    Parameters
    ----------
    content : Content
    layout : Layout
    """
    table = TextTable(content)
    vars(table)["layout"] = layout  # instead of recognizing it from these lines
    return table


def contents_of(table: Table) -> tuple[Content, ...]:
    """Return the files of a table that other processes can read; none for other tables.

    Parameters
    ----------
    table : Table
    """
    contents: tuple[Content, ...] = ()
    if isinstance(table, TextTable):
        contents = (table.content,)
    elif isinstance(table, ColumnarTable):
        contents = table.contents
    return contents if all(content.part_opener for content in contents) else ()


def pieces_of(table: Table) -> list[Piece]:
    """Divide the files of a table.

    Parameters
    ----------
    table : TextTable or ColumnarTable
        With files that other processes can read.

    Raises
    ------
    DataError
        If a file cannot be read, or has other columns than the others.
    """
    contents = [content.in_parts() for content in contents_of(table)]
    if isinstance(table, TextTable):
        return [*_text_pieces(contents[0], table.layout)]
    assert isinstance(table, ColumnarTable)
    return [*_columnar_pieces(table, contents)]


def _text_pieces(content: Content, layout: Layout) -> Iterator[TextPiece]:
    if content.is_compressed:
        yield TextPiece(content, layout)
        return
    for start in range(0, content.size, _BYTES):
        yield TextPiece(content, layout, start, min(start + _BYTES, content.size))


def _columnar_pieces(table: ColumnarTable, contents: Sequence[Content]) -> Iterator[ColumnarPiece]:
    known = replace(table, contents=(contents[0],))
    vars(known)["header"] = table.header  # instead of reading it again
    for number, content in enumerate(contents):
        place = number * _PER_PART
        row_groups = _row_groups(table, content) if len(contents) <= _MOST_PARTS else []
        if not row_groups:
            yield ColumnarPiece(content, known, place)
        held: list[int] = []
        n_rows = 0
        for group, its_rows in enumerate(row_groups):
            held.append(group)
            n_rows += its_rows
            if n_rows >= _ROWS or group == len(row_groups) - 1:
                yield ColumnarPiece(content, known, place, tuple(held))
                place, held, n_rows = place + n_rows, [], 0


def _row_groups(table: ColumnarTable, content: Content) -> list[int]:
    """Return the numbers of rows of the row groups of a file; none if it is one piece."""
    if content.is_compressed:
        return []
    with opened(content) as file:
        table.check(content, file.header)
        return file.row_groups
