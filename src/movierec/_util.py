"""Small helpers that any module may use: text, processors, progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

Progress = Callable[[str, float], None]
"""A callable that takes the name of a stage and the fraction done, from 0 to 1."""

_PART = 1 << 18  # entries


def no_progress(stage: str, done: float) -> None:
    """Ignore progress.

    Parameters
    ----------
    stage : str
    done : float
    """


def one_line(text: str) -> str:
    """Return text on one line, without control characters that could move the cursor."""
    if text.isprintable() and "  " not in text:  # true of nearly all texts
        return text.strip()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def pluralize(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 movie``, ``1,000 movies``.

    Parameters
    ----------
    number : int
    noun : str
        In the singular.
    plural : str, optional
        Default: the noun with an "s".
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def is_number(value: object, *, whole: bool = False) -> bool:
    """Return whether a value is a number, also one of NumPy.

    Parameters
    ----------
    value : object
    whole : bool
        Whether it must be an integer.
    """
    return hasattr(value, "__index__" if whole else "__float__")


def parts_of(length: int) -> Iterator[slice]:
    """Yield slices of a long array, whose temporary copies take some MB and reuse their memory.

    Parameters
    ----------
    length : int
    """
    return (slice(start, start + _PART) for start in range(0, length, _PART))


def n_processors() -> int:
    """Return the number of processors that this process may use; containers can limit it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
