"""Check arguments at the doors of the API.

Each function returns the value that it was given, or raises a `UsageError` that has the name of the
argument, its value, and what is allowed.
"""

from __future__ import annotations

import operator
import os
import reprlib
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeGuard

from movierec.errors import UsageError

_LONGEST = 80  # characters of a value in a message
_PLAIN = (bytes, list, tuple, dict, set)  # the values in others may be secret or long


def refusal(name: str, value: object, allowed: str, hint: str | None = None) -> UsageError:
    """Return the error for an argument that is not valid.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
    allowed : str
        What it must be, in words.
    hint : str, optional
    """
    return UsageError(f"{name} is {shown(value)}; it must be {allowed}", hint)


def shown(value: object) -> str:
    """Return a value for a message: short, and of a table or another object only its type."""
    if isinstance(value, str):
        return f'"{_short(value)}"'
    if value is None or _is_real(value):
        return plain(value)
    if type(value) in _PLAIN:
        with suppress(ValueError):  # Python writes no number of thousands of digits
            return _short(reprlib.repr(value))
    return f"an object of type {type(value).__name__}"


def plain(value: object) -> str:
    """Return an id or a number for a message, as ``str`` does, but short."""
    try:
        return _short(str(value))
    except ValueError:  # Python writes no number of thousands of digits
        return "a number of thousands of digits"


def _is_real(value: object) -> TypeGuard[float]:
    if isinstance(value, float | int):
        return True
    from numbers import Real  # half a millisecond of every start

    return isinstance(value, Real)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def whole_number(name: str, value: Any, low: int | None = None, hint: str | None = None) -> int:
    """Return a whole number, also one of NumPy.

    Parameters
    ----------
    name : str
    value : object
    low : int, optional
        The lowest that is allowed.
    hint : str, optional

    Raises
    ------
    UsageError
        If it is of another type, such as ``True`` or ``2.0``, or too low.
    """
    number = _as_whole(value)
    if number is None:
        raise refusal(name, value, "a whole number", hint)
    if low is not None and number < low:
        raise refusal(name, value, f"at least {low}", hint)
    return number


def _as_whole(value: Any) -> int | None:
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def identifier(name: str, value: Any, allowed: str) -> int | str:
    """Return an id: a whole number, also one of NumPy, or a text.

    Parameters
    ----------
    name : str
    value : object
    allowed : str
        What it must be, in words.

    Raises
    ------
    UsageError
        If it is of another type.
    """
    found = value if isinstance(value, str) else _as_whole(value)
    if found is None:
        raise refusal(name, value, allowed)
    return found


def number(
    name: str, value: Any, low: float, high: float | None = None, hint: str | None = None
) -> float:
    """Return a finite number, also one of NumPy.

    Parameters
    ----------
    name : str
    value : object
    low, high : float
        The lowest and the highest that are allowed.
    hint : str, optional

    Raises
    ------
    UsageError
        If it is of another type, such as text, or out of range.
    """
    found = as_float(value)
    if found is None or not low <= found <= (sys.float_info.max if high is None else high):
        is_open = f"a finite number of at least {low:g}"
        raise refusal(name, value, is_open if high is None else f"from {low:g} to {high:g}", hint)
    return found


def as_float(value: object) -> float | None:
    """Return a number as float, or None if it is no number or beyond all floats."""
    if not _is_real(value) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def truth(name: str, value: Any) -> bool:
    """Return a truth value, also one of NumPy.

    Raises
    ------
    UsageError
        If it is anything else, such as the text "no", which Python takes for true.
    """
    if type(value).__name__ not in ("bool", "bool_"):
        raise refusal(name, value, "True or False")
    return bool(value)


def text(name: str, value: Any) -> str:
    """Return a text.

    Raises
    ------
    UsageError
        If it is anything else.
    """
    if not isinstance(value, str):
        raise refusal(name, value, "a text")
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Return texts; one text alone is one of them, not its characters.

    Raises
    ------
    UsageError
        If it is neither a text nor an iterable of texts.
    """
    found = [value] if isinstance(value, str) else values(value)
    if found is None or not all(isinstance(each, str) for each in found):
        raise refusal(name, value, "a text, or a list of texts")
    return tuple(found)


def values(value: object) -> list[Any] | None:
    """Return the values of a list or another iterable, or None if it is no list of things."""
    if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Iterable):
        return None
    try:
        return list(value)
    except TypeError:  # an array of NumPy without dimensions
        return None


def one_of(name: str, value: Any, names: Collection[str]) -> str:
    """Return a name out of a fixed set.

    Parameters
    ----------
    name : str
    value : object
    names : collection of str

    Raises
    ------
    UsageError
        If it is anything else.
    """
    if not isinstance(value, str) or value not in names:
        raise refusal(name, value, f"one of {', '.join(names)}")
    return value


def mapping(name: str, value: Any) -> Mapping[Any, Any]:
    """Return a mapping.

    Raises
    ------
    UsageError
        If it is anything else.
    """
    if not isinstance(value, Mapping):
        raise refusal(name, value, "a mapping, such as a dict")
    return value


def path_of(name: str, value: Any) -> str:
    """Return a path as text.

    Raises
    ------
    UsageError
        If it is no path, or the system can have no file of that name.
    """
    given = os.fspath(value) if is_address(value) else None
    if not isinstance(given, str):
        raise refusal(name, value, "a path")
    if not is_path(given):
        raise refusal(name, given, "a name that a file can have")
    return given


def is_address(value: object) -> bool:
    """Tell whether a value is a path or another address, not a table or other data."""
    return isinstance(value, str | os.PathLike)


def is_path(name: str) -> bool:
    """Tell whether a file can have a name."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False
