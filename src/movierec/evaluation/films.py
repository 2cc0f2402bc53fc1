"""What the films of a task are: their genres, titles and years as a matrix."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.aliases import split_year
from movierec.catalog import NO_GENRES
from movierec.columns import IdArray
from movierec.content import content_matrix, features_of
from movierec.errors import DataError
from movierec.model import CONTENT_PARTS
from movierec.ratings import RatingRows
from movierec.readers import read_dataset
from movierec.readers.interactions import only_source, read_interactions
from movierec.readers.layout import recognise
from movierec.readers.movies import MovieRow, read_movies
from movierec.readers.source import holds_files, sources_at
from movierec.readers.text import RowReport

PathLike = str | os.PathLike[str]


def read_rated(
    ratings: PathLike, movies: PathLike | None
) -> tuple[RatingRows, list[MovieRow] | None]:
    """Read ratings, and the films if a file of them is named or lies beside the ratings.

    Parameters
    ----------
    ratings : path-like
        A file, or a folder or zip that holds ratings and films.
    movies : path-like, optional
    """
    if holds_files(ratings) and len(sources_at(ratings)) > 1:
        # Named twice, since a folder named once is also searched for tags, which take long.
        dataset = read_dataset(ratings, movies or ratings)
        return dataset.take_ratings(), dataset.movies
    return read_interactions(ratings), None if movies is None else read_films(movies)


def read_films(path: PathLike) -> list[MovieRow]:
    """Read a file of films.

    Raises
    ------
    DataError
        If it is missing or not one of films, or a row cannot be used.
    """
    source = only_source(path)
    layout = recognise(source)
    if layout.kind != "movies":
        hint = "it needs columns for movieId, title and genres; see README.md for the formats"
        raise DataError(f"{source.name} is not a file of films", hint)
    films, _ = read_movies(source, layout, RowReport(source.name, skip=False))
    return films


def content_of(films: Sequence[MovieRow], item_ids: IdArray) -> Any:
    """Return the content of some films, as `movierec fit` weighs it but without tags.

    Parameters
    ----------
    films : sequence of MovieRow
        Also films that are not asked for: which words of a title belong to a series is told by all.
    item_ids : ndarray of shape (n_items,)

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_items, n_features), float32, or None
        In the order of `item_ids`; a row without values for a film that is not known. None if of
        no film anything is known.

    Raises
    ------
    DataError
        If none of the films is among those of the ratings.
    """
    titles = [film.title for film in films]
    genres = [film.genres if film.genres != NO_GENRES else "" for film in films]
    features = features_of(
        titles,
        genres=[names.split("|") if names else () for names in genres],
        years=[split_year(title)[1] or 0 for title in titles],
    )
    matrix, _ = content_matrix(features, CONTENT_PARTS)
    places = _places(films, item_ids)
    return None if matrix is None else _rows(matrix, places)


def _places(films: Sequence[MovieRow], item_ids: IdArray) -> npt.NDArray[np.int64]:
    """Return where each item is among the films, -1 where it is not."""
    place_of: dict[str | int, int] = {}
    for place, film in enumerate(films):
        place_of.setdefault(_key(film.movie_id), place)
    places = [place_of.get(_key(item), -1) for item in item_ids.tolist()]
    if max(places) < 0:
        raise DataError("none of the rated films is in the file of films", "is it the right one?")
    return np.array(places)


def _key(item: int | str | bytes) -> str | int:
    """Return an id as a number where it is one: ratings read as numbers have lost their zeros."""
    text = item.decode("utf-8") if isinstance(item, bytes) else str(item)
    return int(text) if text.isascii() and text.isdigit() else text


def _rows(matrix: Any, places: npt.NDArray[np.int64]) -> Any:
    from scipy.sparse import csr_matrix

    there = np.flatnonzero(places >= 0)
    chosen = (np.ones(len(there), np.float32), (there, places[there]))
    return csr_matrix(csr_matrix(chosen, shape=(len(places), matrix.shape[0])) @ matrix)
