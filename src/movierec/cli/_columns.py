"""The columns of printed movies, and records as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from movierec.cli._output import Column
from movierec.films.catalog import Record


def plain(record: Record) -> dict[str, Any]:
    """Return a record as JSON values: tuples become lists, nested records become dicts."""
    return {name: _plain(value) for name, value in dict(record).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return plain(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _mean(row: Mapping[str, Any]) -> str:
    return "" if row["mean_rating"] is None else f"{row['mean_rating']:.2f}"


RANK = Column("#", lambda row: str(row["rank"]), is_number=True)
TITLE = Column("title", lambda row: row["title"], "bold", shrinks=1)
YEAR = Column("year", lambda row: str(row["year"] or ""), is_number=True)
GENRES = Column("genres", lambda row: ", ".join(row["genres"]), "dim", shrinks=3)
MOVIE_ID = Column("movieId", lambda row: str(row["movie_id"]), is_number=True)


def shown_count(number: int | None) -> str:
    """Return a number of people, or a dash if they are too few to be told."""
    return "-" if number is None else f"{number:,}"


N_RATINGS = Column("ratings", lambda row: shown_count(row["n_ratings"]), is_number=True)
MEAN = Column("mean", _mean, is_number=True)
