"""Tables of a report, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isfinite
from typing import Any

from movierec._util import one_line


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table that sorts by a click.

    Parameters
    ----------
    header : sequence of str
        Heads of columns of text begin with "<".
    rows : sequence of sequence of str
        Cells, from :func:`word`, :func:`number` or :func:`p_value`.
    """
    head = "".join(
        f'<th class="text">{text(name[1:])}</th>' if name[:1] == "<" else f"<th>{text(name)}</th>"
        for name in header
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    whole = f'<table class="sorts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wide" tabindex="0">{whole}</div>'


def pairs_of_values(values: Mapping[str, Any]) -> str:
    """Return a table of names and values."""
    rows = "".join(
        f'<tr><td>{text(name)}</td><td class="text value">{text(value)}</td></tr>'
        for name, value in values.items()
    )
    return f'<div class="wide"><table><tbody>{rows}</tbody></table></div>'


def details(summary: str, content: str) -> str:
    """Return content that a click shows, and that is printed."""
    return f"<details><summary>{summary}</summary>{content}</details>"


def number(value: float | None, digits: int) -> str:
    """Return the cell of a number, which may be missing."""
    if value is None:
        return '<td data-value=""></td>'
    return f'<td data-value="{value!r}">{value:.{digits}f}</td>'


def ends(bounds: tuple[float, float]) -> tuple[float, float] | None:
    """Return the ends of an interval, or None if it is endless: one person shows no scatter."""
    return bounds if all(map(isfinite, bounds)) else None


def interval(bounds: tuple[float, float], digits: int = 4) -> str:
    """Return the cell of an interval, which sorts by its lower end."""
    if ends(bounds) is None:
        return number(None, digits)
    low, high = bounds
    return f'<td data-value="{low!r}">{low:z.{digits}f} to {high:z.{digits}f}</td>'


def p_value(p: float) -> str:
    """Return the cell of a p-value."""
    shown = f"{p:.4f}" if p >= 0.0001 else "< 0.0001"
    return f'<td data-value="{p!r}">{text(shown)}</td>'


def word(content: str, mark: str = "", *, is_text: bool = True) -> str:
    """Return the cell of a word; what is marked "best" stands out."""
    names = (["text"] if is_text else []) + (["best"] if mark == "best" else [])
    style = f' class="{" ".join(names)}"' if names else ""
    return f"<td{style}>{text(content)}</td>"


def text(value: object) -> str:
    """Return a value as one line of HTML."""
    return escape(one_line(str(value)))
