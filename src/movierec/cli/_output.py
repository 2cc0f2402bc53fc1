"""Print results on stdout in each format. Of the commands, only this module uses rich."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from movierec import _progress
from movierec._util import csv_cell, no_progress, one_line, printable
from movierec.films.names import split_year

if TYPE_CHECKING:
    from rich.console import Console

    from movierec.cli._options import OutputOptions

_UNLIMITED = 100_000  # columns: piped output is never cut or wrapped
_GAP, _SHORTEST = 2, 8  # columns between cells, and the least of a shortened cell
_BAR = 30  # columns of the longest bar


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    MD = "md"


class Column(NamedTuple):
    """A column of a printed table.

    Attributes
    ----------
    header : str
    text : callable
        Returns the cell of a row.
    style : str
        A rich style.
    is_number : bool
        Whether the column is right-aligned.
    shrinks : int
        On a narrow terminal, columns with a higher number are shortened first; those with 0 never.
    wraps : bool
        Whether a long cell has several lines.
    drops : int
        If a terminal is too narrow for all columns, those with a higher number are left out first;
        those with 0 never.
    """

    header: str
    text: Callable[[Mapping[str, Any]], str]
    style: str = ""
    is_number: bool = False
    shrinks: int = 0
    wraps: bool = False
    drops: int = 0


def print_list(
    output: OutputOptions,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    title: str,
    document: Any,
) -> None:
    """Print rows for people (`columns` under a `title`) or for programs (every field).

    Parameters
    ----------
    output : OutputOptions
    rows : sequence of mapping
        JSON values.
    columns : sequence of Column
        For tables, Markdown included.
    title : str
        Printed above a table.
    document : object
        Printed instead of the rows as JSON.
    """
    form = output.format
    if form is Format.TABLE:
        if rows:
            shown = [column for column in columns if not _is_twice(column, rows)]
            print_table(rows, shown if sys.stdout.isatty() else columns, title)
    elif form is Format.JSON:
        print_json(document)
    elif form is Format.MD:
        _print_markdown(rows, columns)
    elif form is Format.JSONL:
        for row in rows:
            print(_json(row))
    else:
        _print_separated(rows, "," if form is Format.CSV else "\t", safe=output.safe_csv)


def _is_twice(column: Column, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a column has the years that the titles have too."""
    return column.header == "year" and all(
        row["year"] is None or split_year(row["title"])[1] for row in rows
    )


def print_json(document: Any) -> None:
    """Print a document as JSON."""
    print(_json(document, indent=2))


def _json(document: Any, indent: int | None = None) -> str:
    """Return JSON that escapes all characters that are not printable, as programs need the text."""
    lines = json.dumps(document, ensure_ascii=False, indent=indent).split("\n")
    return "\n".join(line if line.isprintable() else _escaped(line) for line in lines)


def _escaped(text: str) -> str:
    def escape(char: str) -> str:
        digits = char.encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{digits[at : at + 4]}" for at in range(0, len(digits), 4))

    return "".join(char if char.isprintable() else escape(char) for char in text)


def print_text(text: str) -> None:
    """Print a line."""
    print(printable(text))


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], title: str) -> None:
    """Print a rich table.

    Cells are `Text`, not strings: as markup, a title such as ``[REC]`` would vanish.

    Parameters
    ----------
    rows : sequence of mapping
    columns : sequence of Column
        Their headers are left out if all of them are empty.
    title : str
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    has_header = any(column.header for column in columns)
    out = console()
    columns = _that_fit(columns, rows, out.width)
    texts = [[one_line(column.text(row)) for row in rows] for column in columns]
    widths = _widths(columns, texts, out.width)
    table = Table(box=box.SIMPLE_HEAD, show_header=has_header, padding=(0, 1, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(one_line(column.header), no_wrap=False),
            style=column.style,
            justify="right" if column.is_number else "left",
            no_wrap=not column.wraps,
            max_width=width,
        )
    for cells in zip(*texts, strict=True):
        table.add_row(*map(Text, cells))
    out.print(Text(one_line(title), style="bold"))
    out.print(table)


def _that_fit(
    columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], available: int
) -> Sequence[Column]:
    """Leave out columns that may be dropped, one by one, until the others fit."""
    texts = [[one_line(column.text(row)) for row in rows] for column in columns]
    is_fit = sum(_widths(columns, texts, available)) + _GAP * len(columns) + 1 <= available
    least = max(columns, key=lambda column: column.drops)
    if is_fit or not least.drops:
        return columns
    return _that_fit([column for column in columns if column is not least], rows, available)


def _widths(columns: Sequence[Column], texts: Sequence[Sequence[str]], available: int) -> list[int]:
    """Return the width of each column, so that every row is one line of a terminal.

    First the headers of numbers are wrapped, then cells are cut, but never numbers.
    """
    from rich.cells import cell_len

    cells = [max(map(cell_len, column), default=0) for column in texts]
    headers = [cell_len(column.header) for column in columns]
    widths = [max(pair) for pair in zip(cells, headers, strict=True)]
    excess = sum(widths) + _GAP * len(widths) + 1 - available  # with the edges of the table
    order = sorted(range(len(columns)), key=lambda at: -columns[at].shrinks)
    for at in sorted(order, key=lambda at: not columns[at].is_number):
        least = _SHORTEST if columns[at].shrinks else widths[at]
        if columns[at].is_number:
            least = max(cells[at], *map(cell_len, columns[at].header.split() or [""]))
        cut = max(min(excess, widths[at] - least), 0)
        widths[at], excess = widths[at] - cut, excess - cut
    return widths


def print_pairs(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Print names with their values.

    Parameters
    ----------
    title : str
    pairs : iterable of tuple of str
    """
    rows = [{"name": name, "value": value} for name, value in pairs]
    columns = (
        Column("", lambda row: row["name"], "dim"),
        Column("", lambda row: row["value"], wraps=True),
    )
    print_table(rows, columns, title)


def console() -> Console:
    """Return a console for stdout: as wide as the terminal, or unlimited if it is piped."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _UNLIMITED
    return Console(width=width, markup=False, emoji=False, highlight=False)


def bar(value: float, longest: float) -> str:
    """Return a bar of block characters; any value above 0 is visible.

    Parameters
    ----------
    value : float
    longest : float
        The value of the longest bar.
    """
    eighths = round(8 * _BAR * value / longest) if longest else 0
    eighths = max(eighths, 1 if value > 0 else 0)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _print_separated(rows: Sequence[Mapping[str, Any]], separator: str, *, safe: bool) -> None:
    import csv

    writer = csv.writer(sys.stdout, delimiter=separator, lineterminator="\n")
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(row.keys())
        writer.writerow(csv_cell(value, safe=safe) for value in row.values())


def _print_markdown(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    print_text(_markdown_row(column.header for column in columns))
    print_text(_markdown_row("--:" if column.is_number else "---" for column in columns))
    for row in rows:
        print_text(_markdown_row(column.text(row) for column in columns))


def _markdown_row(cells: Iterable[str]) -> str:
    escaped = (cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Show the progress of a long command on stderr, if that is a terminal."""
    with nullcontext(no_progress) if quiet else _progress.progress_bar() as progress:
        yield progress
