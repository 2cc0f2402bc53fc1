"""The compositions of covers, by decade: shapes, and where the title stands.

They follow the posters of their time: rays and frames of silent films, stepped towers of the
thirties, cut paper of the fifties, rings of the sixties, rainbows of the seventies, the sunset of
the eighties. A drawing is 200 wide and 300 high.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from math import cos, pi, sin
from random import Random
from typing import NamedTuple

from movierec.films.covers.palettes import Palette
from movierec.films.covers.shapes import (
    circle,
    dots,
    frame,
    path,
    polygon,
    rectangle,
    ring,
    squares,
)

WIDTH, HEIGHT = 200, 300
SERIF = "Georgia, 'Times New Roman', serif"
SANS = "'Helvetica Neue', Arial, sans-serif"
BOLD = "Impact, 'Arial Narrow', sans-serif"

Draw = Callable[[Palette, Random], Iterator[str]]


class Composition(NamedTuple):
    """How the covers of a decade are made.

    Attributes
    ----------
    draw : callable
        Yields the shapes.
    top, height : int
        Of the room for the title, which is on the ground, without shapes.
    font : str
    weight : int
    centered : bool
    capitals : bool
    """

    draw: Draw
    top: int
    height: int
    font: str
    weight: int = 700
    centered: bool = False
    capitals: bool = False


def composition_for(year: int | None, random: Random) -> Composition:
    """Return a composition for a year, or one of letters alone."""
    if year is None:
        return _UNDATED
    return random.choice(_BY_DECADE[min(max(year // 10 * 10, 1920), 2010)])


def _rays(palette: Palette, random: Random) -> Iterator[str]:
    """Draw rays from a low sun, in a double frame."""
    x, y, n_rays = random.uniform(60, 140), 185.0, random.choice((9, 11, 13))
    for place in range(n_rays):
        angles = [pi + pi * (place + share) / n_rays for share in (0.2, 0.8)]
        ends = [(x + 300 * cos(angle), y + 300 * sin(angle)) for angle in angles]
        yield polygon([(x, y), *ends], palette.shape)
    yield circle(x, y, random.uniform(24, 40), palette.accent)
    yield rectangle(0, 185, WIDTH, 115, palette.ground)
    yield frame(6, palette.ground, 12)
    yield frame(9, palette.accent, 2)
    yield frame(14, palette.accent, 1)


def _towers(palette: Palette, random: Random) -> Iterator[str]:
    """Draw stepped towers before a moon."""
    yield circle(
        random.uniform(50, 150), random.uniform(50, 80), random.uniform(30, 46), palette.accent
    )
    n_towers = random.choice((5, 6, 7))
    width = WIDTH / n_towers
    for place in range(n_towers):
        top = random.uniform(50, 150)
        for step in range(3):
            inset = width * 0.16 * (2 - step)
            x, y = place * width + inset, top + 18 * step
            yield rectangle(x, y, width - 2 * inset - 2, 200 - y, palette.shape)
    yield rectangle(0, 200, WIDTH, 3, palette.accent)


def _blinds(palette: Palette, random: Random) -> Iterator[str]:
    """Draw the light of a window with blinds on a wall."""
    slant, left = random.uniform(-30, 30), random.uniform(20, 60)
    n_slats = random.choice((7, 8, 9))
    for place in range(n_slats):
        y = 20 + place * 160 / n_slats
        corners = [(left, y), (left + 120, y + slant), (left + 120, y + slant + 9), (left, y + 9)]
        yield polygon(corners, palette.accent)
    x = random.uniform(90, 150)
    yield circle(x, 120, 19, palette.shape)
    yield path(
        f"M{x - 38:.1f} 200 Q{x - 34:.1f} 138 {x:.1f} 138 T{x + 38:.1f} 200 Z", palette.shape
    )


def _cut_paper(palette: Palette, random: Random) -> Iterator[str]:
    """Draw pieces of cut paper with a star."""
    for color in (palette.shape, palette.accent, palette.shape):
        x, y = random.uniform(10, 150), random.uniform(10, 120)
        corners = [
            (0, 0),
            (random.uniform(50, 90), random.uniform(-15, 20)),
            (random.uniform(60, 80), 70),
        ]
        corners.append((random.uniform(-20, 10), random.uniform(50, 80)))
        yield polygon([(x + across, y + down) for across, down in corners], color)
    x, y, radius = random.uniform(50, 150), random.uniform(50, 130), random.uniform(20, 34)
    points = [(radius * (1 if place % 2 else 0.22), pi * place / 8) for place in range(16)]
    yield polygon([(x + far * cos(turn), y + far * sin(turn)) for far, turn in points], palette.ink)


def _rings(palette: Palette, random: Random) -> Iterator[str]:
    """Draw rings around one point."""
    x, y, n_rings = random.uniform(50, 150), random.uniform(60, 130), random.choice((5, 6, 7))
    for place in range(n_rings, 0, -1):
        yield circle(x, y, place * 17, palette.shape if place % 2 else palette.ground)
    yield circle(x, y, 12, palette.accent)
    yield rectangle(0, 205, WIDTH, 95, palette.ground)


def _rainbow(palette: Palette, random: Random) -> Iterator[str]:
    """Draw a rainbow that rises from the bottom."""
    x, radius = random.choice((20, 100, 180)), random.uniform(120, 165)
    for place, color in enumerate((palette.shape, palette.accent, palette.ink) * 2):
        yield ring(x, HEIGHT, radius - 18 * place, 13, color)


def _sunset(palette: Palette, random: Random) -> Iterator[str]:
    """Draw a sun in slices above a grid."""
    x, horizon = random.uniform(70, 130), random.uniform(224, 236)
    yield circle(x, horizon - 30, random.uniform(48, 62), palette.accent)
    for place in range(5):
        yield rectangle(0, horizon - 52 + 11 * place, WIDTH, 2 + place, palette.ground)
    yield rectangle(0, horizon, WIDTH, HEIGHT - horizon, palette.ground)
    for place in range(-7, 8):
        ends = [(100 + place * 9, horizon), (101 + place * 9, horizon), (102 + place * 40, HEIGHT)]
        yield polygon([*ends, (100 + place * 40, HEIGHT)], palette.shape)
    for place in range(6):
        yield rectangle(0, horizon + place**1.6 * 5, WIDTH, 1.5, palette.shape)


def _halftone(palette: Palette, random: Random) -> Iterator[str]:
    """Draw two photographs' worth of printed dots, one over the other."""
    yield rectangle(random.uniform(0, 40), 0, random.uniform(90, 130), 190, palette.shape)
    x, y, far = random.uniform(40, 160), random.uniform(50, 140), random.uniform(90, 130)
    centers = defaultdict(list)
    for across, down in product(range(8, WIDTH, 13), range(8, 190, 13)):
        near = 1 - ((across - x) ** 2 + (down - y) ** 2) ** 0.5 / far
        if near > 0.1:
            centers[round(13 * near) / 2].append((across, down))
    for radius, alike in centers.items():
        yield dots(alike, radius, palette.accent)


