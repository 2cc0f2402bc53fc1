"""Content features of the movies in a task, from genres, titles and years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.data.items import MovieRow
from movierec.errors import DataError
from movierec.films.catalog import NO_GENRES
from movierec.films.content import CONTENT_PARTS, features_of
from movierec.films.names import split_year
from movierec.neighbors.content import Content
from movierec.vocabulary import IdArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def content_of(movies: Sequence[MovieRow], item_ids: IdArray) -> Content | None:
    """Return content features of some movies, weighted as in `movierec fit` but without tags.

    Parameters
    ----------
    movies : sequence of MovieRow
        May include other movies; series are found by comparing all titles.
    item_ids : ndarray of shape (n_items,)

    Returns
    -------
    Content or None
        In the order of `item_ids`, with empty rows for each movie that is not in `movies`. None if
        there are no features at all.

    Raises
    ------
    DataError
        If none of the rated movies is in `movies`.
    """
    genres = [movie.genres if movie.genres != NO_GENRES else "" for movie in movies]
    content = features_of(
        [movie.title for movie in movies],
        genres=[names.split("|") if names else () for names in genres],
        years=[split_year(movie.title)[1] or 0 for movie in movies],
        weights=CONTENT_PARTS,
    )
    rows = _rows_of(movies, item_ids)
    return None if content is None else content.of_items(_choosing(rows, len(movies)))


def genres_of(movies: Sequence[MovieRow], item_ids: IdArray) -> csr_matrix | None:
    """Return which genres some movies have.

    Parameters
    ----------
    movies : sequence of MovieRow
    item_ids : ndarray of shape (n_items,)

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_genres), float32, or None
        1 for each genre; None if no movie has one.
    """
    from scipy.sparse import csr_matrix

    named = [set(movie.genres.split("|")) - {"", NO_GENRES} for movie in movies]
    genres = sorted(set().union(*named))
    if not genres:
        return None
    column_of = {genre: column for column, genre in enumerate(genres)}
    cells = [(row, column_of[genre]) for row, each in enumerate(named) for genre in sorted(each)]
    rows, columns = zip(*cells, strict=True)
    ones = np.ones(len(cells), np.float32)
    of_movies = csr_matrix((ones, (rows, columns)), shape=(len(movies), len(genres)))
    return _choosing(_rows_of(movies, item_ids), len(movies)) @ of_movies


def _rows_of(movies: Sequence[MovieRow], item_ids: IdArray) -> npt.NDArray[np.int64]:
    """Return the position of each item in `movies`, or -1."""
    row_of: dict[str | int, int] = {}
    for row, movie in enumerate(movies):
        row_of.setdefault(_key(movie.movie_id), row)
    rows = [row_of.get(_key(item), -1) for item in item_ids.tolist()]
    if max(rows) < 0:
        raise DataError("none of the rated movies is in the movie file", "is it the right one?")
    return np.array(rows)


def _key(item: int | str | bytes) -> str | int:
    """Return a numeric id as an int, because numbers in rating files lose their leading zeros."""
    text = item.decode("utf-8") if isinstance(item, bytes) else str(item)
    return int(text) if text.isascii() and text.isdigit() else text


def _choosing(rows: npt.NDArray[np.int64], n_rows: int) -> csr_matrix:
    """Return the matrix that chooses these rows of another, and an empty row for each -1."""
    from scipy.sparse import csr_matrix

    known = np.flatnonzero(rows >= 0)
    chosen = (np.ones(len(known), np.float32), (known, rows[known]))
    return csr_matrix(chosen, shape=(len(rows), n_rows))
