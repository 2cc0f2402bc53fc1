"""The cover of a movie as SVG."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from html import escape
from random import Random

from movierec._util import printable
from movierec.films.catalog import Movie
from movierec.films.covers.lettering import letter
from movierec.films.covers.motifs import HEIGHT, WIDTH, Composition, composition_for
from movierec.films.covers.palettes import Palette, palette_for
from movierec.films.covers.shapes import rectangle
from movierec.films.names import display_title

VERSION = 2
"""Changes with the drawings, so that browsers ask for covers again."""

_MARGIN = 16
_NOT_XML = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def cover_of(movie: Movie) -> str:
    """Return the cover of a movie, 200 wide and 300 high.

    Parameters
    ----------
    movie : Movie
    """
    random = Random(zlib.crc32(f"{movie.movie_id} {movie.title}".encode("utf-8", "replace")))
    palette = palette_for(movie.genres, random)
    composition = composition_for(movie.year, random)
    title = re.sub(_NOT_XML, "", printable(display_title(movie.title)))
    parts = (
        rectangle(0, 0, WIDTH, HEIGHT, palette.ground),
        *composition.draw(palette, random),
        *_title(title, composition, palette),
        _year(movie.year, composition, palette),
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(parts)}</svg>"
    )


def _title(title: str, how: Composition, palette: Palette) -> Iterator[str]:
    shown = title.upper() if how.capitals else title
    lettering = letter(shown, WIDTH - 2 * _MARGIN, how.height)
    top = how.top + (how.height - lettering.height) / 2 + lettering.size * 0.9
    anchor, x = _anchor(how.centered, lettering.is_rtl)
    direction = ' direction="rtl"' if lettering.is_rtl else ""
    for place, line in enumerate(lettering.lines):
        y = top + place * lettering.line_height
        yield (
            f'<text x="{x}" y="{y:.1f}" font-family="{how.font}" font-size="{lettering.size}" '
            f'font-weight="{how.weight}" fill="{palette.ink}" text-anchor="{anchor}"{direction}>'
            f"{escape(line)}</text>"
        )


def _anchor(centered: bool, is_rtl: bool) -> tuple[str, int]:
    if centered:
        return "middle", WIDTH // 2
    return "start", WIDTH - _MARGIN if is_rtl else _MARGIN


def _year(year: int | None, how: Composition, palette: Palette) -> str:
    if year is None:
        return ""
    anchor, x = _anchor(how.centered, is_rtl=False)
    y = 288 if how.top > HEIGHT / 2 else how.top + how.height + 12
    return (
        f'<text x="{x}" y="{y}" font-family="{how.font}" font-size="11" letter-spacing="2" '
        f'fill="{palette.ink}" text-anchor="{anchor}">{year}</text>'
    )
