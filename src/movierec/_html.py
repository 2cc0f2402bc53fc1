"""What notebooks show of results: tables without colors or sizes of their own, and pictures.

Tables take the style of the notebook, light or dark, as the tables of pandas do (``dataframe``).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from movierec._util import one_line

_LONGEST = 60  # rows of a table that is shown whole, as in pandas
LEFT = ' style="text-align:left"'  # notebooks set all cells flush right
_TITLE = ' style="text-align:left;white-space:nowrap"'
_LONG = 24  # letters, of which a narrow column would make many lines
_SENTENCE = ' style="text-align:left;min-width:16em"'
# Notebooks make images as narrow as their column, center them and set margins.
_IMAGE = "display:inline-block;margin:0;max-width:none"
_PICTURE = ' style="padding:2px"'


@dataclass(frozen=True)
class Picture:
    """A drawing, two wide and three high, made when it is shown: of a long list, few are.

    Attributes
    ----------
    draw : callable
        Returns SVG, which may hold text of others: in an image, it can run and load nothing.
    height : int
        In pixels.
    """

    draw: Callable[[], str]
    height: int

    def html(self) -> str:
        """Return an image without a text of its own, because its title stands beside it."""
        data = base64.b64encode(self.draw().encode()).decode("ascii")
        return (
            f'<img src="data:image/svg+xml;base64,{data}" alt="" '
            f'width="{self.height * 2 // 3}" height="{self.height}" style="{_IMAGE}"/>'
        )


def text(value: object) -> str:
    """Return a value as escaped text: 3 decimals, lists with commas, movies by their titles."""
    return value.html() if isinstance(value, Picture) else escape(one_line(_plain(value)))


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0e}" if 0 < abs(value) < 0.0005 else f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, Mapping) or hasattr(value, "field_names"):
        values = dict(value)  # type: ignore[call-overload]  # a record converts to a dict
        items = (f"{_key(name)}: {_plain(each)}" for name, each in values.items())
        return str(values.get("title") or ", ".join(items))
    shape = getattr(value, "shape", None)
    return str("" if value is None else value if shape is None else f"array of shape {shape}")


def _key(name: object) -> str:
    return f"{name:g}" if isinstance(name, float) else str(name)


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return a table without blank columns; of a long one the first 60 rows, and how many more.

    Parameters
    ----------
    rows : sequence of mapping of str to object
    columns : sequence of str
    """
    shown = rows[:_LONGEST]
    cells = {name: [text(row[name]) for row in shown] for name in columns}
    names = [name for name in columns if any(cells[name])] or columns
    styles = [_style(name, [row[name] for row in shown], cells[name]) for name in names]
    left = len(rows) - len(shown)
    more = [f"{left:,} more rows: to_frame() has them"] if left else []
    lines = zip(*(cells[name] for name in names), strict=True)
    return table_of_cells([text(name) for name in names], lines, styles) + notes(more)


def _style(name: str, values: Sequence[object], cells: Sequence[str]) -> str:
    """Return the style of a column: numbers are flush right, and a title is in one line."""
    if all(value is None or isinstance(value, int | float) for value in values):
        return ""
    if any(isinstance(value, Picture) for value in values):
        return _PICTURE
    if name == "title":
        return _TITLE
    return _SENTENCE if max(map(len, cells)) > _LONG else LEFT


def table_of_cells(
    header: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str]
) -> str:
    """Return a table of HTML.

    Parameters
    ----------
    header : sequence of str
        Escaped.
    rows : iterable of sequence of str
        Escaped.
    styles : sequence of str
        An attribute for the cells of each column: `LEFT` for text, blank for numbers.
    """
    head = _row("th", header, styles)
    body = "".join(_row("td", row, styles) for row in rows)
    return (
        '<div style="overflow-x:auto"><table border="1" class="dataframe">'
        f"<thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


def _row(tag: str, cells: Sequence[str], styles: Sequence[str]) -> str:
    pairs = zip(cells, styles, strict=True)
    return f"<tr>{''.join(f'<{tag}{style}>{cell}</{tag}>' for cell, style in pairs)}</tr>"


def facts(values: Mapping[str, object]) -> str:
    """Return a table with a row for each name and value that is not blank."""
    rows = "".join(
        f"<tr><th{LEFT}>{text(name)}</th><td{LEFT}>{shown}</td></tr>"
        for name, value in values.items()
        if (shown := text(value))
    )
    return f'<table border="1" class="dataframe"><tbody>{rows}</tbody></table>' if rows else ""


def notes(lines: Iterable[str]) -> str:
    """Return a paragraph for each line."""
    return "".join(f'<p style="margin:.4em 0">{text(line)}</p>' for line in lines)


def heading(words: str) -> str:
    """Return a small heading."""
    return f'<p style="margin:.8em 0 .3em"><b>{text(words)}</b></p>'


def pictures(shown: Sequence[Picture]) -> str:
    """Return pictures side by side."""
    return f'<div style="margin:.4em 0">{" ".join(map(text, shown))}</div>' if shown else ""
