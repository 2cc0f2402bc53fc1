"""What columns are called, and what a table with certain columns holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# The names that columns go by, without case, blanks or underscores.
_NAMES = {
    "user": "user userid reviewerid customerid",
    "item": "item itemid movie movieid film filmid id",
    "rating": "rating ratings score stars yourrating",
    "timestamp": "timestamp time unixtime date ratedat daterated",
    "title": "title name movietitle",
    "genres": "genres genre",
    "year": "year releaseyear",
    "imdb": "imdb imdbid const",
    "tmdb": "tmdb tmdbid",
    "tag": "tag tagname",
    "tag_id": "tagid",
    "relevance": "relevance",
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split()}
# A table is of the first of these kinds of which it has all columns.
NEEDED: dict[str, frozenset[str]] = {
    "genome": frozenset({"item", "tag_id", "relevance"}),
    "tags": frozenset({"user", "item", "tag"}),
    "ratings": frozenset({"user", "item", "rating"}),
    "movies": frozenset({"item", "title"}),
    "links": frozenset({"item", "imdb"}),
}
# What a user is told to add, in the names of MovieLens; in the order in which files are named.
NEEDED_IN_WORDS = {
    "ratings": "userId, movieId and rating",
    "movies": "movieId, title and genres",
    "links": "movieId and imdbId",
    "tags": "userId, movieId and tag",
    "genome": "movieId, tagId and relevance",
}


def column_name(header: str) -> str | None:
    """Return what a header means: ``movieId``, ``movie_id`` and ``Item ID`` are all "item"."""
    plain = re.sub(r"[^a-z0-9]", "", header.split(":", maxsplit=1)[0].casefold())
    return _COLUMN_OF.get(plain)


def known_columns(headers: Iterable[str]) -> dict[str, int]:
    """Return the position of each column that is known, the first where two mean the same."""
    columns: dict[str, int] = {}
    for position, name in enumerate(map(column_name, headers)):
        if name:
            columns.setdefault(name, position)
    return columns


def kind_of(columns: Collection[str]) -> str:
    """Return what a table with these columns holds, such as "ratings", or "unknown"."""
    kinds = (kind for kind, needed in NEEDED.items() if needed.issubset(columns))
    return next(kinds, "unknown")
