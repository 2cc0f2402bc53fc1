"""Ratings and films from data frames, for those who have them in memory already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.errors import DataError, UsageError
from movierec.ratings import RatingRows
from movierec.readers.dataset import Dataset
from movierec.readers.layout import column_name
from movierec.readers.movies import MovieRow
from movierec.readers.ratings import HIGHEST_RATING, NO_RATING
from movierec.readers.text import as_ids, clean_id
from movierec.wording import counted, one_line

if TYPE_CHECKING:
    import pandas as pd


def frames_dataset(ratings: pd.DataFrame, movies: Any, *, skip_bad_rows: bool = False) -> Dataset:
    """Take the ratings and the films from two data frames.

    Parameters
    ----------
    ratings : DataFrame
        With columns for user, film and rating under one of their usual names (``userId``,
        ``user_id``, ...), and perhaps a timestamp.
    movies : DataFrame
        With columns for the film's id and title, and perhaps genres.
    skip_bad_rows : bool
        Whether ratings that are no finite numbers are left out instead of being an error.

    Raises
    ------
    DataError
        If a column is missing, or a rating is not a finite number.
    UsageError
        If `movies` is not a data frame.
    """
    if not hasattr(movies, "columns"):
        raise UsageError("ratings are a data frame, so movies must be one too")
    rows, n_bad = _rating_rows(_named(ratings, "ratings", "user", "item", "rating"), skip_bad_rows)
    notes = [f"ratings: skipped {counted(n_bad, 'bad row')}"] if n_bad else []
    films = _named(movies, "movies", "item", "title")
    genres = films.get("genres", [""] * len(films["item"]))
    listed = [
        MovieRow(clean_id(str(movie_id)), one_line(str(title)), str(names))
        for movie_id, title, names in zip(films["item"], films["title"], genres, strict=True)
    ]
    unique = {movie.movie_id: movie for movie in reversed(listed)}
    return Dataset(
        list(reversed(unique.values())),
        rows,
        files={"ratings": "a data frame", "movies": "a data frame"},
        notes=notes,
        n_movie_rows=len(listed),
        n_rating_rows=len(rows),
    )


def _named(frame: pd.DataFrame, what: str, *needed: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for header in frame.columns:
        name = column_name(str(header))
        if name:
            columns.setdefault(name, frame[header].to_numpy())
    missing = [name for name in needed if name not in columns]
    if missing:
        raise DataError(
            f"{what} has no column for {', '.join(missing)}; it has {', '.join(map(str, frame))}",
            "columns are known by their MovieLens names: userId, movieId, rating, title, genres",
        )
    return columns


def _rating_rows(columns: dict[str, Any], skip_bad_rows: bool) -> tuple[RatingRows, int]:
    import pandas as pd

    values = pd.to_numeric(pd.Series(columns["rating"]), errors="coerce").to_numpy(np.float64)
    good = np.abs(values) <= HIGHEST_RATING  # nor for NaN
    if not good.all() and not skip_bad_rows:
        row = int(np.argmin(good))
        value = columns["rating"][row]
        raise DataError(f'ratings, row {row}: the rating "{value}" {NO_RATING}')
    times = columns.get("timestamp")
    return RatingRows(
        _ids(columns["user"][good]),
        _ids(columns["item"][good]),
        values[good].astype(np.float32),
        lambda: None if times is None else np.asarray(times)[good],
    ), int((~good).sum())


def _ids(values: Any) -> Any:
    if values.dtype.kind in "iu":
        return values
    texts, codes = np.unique([clean_id(str(value)) for value in values], return_inverse=True)
    return as_ids(texts.tolist())[codes]
