"""A slow and simple reader, which says what rows a text has; made with Python's csv module."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import numpy as np

RatingRow = tuple[str, str, float]
MovieRow = tuple[str, str, str]
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


class UnreadableError(Exception):
    """There is a row that cannot be used."""


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def ratings_in(text: str, separator: str, header: Sequence[str]) -> list[RatingRow]:
    """Return user, movie and rating of each row; the columns have the names of MovieLens."""
    names = list(header) or ["userId", "movieId", "rating", "timestamp"]
    user, item, rating = (names.index(name) for name in ("userId", "movieId", "rating"))
    rows = _rows(text, separator, header)
    if any(len(row) <= max(user, item, rating) for row in rows):
        raise UnreadableError
    if header and any("".join(row[len(header) :]) for row in rows):
        raise UnreadableError
    has_none = bool(rows) and not rows[0][rating].strip()
    if has_none and any(row[rating].strip() for row in rows):
        raise UnreadableError
    return [(_id(r[user]), _id(r[item]), 1.0 if has_none else _number(r[rating])) for r in rows]


def movies_in(text: str, separator: str, header: Sequence[str]) -> list[MovieRow]:
    """Return id, title and genres of each movie, the first of each id."""
    names = list(header) or ["movieId", "title", "genres"]
    item, title, genres = (names.index(name) for name in ("movieId", "title", "genres"))
    movies: dict[str, MovieRow] = {}
    for row in _rows(text, separator, header):
        fields = row
        if separator == "::" and len(row) > 3 and (item, title, genres) == (0, 1, 2):
            fields = [row[0], "::".join(row[1:-1]), row[-1]]
        if len(fields) <= max(item, title, genres) or not _shown(fields[title]):
            raise UnreadableError
        movie = (_id(fields[item]), _shown(fields[title]), _shown(fields[genres]))
        movies.setdefault(movie[0], movie)
    return list(movies.values())


def _rows(text: str, separator: str, header: Sequence[str]) -> list[list[str]]:
    if separator in ("::", "|"):
        rows = [line.split(separator) for line in re.split("\r\n|\r|\n", text)]
    else:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            rows = list(reader)
        except csv.Error:
            raise UnreadableError from None
    rows = [row for row in rows if any(row) and (len(row) > 1 or row[0].strip())]
    return rows[1:] if header else rows


def _id(text: str) -> str:
    name = text.strip()
    is_usable = 0 < len(name.encode()) <= 200
    if not is_usable or any(
        ord(char) < 32 or 127 <= ord(char) < 160 for char in text.replace("\t", "")
    ):
        raise UnreadableError
    return re.sub(r"^(0|-?[1-9][0-9]*)\.0$", r"\1", name)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text.strip(" \t")) or not abs(float(text)) <= 1e15:
        raise UnreadableError
    return float(np.float32(float(text)))


def _shown(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
