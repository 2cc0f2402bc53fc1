"""The map as a picture: SVG for the page without JavaScript, and a plot for papers."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from movierec.maps.palette import color, main_genres

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from movierec.maps.document import Document

_SIZE = 1000  # of the SVG
_INCHES = 8
_GROUND = {False: "#faf6ef", True: "#15110e"}
_INK = {False: "#221c17", True: "#f3ece3"}
_LETTERS = {0: 24, 1: 15}  # sizes of names by level, of 1000
_N_LEGEND = 12


class _Label(NamedTuple):
    """A name on the picture, where it covers no other."""

    name: str
    x: float
    y: float
    size: int


def draw_svg(document: Document, *, dark: bool) -> str:
    """Return the map as SVG, without scripts or styles.

    Parameters
    ----------
    document : dict
        See :func:`movierec.maps.document.document_of`.
    dark : bool
    """
    scale = _SIZE / document["highest"]
    points: dict[int | None, list[str]] = defaultdict(list)
    films = document["films"]
    _, colors = main_genres(films["genres"])
    for x, y, number in zip(films["x"], films["y"], colors, strict=True):
        points[number].append(f"M{x * scale:.0f} {y * scale:.0f}h0")
    width = 5 if len(colors) < 2000 else 3 if len(colors) < 20_000 else 2
    paths = "".join(
        f'<path d="{"".join(points[number])}" stroke="{color(number, dark=dark)}"/>'
        for number in sorted(points, key=lambda number: -1 if number is None else number)
    )
    names = "".join(
        f'<text x="{label.x:.0f}" y="{label.y:.0f}" font-size="{label.size}">'
        f"{escape(label.name)}</text>"
        for label in _labels(document)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}">'
        f'<rect width="{_SIZE}" height="{_SIZE}" fill="{_GROUND[dark]}"/>'
        f'<g fill="none" stroke-width="{width}" stroke-linecap="round">{paths}</g>'
        f'<g fill="{_INK[dark]}" stroke="{_GROUND[dark]}" stroke-width="4" paint-order="stroke" '
        'stroke-linejoin="round" font-family="ui-serif, Georgia, serif" font-weight="bold" '
        f'text-anchor="middle">{names}</g></svg>'
    )


def draw_plot(document: Document, *, dark: bool = False) -> Figure:
    """Return the map as a figure for a paper.

    Parameters
    ----------
    document : dict
        See :func:`movierec.maps.document.document_of`.
    dark : bool

    Returns
    -------
    matplotlib.figure.Figure
    """
    from movierec.evaluation.plot import new_figure

    figure = new_figure((_INCHES, _INCHES), _GROUND[dark])
    from matplotlib.patheffects import withStroke

    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set(xlim=(0, _SIZE), ylim=(_SIZE, 0), aspect="equal")
    films, scale = document["films"], _SIZE / document["highest"]
    colored, colors = main_genres(films["genres"])
    size = 8 if len(colors) < 2000 else 3 if len(colors) < 20_000 else 0.6
    axes.scatter(
        [x * scale for x in films["x"]],
        [y * scale for y in films["y"]],
        s=size,
        c=[color(number, dark=dark) for number in colors],
        linewidths=0,
        rasterized=True,
    )
    for label in _labels(document):
        axes.text(
            label.x,
            label.y,
            label.name.replace("$", r"\$"),  # else it would be read as mathematics
            fontsize=label.size * 0.45,
            ha="center",
            color=_INK[dark],
            weight="bold",
            path_effects=[withStroke(linewidth=2, foreground=_GROUND[dark])],
        )
    for number, genre in enumerate(colored[:_N_LEGEND]):
        axes.scatter([], [], s=20, c=color(number, dark=dark), label=document["genres"][genre])
    if colored:
        axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, 0), frameon=False,
                    fontsize=8, labelcolor=_INK[dark])  # fmt: skip
    return figure


def _labels(document: Document) -> list[_Label]:
    """Return the names of the regions of the two upper levels that cover no other name."""
    scale = _SIZE / document["highest"]
    placed: list[_Label] = []
    for region in document["regions"]:
        size = _LETTERS.get(region["level"])
        if size is not None:
            label = _Label(region["name"], region["x"] * scale, region["y"] * scale, size)
            if not any(_overlap(label, other) for other in placed) and _is_inside(label):
                placed.append(label)
    return placed


def _half(label: _Label) -> float:
    """Return half the width of a name, about."""
    return 0.3 * label.size * len(label.name)


def _overlap(label: _Label, other: _Label) -> bool:
    return (
        abs(label.x - other.x) < _half(label) + _half(other) + label.size
        and abs(label.y - other.y) < (label.size + other.size) * 0.75
    )


def _is_inside(label: _Label) -> bool:
    return _half(label) < label.x < _SIZE - _half(label)
