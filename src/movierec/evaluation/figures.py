"""Figures of a report, as SVG: dots with intervals, points, and lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import count
from math import floor
from typing import NamedTuple

_WIDTH, _ROW, _RIGHT, _TOP, _BOTTOM = 560, 24, 140, 12, 40
_NAMES, _LEFT = 145, 60  # left of the axis: names, or numbers
_HEIGHT = 260
_COLORS = 5
_SHORT = 8  # letters
_BASELINES = ("random", "popular")


class Dot(NamedTuple):
    """A named value with an interval.

    Attributes
    ----------
    name : str
    value, low, high : float
    mark : {"best", "tied", ""}
    """

    name: str
    value: float
    low: float
    high: float
    mark: str


def dots(rows: Sequence[Dot], label: str, *, from_zero: bool = True) -> str:
    """Return a figure with a line for each value.

    Parameters
    ----------
    rows : sequence of Dot
        From the top down.
    label : str
        What the values are.
    from_zero : bool
        Whether the axis begins at 0, or near the lowest value.
    """
    height = _TOP + _ROW * len(rows) + _BOTTOM
    least = 0 if from_zero else min(row.low for row in rows)
    ticks = _ticks(least, max(row.high for row in rows))
    parts = [_vertical(tick, ticks, height, _NAMES) for tick in ticks]
    for number, row in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        style = "s0" if row.mark else "s5"
        fill = " hollow" if row.mark == "tied" else ""
        low, high, at = (_x(each, ticks, _NAMES) for each in (row.low, row.high, row.value))
        parts += [
            f'<text x="{_NAMES - 10}" y="{y + 4:.1f}" text-anchor="end">{_name(row.name)}</text>',
            f'<line class="{style}" stroke-width="2" x1="{low:.1f}" x2="{high:.1f}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<circle class="{style}{fill}" cx="{at:.1f}" cy="{y:.1f}" r="5"/>',
            f'<text class="quiet" x="{_WIDTH - _RIGHT + 12}" y="{y + 4:.1f}">{row.value:.4f} '
            f"{row.mark}</text>",
        ]
    return _svg(height, label, parts)


def points(places: Mapping[str, tuple[float, float]], across: str, up: str) -> str:
    """Return a figure with a named point for each place.

    Parameters
    ----------
    places : mapping of str to tuple of float
        The values of each name, across and up.
    across, up : str
        What these are.
    """
    wide = _ticks(0, max(x for x, _ in places.values()))
    high = _ticks(0, max(y for _, y in places.values()))
    parts = [_vertical(tick, wide, _HEIGHT) for tick in wide]
    parts += [_horizontal(tick, high) for tick in high]
    names = _apart({name: _y(y, high) for name, (_, y) in places.items()})
    styles = _styles(places)
    for name, (x, y) in places.items():
        style, at = styles[name], _x(x, wide)
        parts += [
            f'<circle class="{style}" cx="{at:.1f}" cy="{_y(y, high):.1f}" r="5"/>',
            f'<text class="{style}" x="{at + 9:.1f}" y="{names[name] + 4:.1f}">'
            f"{_name(name)}</text>",
        ]
    return _svg(_HEIGHT, f"{up} (up) and {across} (across)", parts)


def lines(
    columns: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    up: str,
    bars: Mapping[str, Sequence[tuple[float, float] | None]] | None = None,
    *,
    from_zero: bool = True,
) -> str:
    """Return a figure with a line for each name.

    Parameters
    ----------
    columns : sequence of str
        What each value belongs to, from left to right.
    series : mapping of str to sequence of float or None
    up : str
        What the values are.
    bars : mapping of str to sequence of tuple of float, optional
        The interval of each value.
    from_zero : bool
        Whether the axis begins at 0, or near the lowest value.
    """
    bars = bars or {}
    known = [value for each in series.values() for value in each if value is not None]
    known += [end for each in bars.values() for ends in filter(None, each) for end in ends]
    ticks = _ticks(0 if from_zero else min(known, default=0), max(known, default=0))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(columns) - 1, 1)
    parts = [_horizontal(tick, ticks) for tick in ticks]
    lower = 15 if max(map(len, columns)) > _SHORT else 0  # long names in two rows
    parts += [
        f'<text class="quiet" text-anchor="middle" x="{_LEFT + step * at:.1f}" '
        f'y="{_HEIGHT - _BOTTOM + 18 + lower * (at % 2)}">{_name(column)}</text>'
        for at, column in enumerate(columns)
    ]
    last = {name: ticks[0] if each[-1] is None else each[-1] for name, each in series.items()}
    places = _apart({name: _y(value, ticks) for name, value in last.items()})
    styles = _styles(series)
    for name, each in series.items():
        style = styles[name]
        spots = [
            f"{_LEFT + step * at:.1f},{_y(value, ticks):.1f}"
            for at, value in enumerate(each)
            if value is not None
        ]
        parts += [
            f'<polyline class="{style}" points="{" ".join(spots)}"/>',
            f'<text class="{style}" x="{_WIDTH - _RIGHT + 14}" y="{places[name] + 4:.1f}">'
            f"{_name(name)}</text>",
        ]
    for number, (name, intervals) in enumerate(bars.items()):
        aside = 3 * (number - (len(bars) - 1) / 2)  # so that bars lie beside each other
        parts += [
            _bar(_LEFT + step * at + aside, between, ticks, styles[name])
            for at, between in enumerate(intervals)
            if between is not None
        ]
    return _svg(_HEIGHT, up, parts)


def _bar(x: float, between: tuple[float, float], ticks: Sequence[float], style: str) -> str:
    low, high = (_y(value, ticks) for value in between)
    return f'<line class="{style}" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'


def _styles(names: Iterable[str]) -> dict[str, str]:
    """Return the classes of each name: gray for baselines; others in turn, then dashed."""
    others = [name for name in names if name not in _BASELINES]
    styles = {
        name: f"s{number % _COLORS}" + (" again" if number >= _COLORS else "")
        for number, name in enumerate(others)
    }
    return dict.fromkeys(_BASELINES, f"s{_COLORS}") | styles


def _svg(height: float, label: str, parts: Sequence[str]) -> str:
    title = escape(label)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )


def _ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers, from at most `low` to at least `high`."""
    span = max(high - low, 1e-6)
    power = 10.0 ** next(n for n in range(-9, 12) if 10.0**n * 10 >= span)
    factors = (0.2, 0.25, 0.5, 1, 2, 2.5, 5)
    step = next(power * factor for factor in factors if power * factor * 5 >= span)
    first = floor(low / step + 1e-9)
    last = next(n for n in count(first + 1) if step * n >= low + span - 1e-12)
    return [step * number for number in range(first, last + 1)]


