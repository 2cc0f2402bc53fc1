"""What notebooks show of results: tables without colors or sizes of their own.

They take the style of the notebook, light or dark, as the tables of pandas do (``dataframe``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from movierec._util import one_line

_LONGEST = 60  # rows of a table that is shown whole, as in pandas
LEFT = ' style="text-align:left"'  # notebooks set all cells flush right
_TITLE = ' style="text-align:left;white-space:nowrap"'


def text(value: object) -> str:
    """Return a value as escaped text: 3 decimals, lists with commas, movies by their titles."""
    return escape(one_line(_plain(value)))


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0e}" if 0 < abs(value) < 0.0005 else f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, Mapping) or _is_record(value):
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
    names = [name for name in columns if any(text(row[name]) for row in shown)] or columns
    cells = [[text(row[name]) for name in names] for row in shown]
    styles = [_style(name, [row[name] for row in shown]) for name in names]
    left = len(rows) - len(shown)
    more = [f"{left:,} more rows: to_frame() has them"] if left else []
    return table_of_cells([text(name) for name in names], cells, styles) + notes(more)


def _style(name: str, values: Sequence[object]) -> str:
    """Return the style of a column: numbers are flush right, and a title is in one line."""
    if all(value is None or isinstance(value, int | float) for value in values):
        return ""
    return _TITLE if name == "title" else LEFT


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


def record(values: Mapping[str, object]) -> str:
    """Return the fields of a record: facts, then a table for each field that holds records.

    Parameters
    ----------
    values : mapping of str to object
    """
    tables = {name: found for name, value in values.items() if (found := _records_in(value))}
    plain = {name: value for name, value in values.items() if name not in tables}
    parts = (
        (heading(name.replace("_", " ")) if name else "") + table(rows, list(rows[0]))
        for name, rows in tables.items()
    )
    return facts(plain) + "".join(parts)


def _records_in(value: object) -> list[dict[str, object]]:
    """Return the records in a sequence, or those that are keys, each with its value."""
    if not isinstance(value, list | tuple | dict) or not all(map(_is_record, value)):
        return []
    if isinstance(value, dict):
        return [dict(each) | {"rating": rating} for each, rating in value.items()]
    return [dict(each) for each in value]


def _is_record(value: object) -> bool:
    return hasattr(value, "field_names")
