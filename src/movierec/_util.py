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


_FORMULA = tuple("=+-@＝＋－＠")  # what begins a formula in a spreadsheet


def printable(text: str) -> str:
    """Return text with spaces for all characters that could do something to a terminal.

    They are control characters (ESC, C1, line breaks) and those that turn the direction of text.
    All text that the program prints and did not make itself passes through here, but for JSON,
    which can escape them.
    """
    if text.isprintable():  # true of nearly all texts
        return text
    return "".join(char if char.isprintable() else " " for char in text)


def one_line(text: str) -> str:
    """Return printable text without spaces at its ends, and single ones within it."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(printable(text).split())


def without_secrets(text: str) -> str:
    """Return text in which addresses have neither passwords nor tokens.

    They stand before the host, ``s3://key:secret@bucket``, or in the query of a signed address.
    What stands there in ``abfs://container@account`` is no secret.

    Parameters
    ----------
    text : str
    """
    if "://" not in text:
        return text
    import re

    def cleaned(found: re.Match[str]) -> str:
        scheme, user, rest, query = found.groups(default="")
        is_container = ":" not in user and scheme.startswith(("abfs", "az"))
        return f"{scheme}://{user if is_container else ''}{rest}{'?...' if query else ''}"

    address = (
        r"""(\w[\w+.-]*)://([^\s/"']*@)?([^\s"'?]*)(\?[^\s"']*=[^\s"']*?(?=[:;,.]*(?:[\s"']|$)))?"""
    )
    return re.sub(address, cleaned, text)


def stem_of(address: str) -> str:
    """Return the name of a file without its folders, its last ending, and any token.

    Parameters
    ----------
    address : str
        A path or another address.
    """
    from pathlib import PurePath

    return PurePath(without_secrets(address).removesuffix("?...")).stem


def file_name(name: str) -> str:
    """Return the last part of the name of a table: neither its folders nor its host.

    Parameters
    ----------
    name : str
        A path, another address, or words such as ``ratings query at sqlite:////folder/file``.
    """
    role, at, address = name.rpartition(" query at ")
    path = without_secrets(address)
    if "://" in path:
        path = path.partition("?")[0]
    return role + at + path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]


def csv_cell(value: object, *, safe: bool = False) -> object:
    """Return a value for the writer of :mod:`csv`: a number, or printable text.

    Parameters
    ----------
    value : object
        The entries of a list are joined by "|".
    safe : bool
        Whether text that a spreadsheet takes for a formula gets an apostrophe before it.
    """
    if value is None or isinstance(value, int | float):
        return value
    text = printable("|".join(map(str, value)) if isinstance(value, list) else str(value))
    return f"'{text}" if safe and text.lstrip().startswith(_FORMULA) else text


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
