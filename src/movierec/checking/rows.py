"""Findings on lines: those that cannot be used, encodings, files that break off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec.checking.findings import Finding, Tally
from movierec.checking.movies import MovieTable, OtherTable
from movierec.checking.ratings import RatingTable

if TYPE_CHECKING:
    from movierec.checking.source import Source

_HINT = "correct them, or leave them out: movierec fit --on-error skip, or check --fix"
# By kind of fault; the first example follows.
_FAULTS = {
    "quotes": "with open quotes",
    "fields": "with too few fields",
    "more-fields": "with too many fields",
    "id": "with an unusable id",
    "rating": "with an unusable rating",
    "high-rating": "with too high a rating",
    "late-rating": "unlike the first",
    "title": "without a title",
    "long-title": "with too long a title",
    "long-line": "of too many characters",
    "genome": "with an unusable number",
}


def row_findings(table: RatingTable | MovieTable | OtherTable) -> Iterator[Finding]:
    """Yield what is wrong with the lines of a table.

    Parameters
    ----------
    table : RatingTable, MovieTable or OtherTable
    """
    source = table.source
    yield from _of_file(source)
    for kind, tally in source.faults.items():
        message = f"{tally.of('line')} {_FAULTS[kind]}: {tally.example}"
        yield from tally.finding("error", f"bad-{kind}", source.name, message, _HINT)
    if isinstance(table, MovieTable):
        yield from _of_movies(table)


def _of_file(source: Source) -> Iterator[Finding]:
    if source.broken is not None:
        hint = source.broken.hint or ""
        broken = Tally(1)
        yield from broken.finding("error", "broken-file", source.name, str(source.broken), hint)
    lines = source.not_utf_8
    message = f"{lines.of('line')} that {lines.be} not UTF-8: the file is read as latin-1"
    hint = "save it as UTF-8, or check that its titles look right"
    yield from lines.finding("warning", "encoding", source.name, message, hint)


def _of_movies(table: MovieTable) -> Iterator[Finding]:
    name, lines = table.source.name, table.too_long
    message = f"{lines.of('line')} with more fields than the header, as of {lines.example}"
    hint = "put quotes around titles that hold the separator; what comes after it is cut off"
    yield from lines.finding("warning", "cut-title", name, message, hint)
    lines = table.unprintable
    message = f"{lines.of('title')} with characters that are not printable: {lines.example}"
    hint = "they are read as spaces"
    yield from lines.finding("note", "unprintable", name, message, hint)
