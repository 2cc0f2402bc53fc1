"""What one person said of movies, as a file that the page and `recommend --ratings` read again."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable

from flask import Response

from movierec.films.catalog import Movie
from movierec.web.taste.marks import Marks


def file_of(marks: Marks, lowest: float) -> Response:
    """Return a CSV file, or a zip of two if there is a watchlist.

    What was seen has a blank rating; what is not for the person has the lowest.

    Parameters
    ----------
    marks : Marks
    lowest : float
        The lowest rating.
    """
    rated = marks.ratings(lowest)
    said = ((movie, rated.get(movie, "")) for movie in marks.of if marks.of[movie] != "want")
    ratings = _csv(("movieId", "title", "year", "rating"), said)
    wanted = marks.marked("want")
    if not wanted:
        return _attachment(ratings, "ratings.csv", "text/csv")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ratings.csv", ratings)
        watchlist = _csv(("movieId", "title", "year"), ((movie,) for movie in wanted))
        archive.writestr("watchlist.csv", watchlist)
    return _attachment(content.getvalue(), "ratings.zip", "application/zip")


def _csv(header: tuple[str, ...], rows: Iterable[tuple[Movie, *tuple[object, ...]]]) -> bytes:
    text = io.StringIO(newline="")
    cells = ((movie.movie_id, movie.title, movie.year or "", *more) for movie, *more in rows)
    csv.writer(text).writerows([header, *cells])
    return text.getvalue().encode()


def _attachment(content: bytes, name: str, kind: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer
