"""The charts over time of the stats page: columns beside each other, with marks of both axes.

All places are in percent of the chart, whose text therefore keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from movierec._util import pluralize

_TOP, _BOTTOM = 10.0, 86.0  # between which the columns stand
_WIDEST = 6.0  # of a column, where there are few
_GAP = 0.2  # share of the room of a column that is left empty
_MOST_COLUMNS = 200  # a mistyped year would make all others too thin to see
_MOST_TICKS = 6  # so that their labels have room on a phone
_STEPS = (1, 2, 5, 10, 20, 50)


class Mark(NamedTuple):
    """A label of an axis.

    Attributes
    ----------
    at : float
    label : str
    """

    at: float
    label: str


class Column(NamedTuple):
    """A column, and the figures that it stands for.

    Attributes
    ----------
    left, top, width, height : float
    label : str
    n_ratings : int
    note : str
    """

    left: float
    top: float
    width: float
    height: float
    label: str
    n_ratings: int
    note: str


class Timeline(NamedTuple):
    """A chart over time.

    Attributes
    ----------
    caption, summary : str
    columns : list of Column
    lines, ticks : list of Mark
        Of the height and of the width.
    """

    caption: str
    summary: str
    columns: list[Column]
    lines: list[Mark]
    ticks: list[Mark]


def timelines_of(found: Mapping[str, Any]) -> list[Timeline]:
    """Return ratings by the year of the movie and by when they were given, where that is known.

    Parameters
    ----------
    found : mapping
        See :meth:`movierec.Recommender.stats`.
    """
    made = {row["year"]: row for row in found["years"]["by_year"] if row["ratings"]}
    given, name = _by_place(found["activity"] or [])
    charts = (
        (made, "Ratings by year of the movie", "are of movies of", str),
        (given, "Ratings over time", "were given in", name),
    )
    return [_timeline(*chart) for chart in charts if len(chart[0]) > 1]


def _by_place(
    rows: list[dict[str, Any]],
) -> tuple[dict[int, dict[str, Any]], Callable[[int], str]]:
    """Return rows by month or by year, as whole numbers, and the function that names these."""
    if any(row["month"] for row in rows):
        months = {row["year"] * 12 + row["month"] - 1: row for row in rows}
        return months, lambda place: f"{place // 12}-{place % 12 + 1:02d}"
    return {row["year"]: row for row in rows}, str


def _timeline(
    rows: Mapping[int, Mapping[str, Any]], caption: str, verb: str, name: Callable[[int], str]
) -> Timeline:
    last = max(rows)
    first = max(min(rows), last - _MOST_COLUMNS + 1)
    most = max(range(first, last + 1), key=lambda place: _count(rows, place))
    top = _count(rows, most)
    room = min(100 / (last - first + 1), _WIDEST)
    columns = [
        _column(room * (place - first), room, _count(rows, place) / top, name(place), rows[place])
        for place in range(first, last + 1)
        if place in rows
    ]
    return Timeline(
        caption,
        f"Most, {_count(rows, most):,}, {verb} {name(most)}.",
        columns,
        [Mark(round(_height(number / top), 3), f"{number:,}") for number in _lines(top)],
        [
            Mark(round(room * (place - first + 0.5), 3), name(place))
            for place in _ticks(first, last)
        ],
    )


def _count(rows: Mapping[int, Mapping[str, Any]], place: int) -> int:
    return int(rows[place]["ratings"]) if place in rows else 0


def _column(left: float, room: float, share: float, label: str, row: Mapping[str, Any]) -> Column:
    top = _height(share)
    note = pluralize(row["films"], "movie") if "films" in row else ""
    if row.get("mean_rating") is not None:
        note += f", mean {row['mean_rating']:.2f}"
    return Column(
        round(left + room * _GAP / 2, 3),
        round(top, 3),
        round(room * (1 - _GAP), 3),
        round(_BOTTOM - top, 3),
        label,
        row["ratings"],
        note,
    )


def _height(share: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * share


def _lines(top: int) -> range:
    """Return one to four numbers up to a count that are short to write."""
    power = int(10 ** (len(str(top)) - 1))
    step = next(step for step in (power // 2, power, 2 * power) if step and top // step <= 4)
    return range(step, top + 1, step)


def _ticks(first: int, last: int) -> range:
    step = next((step for step in _STEPS if (last - first) // step < _MOST_TICKS), _STEPS[-1])
    return range(-(-first // step) * step, last + 1, step)
