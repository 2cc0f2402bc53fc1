"""What a fit would leave out, by the code of a fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from movierec.checking.findings import Finding, Tally
from movierec.data.encode import encode_ratings
from movierec.data.interactions import RatingRows
from movierec.errors import DataError
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from movierec.checking.movies import MovieTable
    from movierec.checking.ratings import RatingTable


def dropped_ratings(
    ratings: RatingTable, movies: MovieTable, min_ratings: int
) -> tuple[dict[str, int], DataError | None]:
    """Return how many ratings a fit would leave out, by reason, and the error if none is left.

    Parameters
    ----------
    ratings : RatingTable
    movies : MovieTable
    min_ratings : int
        As in a fit.
    """
    listed = [code for code, name in enumerate(ratings.items.texts) if name in movies.movies]
    times = ratings.fit_times if ratings.has_times else None
    rows = RatingRows(ratings.user_codes, ratings.item_codes, ratings.values, times)
    try:
        items = Vocabulary(np.array(listed, dtype=np.int64))
        name = ratings.source.name
        return encode_ratings(rows, items, min_ratings=min_ratings, name=name)[2], None
    except DataError as error:
        return {}, error


def loss_findings(
    ratings: RatingTable, movies: MovieTable, error: DataError | None
) -> Iterator[Finding]:
    """Yield why nothing is left to fit, if so.

    Parameters
    ----------
    ratings : RatingTable
    movies : MovieTable
    error : DataError or None
        As in the result of :func:`dropped_ratings`.
    """
    if not movies.movies:
        hint = "is it the right file?"
        name = movies.source.name
        yield from Tally(1).finding("error", "nothing-left", name, "it holds no movies", hint)
    elif error is not None:
        name, hint = ratings.source.name, error.cli_hint or ""
        yield from Tally(1).finding("error", "nothing-left", name, str(error), hint)