def _x(value: float, ticks: Sequence[float], left: float = _LEFT) -> float:
    return left + (_WIDTH - left - _RIGHT) * _share(value, ticks)


def _y(value: float, ticks: Sequence[float]) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * _share(value, ticks)


def _share(value: float, ticks: Sequence[float]) -> float:
    return (value - ticks[0]) / (ticks[-1] - ticks[0])


def _vertical(tick: float, ticks: Sequence[float], height: float, left: float = _LEFT) -> str:
    x, bottom = _x(tick, ticks, left), height - _BOTTOM
    return (
        f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom:.1f}"/>'
        f'<text class="quiet" text-anchor="middle" x="{x:.1f}" y="{bottom + 18:.1f}">'
        f"{_number(tick, ticks)}</text>"
    )


def _horizontal(tick: float, ticks: Sequence[float]) -> str:
    y = _y(tick, ticks)
    return (
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="quiet" text-anchor="end" x="{_LEFT - 8}" y="{y + 4:.1f}">'
        f"{_number(tick, ticks)}</text>"
    )


def _number(tick: float, ticks: Sequence[float]) -> str:
    """Return a tick with as many digits as the others."""
    digits = max(len(f"{each:.9f}".rstrip("0").partition(".")[2]) for each in ticks)
    return f"{tick:.{digits}f}" if tick else "0"


def _apart(places: Mapping[str, float], least: float = 17) -> dict[str, float]:
    """Return places of names, moved down as far as they would overlap."""
    found, before = {}, float("-inf")
    for name, place in sorted(places.items(), key=lambda pair: pair[1]):
        before = found[name] = max(place, before + least)
    beyond = max(before - (_HEIGHT - _BOTTOM), 0) if found else 0
    return {name: place - beyond for name, place in found.items()}


def _name(text: str, longest: int = 17) -> str:
    """Return a name that is not too long; of ``package.module:Class``, the end tells most."""
    if len(text) > longest:
        text = f"…{text[1 - longest :]}" if ":" in text else f"{text[: longest - 1]}…"
    return escape(text)