def _spotlight(palette: Palette, random: Random) -> Iterator[str]:
    """Draw a beam of light that falls on a stage."""
    x, foot = random.uniform(20, 180), random.uniform(70, 130)
    yield rectangle(0, 150, WIDTH, 45, palette.shape)
    yield polygon([(x, 0), (foot + 52, 170), (foot - 52, 170)], palette.accent)
    yield f'<ellipse cx="{foot:.1f}" cy="170" rx="52" ry="14" fill="{palette.accent}"/>'
    yield polygon(
        [(foot - 9, 168), (foot + 9, 168), (foot + 5, 118), (foot - 5, 118)], palette.ground
    )
    yield circle(foot, 108, 9, palette.ground)


def _mosaic(palette: Palette, random: Random) -> Iterator[str]:
    """Draw a mosaic of squares."""
    side = random.choice((25, 40, 50))
    corners = defaultdict(list)
    for across, down in product(range(0, WIDTH, side), range(0, 200, side)):
        color = random.choice((palette.shape, palette.shape, palette.accent, palette.ground))
        corners[color].append((across + 1, down + 1))
    for color, alike in corners.items():
        yield squares(alike, side - 2, color)


def _hills(palette: Palette, random: Random) -> Iterator[str]:
    """Draw hills below a sun."""
    yield circle(
        random.uniform(40, 160), random.uniform(45, 90), random.uniform(20, 36), palette.accent
    )
    for place, color in enumerate((palette.shape, palette.accent, palette.ground)):
        y, first, second = 120 + 38 * place, random.uniform(-45, 20), random.uniform(-20, 45)
        curve = f"M0 {y} C60 {y + first:.1f} 140 {y + second:.1f} 200 {y + first / 2:.1f}"
        yield path(f"{curve} L200 300 L0 300 Z", color)


