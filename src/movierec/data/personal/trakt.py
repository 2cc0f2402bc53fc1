"""Trakt's JSON: ratings, history, watched and watchlist."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from movierec.data.formats.content import Content
from movierec.data.personal.entries import Entry, Role
from movierec.data.times import parse_time
from movierec.errors import DataError

HIGHEST = 10.0
_LONGEST = 1 << 26  # bytes; what is longer is cut, and so no JSON
_TIMES = ("rated_at", "watched_at", "last_watched_at", "listed_at")


def is_json(content: Content) -> bool:
    """Tell whether content begins as a JSON list or object does."""
    return content.head().lstrip()[:1] in (b"[", b"{")


def read_trakt(content: Content) -> tuple[Role, list[Entry]]:
    """Read a JSON file; shows and episodes are left out.

    Parameters
    ----------
    content : Content

    Returns
    -------
    role : {"rated", "seen", "watchlist"}
    entries : list of Entry

    Raises
    ------
    DataError
        If it is no JSON, or not a list of movies.
    """
    with content.open() as stored:
        try:
            items = json.loads(stored.read(_LONGEST))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{content.name} is broken: {error}", "export it again") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DataError(f"{content.name} is no list of movies", "Trakt's exports are lists")
    return _role(items), list(_entries(items, content.name))


def _role(items: list[dict[str, Any]]) -> Role:
    if any("listed_at" in item for item in items):
        return "watchlist"
    return "rated" if any("rating" in item for item in items) else "seen"


def _entries(items: list[dict[str, Any]], name: str) -> Iterator[Entry]:
    for number, item in enumerate(items, start=1):
        movie = item.get("movie")
        if isinstance(movie, dict):
            time = next((item[key] for key in _TIMES if isinstance(item.get(key), str)), "")
            imdb, title = _text(_mapping(movie.get("ids")).get("imdb")), _text(movie.get("title"))
            if not (imdb or title):
                continue
            yield Entry(
                imdb=imdb,
                title=title,
                year=movie["year"] if type(movie.get("year")) is int else None,
                rating=_rating(item.get("rating"), f"{name}, item {number}"),
                timestamp=parse_time(time),
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _rating(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= HIGHEST:
        raise DataError(f"{where}: {str(value)[:20]} is no rating", f"from 0 to {HIGHEST:g}")
    return float(value)
