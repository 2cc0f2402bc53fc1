"""Text tables: CSV and what is like it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from movierec.data.formats.blocks import read_blocks
from movierec.data.formats.content import Content
from movierec.data.formats.layout import ML100K_FIRST_FLAG, Layout, recognize
from movierec.data.formats.rows import read_rows
from movierec.data.report import RowReport, Unit
from movierec.data.table import Batch, Done, Row

# MovieLens 100K marks genres by a flag each, in this order.
_ML100K_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_TITLE_BEFORE_LAST = {"item": 0, "title": 1, "genres": 2}


@dataclass(frozen=True)
class TextTable:
    """A text file as a table; see :class:`movierec.data.table.Table`.

    What it holds is recognized when it is first asked; a `DataError` says if it is not text.

    Attributes
    ----------
    content : Content
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`.
    """

    content: Content
    named: Mapping[str, str] = field(default_factory=dict, hash=False)
    unit: ClassVar[Unit] = "line"

    @cached_property
    def layout(self) -> Layout:
        """How it is laid out."""
        return recognize(self.content, self.named)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.content.name

    @property
    def kind(self) -> str:
        """What it holds."""
        return self.layout.kind

    @property
    def columns(self) -> Mapping[str, int]:
        """Position of each column that is known."""
        return self.layout.columns

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns, if the file has them."""
        return self.layout.first_line if self.layout.has_header else ()

    @property
    def description(self) -> str:
        """How it was read."""
        return self.layout.description

    def describe_header(self) -> str:
        """Return the first line in words."""
        return f"its first line is: {', '.join(self.layout.first_line[:8])[:120]}"

    def batches(self, types: Mapping[str, Any], progress: Done | None = None) -> Iterator[Batch]:
        """Yield columns; see :func:`movierec.data.formats.blocks.read_blocks`."""
        return read_blocks(self.content, self.layout, types, progress)

    def rows(self, report: RowReport, progress: Done | None = None) -> Iterator[Row]:
        """Yield rows; see :func:`movierec.data.formats.rows.read_rows`."""
        rows = read_rows(self.content, self.layout, report, progress)
        arrange = _arrange(self.layout)
        return rows if arrange is None else ((line, arrange(fields)) for line, fields in rows)


def _arrange(layout: Layout) -> Callable[[Sequence[str]], Sequence[str]] | None:
    """Return what brings the fields of a row to the positions of the columns, if anything must."""
    if layout.has_genre_flags:
        return _without_flags
    if layout.separator == "::" and layout.columns == _TITLE_BEFORE_LAST:
        return _with_whole_title
    return None


def _without_flags(fields: Sequence[str]) -> Sequence[str]:
    """Replace the flags of genres by their names."""
    flags = fields[ML100K_FIRST_FLAG:]
    if len(fields) < 2:
        return fields
    genres = [genre for genre, flag in zip(_ML100K_GENRES, flags, strict=False) if flag == "1"]
    padding = [""] * max(ML100K_FIRST_FLAG - len(fields), 0)
    return [*fields[:ML100K_FIRST_FLAG], *padding, "|".join(genres)]


def _with_whole_title(fields: Sequence[str]) -> Sequence[str]:
    """Join the parts of a title that holds the separator: it has all but the ends of a row."""
    if len(fields) <= 3:
        return fields
    return [fields[0], "::".join(fields[1:-1]), fields[-1]]
