"""The addresses of movies and of their covers."""

from __future__ import annotations

import re
from typing import Any

from flask import url_for

from movierec.films.covers.cover import VERSION

_PLAIN = r"(?!\.)[\w.~-]+"  # an id that is one step of a path


def film_address(movie: Any, **values: Any) -> str:
    """Return the address of a movie's page.

    Parameters
    ----------
    movie : Movie or another record with ``movie_id``
    **values : str or None
        Filters of the list; None is left out.
    """
    return _address("film", movie, **values)


def cover_address(movie: Any) -> str:
    """Return the address of a movie's cover.

    Parameters
    ----------
    movie : Movie or another record with ``movie_id``
    """
    return _address("cover", movie, v=str(VERSION))


def _address(page: str, movie: Any, **values: Any) -> str:
    movie_id = str(movie["movie_id"])
    if re.fullmatch(_PLAIN, movie_id):
        return url_for(f"pages.{page}", movie_id=movie_id, **values)
    return url_for(f"pages.{page}_of_id", id=movie_id, **values)
