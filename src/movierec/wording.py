"""How things are said."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return text on one line, without the control characters that would move a cursor."""
    if text.isprintable() and "  " not in text:  # as nearly all are
        return text.strip()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 film``, ``1,000 films``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
