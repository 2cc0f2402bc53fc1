"""Reading a table of what else is known of the movies: any columns beside the id of the movie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec._util import one_line, pluralize
from movierec.data.columns import column_name
from movierec.errors import DataError
from movierec.vocabulary import clean_id

if TYPE_CHECKING:
    from movierec.data.report import RowReport
    from movierec.data.table import Table

Features = dict[str, dict[str, str]]
"""For each column, the text of each movie that has one, by the id of the movie."""

# What files of movies and links hold, which a row may repeat.
_KNOWN_OTHERWISE = frozenset({"item", "title", "genres", "year", "imdb", "tmdb"})


def feature_columns(table: Table) -> dict[int, str]:
    """Return the names of the columns that say something of the movies, by their positions.

    Parameters
    ----------
    table : Table

    Raises
    ------
    DataError
        If it holds something else, or has no column for the item or none beside it.
    """
    if table.kind in ("ratings", "tags", "genome"):
        raise DataError(
            f"{table.name} holds {table.kind}",
            "it needs a row for each movie, with columns such as director or overview",
        )
    if "item" not in table.columns or not table.header:
        raise DataError(
            f"{table.name} has no column for the movie; {table.describe_header()}",
            "it needs movieId, and any other columns, such as director or overview",
        )
    item_at = table.columns["item"]
    names = {
        position: one_line(name)
        for position, name in enumerate(table.header)
        if position != item_at and column_name(name) not in _KNOWN_OTHERWISE
    }
    if not names:
        raise DataError(
            f"{table.name} says nothing of the movies; {table.describe_header()}",
            "it needs columns beside movieId, such as director or overview",
        )
    return names


def read_features(table: Table, report: RowReport) -> Features:
    """Read what else is known of the movies.

    Parameters
    ----------
    table : Table
        With named columns, one of which is the item. The first row of a movie counts.
    report : RowReport

    Raises
    ------
    DataError
        If it holds something else, has no column for the item or none beside it, or a row is too
        short.
    """
    names = feature_columns(table)
    item_at = table.columns["item"]
    features: Features = {name: {} for name in names.values()}
    for number, fields in table.rows(report):
        if len(fields) <= max(item_at, *names):
            report.bad(number, f"only {pluralize(len(fields), 'field')}")
            continue
        movie_id = clean_id(fields[item_at])
        for position, name in names.items():
            if text := one_line(fields[position]):
                features[name].setdefault(movie_id, text)
    return features
