"""Read what one person exported: a file, or a folder or zip of several."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from movierec._checks import is_address, path_of
from movierec.data.formats.text import TextTable
from movierec.data.personal import trakt
from movierec.data.personal.entries import Entry, Export
from movierec.data.personal.tables import has_movies, kind_of, read_entries, read_titles
from movierec.data.sources.base import source_of
from movierec.data.sources.frames import frame_table
from movierec.errors import DataError

if TYPE_CHECKING:
    from movierec.data.sources.base import Place
    from movierec.data.table import Table

# Folders of Letterboxd's export that say nothing about what was watched.
_IGNORED = {"lists", "likes", "deleted", "orphaned"}


def read_export(place: Place) -> Export:
    """Read what one person rated, watched and wants to watch.

    Parameters
    ----------
    place : path-like or table
        A list with a header that has ``movieId``, ``imdb_id`` or ``title``, and ``rating``,
        perhaps with ``year`` and a date; ratings as MovieLens has them, without a header; the
        files of Letterboxd, IMDb, Trakt and MovieLens; or a folder or zip of them.

    Raises
    ------
    DataError
        If there is no such list, a rating is no number, or a table has several users.
    """
    export = Export()
    n_read = 0
    tables = _tables(place)
    for table in tables:
        if _add(table, export, is_only=len(tables) == 1):
            n_read += 1
    if not n_read:
        raise DataError(
            f"{place} has no ratings that movierec knows",
            "docs/howto/your-ratings.md has the formats",
        )
    export.rated.sort(key=lambda entry: entry.timestamp or float("-inf"))
    return export


def read_movies(place: Place) -> list[Entry]:
    """Read a list of movies: the watchlist of an export, or all movies that it has.

    Parameters
    ----------
    place : path-like or table
        As in :func:`read_export`, or a text with a title in each line.

    Raises
    ------
    DataError
        As there.
    """
    tables = _tables(place)
    if len(tables) == 1 and not _is_known(tables[0]):
        if not isinstance(tables[0], TextTable):
            raise DataError(f"{tables[0].name} has no movies", "it needs a column movieId or title")
        return read_titles(tables[0])
    export = read_export(place)
    return export.watchlist or [*export.rated, *export.seen]


def _is_known(table: Table) -> bool:
    is_json = isinstance(table, TextTable) and trakt.is_json(table.content)
    return is_json or has_movies(table)


def _tables(place: Place) -> list[Table]:
    if not is_address(place):
        return [frame_table(place, "ratings")]
    address = path_of("ratings", place)
    return [
        table
        for table in source_of(address).tables(address)
        if _IGNORED.isdisjoint(PurePath(table.name.replace(":", "/")).parts[:-1])
    ]


def _add(table: Table, export: Export, *, is_only: bool) -> bool:
    """Add a table to an export; return whether it is one that belongs there."""
    try:
        if isinstance(table, TextTable) and trakt.is_json(table.content):
            role, entries = trakt.read_trakt(table.content)
            export.source, export.highest = "Trakt", trakt.HIGHEST
            export.add(role, entries)
            return True
        is_known = has_movies(table)
    except DataError:
        if is_only:
            raise
        return False  # a file of a folder that is no table, such as a picture
    if is_only and not is_known:
        raise DataError(
            f"{table.name} is no list of ratings; {table.describe_header()}",
            "it needs a column movieId or title (and year), and rating",
        )
    kind = kind_of(table)
    if not is_known or (kind.source == "list" and not is_only and kind.role == "seen"):
        return False
    entries, n_unreadable = read_entries(table)
    export.source, export.highest = kind.source, kind.highest
    export.n_unreadable_dates += n_unreadable
    export.add(kind.role, entries)
    return True
