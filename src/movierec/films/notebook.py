"""What notebooks show of records: tables and facts, with the covers of movies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from movierec._html import Picture, facts, heading, pictures, table
from movierec.films.catalog import Movie, Record
from movierec.films.covers.cover import cover_of

_COVER = ""  # the column of covers, which needs no name
_SMALL, _LARGE = 60, 150  # heights of covers in rows and above facts, in pixels


def table_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return a table; if its rows are movies, with a cover before each title.

    Parameters
    ----------
    rows : sequence of mapping of str to object
        The fields of each record.
    columns : sequence of str
    """
    covers = [_cover(row, _SMALL) for row in rows]
    if not any(covers):
        return table(rows, columns)
    place = columns.index("title")
    pictured = [{_COVER: cover, **row} for cover, row in zip(covers, rows, strict=True)]
    return table(pictured, [*columns[:place], _COVER, *columns[place:]])


def record(values: Mapping[str, Any]) -> str:
    """Return the fields of a record: covers, facts, and a table for each field of records.

    Parameters
    ----------
    values : mapping of str to object
    """
    tables = {name: found for name, value in values.items() if (found := _records_in(value))}
    plain = {name: value for name, value in values.items() if name not in tables}
    movies = [values, *(dict(value) for value in plain.values() if isinstance(value, Movie))]
    covers = [cover for movie in movies if (cover := _cover(movie, _LARGE))]
    parts = (
        (heading(name.replace("_", " ")) if name else "") + table_of(rows, list(rows[0]))
        for name, rows in tables.items()
    )
    return pictures(covers) + facts(plain) + "".join(parts)


def _records_in(value: object) -> list[dict[str, Any]]:
    """Return the records in a sequence, or those that are keys, each with its value."""
    if not isinstance(value, list | tuple | dict):
        return []
    if not all(isinstance(each, Record) for each in value):
        return []
    if isinstance(value, dict):
        return [dict(each) | {"rating": rating} for each, rating in value.items()]
    return [dict(each) for each in value]


def _cover(values: Mapping[str, Any], height: int) -> Picture | None:
    """Return the cover of a record that has all fields of a movie."""
    names = list(Movie.field_names())
    if not all(name in values for name in names):
        return None
    movie = Movie(**{name: values[name] for name in names})
    return Picture(lambda: cover_of(movie), height)
