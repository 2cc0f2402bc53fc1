"""The title on a cover: line breaks, the size of its letters, and its direction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

_SIZES = (34, 30, 26, 23, 20, 17, 15, 13)  # in units of the drawing, which is 200 wide
_LINE = 1.12  # distance of lines, in letters
_WIDTHS = {
    **dict.fromkeys("iljI.,:;'!|‘’", 0.38),
    **dict.fromkeys("ftr()-[]/ ", 0.46),
    **dict.fromkeys("mwMW@%&—", 1.02),
}  # of bold letters of a wide font, in letters


class Lettering(NamedTuple):
    """Lines of text of one size.

    Attributes
    ----------
    lines : list of str
    size : int
        Of the letters.
    is_rtl : bool
        Whether the text is written from right to left.
    """

    lines: list[str]
    size: int
    is_rtl: bool

    @property
    def line_height(self) -> float:
        """The distance from one line to the next."""
        return self.size * _LINE

    @property
    def height(self) -> float:
        """The height of all lines."""
        return len(self.lines) * self.line_height


def letter(text: str, width: float, height: float) -> Lettering:
    """Set a text in the largest letters that fit; a text that is too long is cut.

    Parameters
    ----------
    text : str
    width, height : float
        Of the room for it.
    """
    words = text.split() or ["?"]
    for size in _SIZES:
        lines = list(_broken(words, width / size))
        n_fitting = int(height / (size * _LINE))
        if len(lines) <= n_fitting and _is_whole(words, lines):
            return Lettering(lines, size, _is_rtl(text))
    if len(lines) > n_fitting:
        lines = [*lines[: n_fitting - 1], lines[n_fitting - 1][:-1].rstrip() + "…"]
    return Lettering(lines, size, _is_rtl(text))


def _is_whole(words: Sequence[str], lines: Sequence[str]) -> bool:
    """Return whether no word was broken."""
    return " ".join(lines) == " ".join(words)


def _broken(words: Sequence[str], width: float) -> Iterator[str]:
    """Yield lines; a word that is longer than a line is broken."""
    line = ""
    for word in words:
        if line and _width(f"{line} {word}") > width:
            yield line
            line = ""
        line = f"{line} {word}" if line else word
        while _width(line) > width:
            fitting = _n_fitting(line, width)
            yield line[:fitting]
            line = line[fitting:]
    if line:
        yield line


def _n_fitting(text: str, width: float) -> int:
    """Return how many characters from the start fit; at least one."""
    widths = accumulate(map(_letter_width, text))
    return max(1, sum(1 for _ in takewhile(lambda so_far: so_far <= width, widths)))


def _width(text: str) -> float:
    return sum(map(_letter_width, text))


def _letter_width(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.05
    if char in _WIDTHS:
        return _WIDTHS[char]
    return 0.82 if char.isupper() else 0.71


def _is_rtl(text: str) -> bool:
    """Return whether the first letter with a direction is of a script from right to left."""
    letters = re.sub(r"[\W\d_]", "", text)
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in letters[:1])
