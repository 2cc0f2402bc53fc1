"""What columns are called, and what a table with certain columns holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from movierec.errors import DataError

# The names that columns go by, without case, blanks or underscores.
_NAMES = {
    "user": "user userid reviewerid customerid memberid username",
    "item": (
        "item itemid movie movieid film filmid book bookid isbn product productid asin parentasin "
        "show showid anime animeid game gameid id"
    ),
    "rating": "rating ratings score stars yourrating bookrating userrating overall",
    "timestamp": "timestamp time unixtime date ratedat daterated",
    "title": "title name movietitle booktitle itemtitle",
    "genres": "genres genre",
    "year": "year releaseyear yearofpublication publicationyear",
    "imdb": "imdb imdbid const",
    "tmdb": "tmdb tmdbid",
    "tag": "tag tagname",
    "tag_id": "tagid",
    "relevance": "relevance",
}
COLUMNS = tuple(_NAMES)
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split()}
# A table is of the first of these kinds of which it has all columns.
NEEDED: dict[str, frozenset[str]] = {
    "genome": frozenset({"item", "tag_id", "relevance"}),
    "tags": frozenset({"user", "item", "tag"}),
    "ratings": frozenset({"user", "item", "rating"}),
    "movies": frozenset({"item", "title"}),
    "links": frozenset({"item", "imdb"}),
}
_ASKED = {"ratings": ("user", "item", "rating"), "movies": ("item", "title")}
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


def known_columns(
    headers: Iterable[str], named: Mapping[str, str] = MappingProxyType({})
) -> dict[str, int]:
    """Return the position of each column that is known, the first where two mean the same.

    Parameters
    ----------
    headers : iterable of str
    named : mapping of str to str
        What a user calls columns, such as ``{"user": "Reader"}``. If one of `headers` is
        "Reader", no other header means "user".
    """
    folded = [header.casefold() for header in headers]
    meaning = {header.casefold(): column for column, header in named.items()}
    given = {meaning[header] for header in folded if header in meaning}
    columns: dict[str, int] = {}
    for position, header in enumerate(folded):
        name = meaning.get(header)
        if name is None and (known := column_name(header)) not in given:
            name = known
        if name:
            columns.setdefault(name, position)
    return columns


def repeated_columns(name: str) -> DataError:
    """Return the error for a table of which two columns have the same name.

    Parameters
    ----------
    name : str
        Of the table.
    """
    return DataError(f"two columns of {name} have the same name", "rename one of them")


def holds(columns: Collection[str], kind: str) -> bool:
    """Tell whether a table may be given as one of a kind; it may hold more, as links with titles.

    Parameters
    ----------
    columns : collection of str
        The columns that are known.
    kind : str
    """
    return NEEDED[kind].issubset(columns)


def accepted_names(kind: str) -> str:
    """Return the columns that a kind of table needs, each with the names that are known."""
    return "; ".join(f"{column}: {', '.join(_NAMES[column].split())}" for column in _ASKED[kind])


def kind_of(columns: Collection[str], n_columns: int) -> str:
    """Return what a table with these columns holds, such as "ratings", or "unknown".

    Users and movies alone are ratings, which are all equal. A column that is not known might
    hold the ratings, so that there may be none then.

    Parameters
    ----------
    columns : collection of str
        The columns that are known.
    n_columns : int
        The number of all columns.
    """
    kinds = (kind for kind, needed in NEEDED.items() if needed.issubset(columns))
    is_presence = {"user", "item"}.issubset(columns) and len(columns) == n_columns
    return next(kinds, "ratings" if is_presence else "unknown")
