"""Numbers as text: one rule for all that is read row by row."""

from __future__ import annotations

import math
import re
from functools import lru_cache

HIGHEST_RATING = 1e15  # squares of it, over many users, stay within float32
# Python's own rule also takes 1_0, digits of other scripts and control characters around a number.
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


@lru_cache(1 << 10)  # most ratings are one of a few texts
def parse_number(text: str) -> float:
    """Return a number, or NaN where a text is none.

    Parameters
    ----------
    text : str
        May have blanks around the number.
    """
    number = text.strip(" \t")
    return float(number) if _NUMBER.fullmatch(number) else math.nan