def _slash(palette: Palette, random: Random) -> Iterator[str]:
    """Draw stripes that cross the sheet."""
    x = random.uniform(-20, 60)
    for color, width in (
        (palette.shape, random.uniform(60, 90)),
        (palette.accent, random.uniform(8, 26)),
    ):
        yield polygon([(x + 80, 0), (x + 80 + width, 0), (x + width, 200), (x, 200)], color)
        x += width + random.uniform(4, 16)
    yield rectangle(20, 200, 60, 3, palette.accent)


def _one_shape(palette: Palette, random: Random) -> Iterator[str]:
    """Draw one large shape, and a small one."""
    x, y, size = random.uniform(60, 140), random.uniform(80, 120), random.uniform(48, 72)
    n_corners = random.choice((3, 4, 40))
    turn = random.uniform(0, pi)
    angles = [turn + 2 * pi * place / n_corners for place in range(n_corners)]
    yield polygon(
        [(x + size * cos(angle), y + size * sin(angle)) for angle in angles], palette.shape
    )
    yield circle(
        x + random.uniform(-50, 50),
        y + random.uniform(-40, 40),
        random.uniform(8, 22),
        palette.accent,
    )


def _bands(palette: Palette, random: Random) -> Iterator[str]:
    """Draw bands, as on the cover of a book."""
    top = random.uniform(14, 30)
    yield rectangle(0, top, WIDTH, 10, palette.shape)
    yield rectangle(0, top + 14, WIDTH, random.uniform(2, 6), palette.accent)
    yield rectangle(0, 250, WIDTH, 30, palette.shape)


_BY_DECADE = {
    1920: [Composition(_rays, 188, 84, SERIF, centered=True)],
    1930: [Composition(_towers, 208, 72, SERIF, centered=True, capitals=True)],
    1940: [Composition(_blinds, 206, 74, SERIF)],
    1950: [Composition(_cut_paper, 206, 74, SANS, 800)],
    1960: [Composition(_rings, 208, 72, BOLD, 700, capitals=True)],
    1970: [Composition(_rainbow, 14, 100, SANS, 800)],
    1980: [Composition(_sunset, 14, 100, SANS, 800, centered=True, capitals=True)],
    1990: [
        Composition(_halftone, 200, 80, SANS, 800),
        Composition(_spotlight, 200, 78, SERIF, centered=True),
    ],
    2000: [
        Composition(_slash, 210, 70, SERIF, 400, capitals=True),
        Composition(_mosaic, 206, 74, SANS, 800),
    ],
    2010: [
        Composition(_one_shape, 206, 74, SANS, 700),
        Composition(_hills, 204, 76, SERIF, 400),
    ],
}
_UNDATED = Composition(_bands, 70, 160, SERIF)
