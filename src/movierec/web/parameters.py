"""Read and check the parameters of requests.

Each function raises a `UsageError` (status 422) if a parameter is not valid, and a `BadRequest`
(status 400) if it is too long to be looked at.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, NamedTuple

from flask import request
from werkzeug.exceptions import BadRequest

from movierec._checks import as_float, number, shown
from movierec.errors import UsageError
from movierec.films.catalog import Movie
from movierec.films.names import LONGEST_TITLE, normalized_length
from movierec.recommender import Recommender

DEFAULT_K = 10
MOST_MOVIES = 1000  # that one person may have rated
MOST_NAMED = 100  # in an address
_HIGHEST_K = 100
_SHOWN = 20  # characters of a bad value in a message


class NamedMovie(NamedTuple):
    """A movie named in a request, by its title or its id."""

    text: str
    by_id: bool

    def query(self, recommender: Recommender) -> str | Movie:
        """Return it as a query that may be mixed with others.

        Only an id is looked up: a title is resolved by whatever it is passed to.
        """
        return recommender.movie(self.text, by_id=True) if self.by_id else self.text


def highest_k(recommender: Recommender) -> int:
    """Return the maximum length of a list: what is stored, since more would be computed."""
    stored: int = recommender.card["parameters"]["n_neighbors"]
    return min(stored, _HIGHEST_K)


def text(name: str) -> str | None:
    """Return a query parameter, or None.

    Raises
    ------
    UsageError
        If it is given several times or blank.
    BadRequest
        If it is too long.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise UsageError(f"{name} is given {len(given)} times")
    return checked_text(name, given[0]) if given else None


def texts(name: str) -> list[str]:
    """Return all values of a query parameter that may be repeated.

    Raises
    ------
    UsageError
        If one is blank.
    BadRequest
        If one is too long.
    """
    return [checked_text(name, given) for given in request.args.getlist(name)]


def required_text(name: str) -> str:
    """Return a query parameter that must be given.

    Raises
    ------
    UsageError
        If it is missing, given several times or blank.
    BadRequest
        If it is too long.
    """
    given = text(name)
    if given is None:
        raise UsageError(f"{name} is missing")
    return given


def checked_text(name: str, given: str) -> str:
    """Return a text that is neither blank nor too long.

    Parameters
    ----------
    name : str
        What it is, for the error message.
    given : str

    Raises
    ------
    UsageError
        If it is blank.
    BadRequest
        If it is too long.
    """
    check_length(name, given)
    if not given.strip():
        raise UsageError(f"{name} is blank")
    return given


def check_length(name: str, given: str) -> None:
    """Refuse a text that is longer than any title.

    Parameters
    ----------
    name : str
        What it is, for the error message.
    given : str

    Raises
    ------
    BadRequest
        If it is too long after normalization, which makes 18 characters of U+FDFA.
    """
    if (length := normalized_length(given)) > LONGEST_TITLE:
        raise BadRequest(
            f"{name} has {length:,} characters (normalized by NFKD); the maximum is {LONGEST_TITLE}"
        )


def check_lengths() -> None:
    """Refuse a request that has a text that is too long in its address or form.

    Raises
    ------
    BadRequest
        If there is one.
    """
    for fields in (request.args, request.form):
        for name, given in fields.items(multi=True):
            check_length(name[:_SHOWN], given)


def count(name: str, *, default: int, highest: int) -> int:
    """Return a query parameter that is a whole number from 1 to `highest`.

    Parameters
    ----------
    name : str
    default, highest : int

    Raises
    ------
    UsageError
        If it is not such a number.
    """
    given = text(name)
    if given is None:
        return min(default, highest)
    if not re.fullmatch(r"[0-9]{1,9}", given) or not 1 <= int(given) <= highest:
        raise not_a_count(name, given, highest)
    return int(given)


def optional_count(name: str, *, highest: int) -> int | None:
    """Return a query parameter that is a whole number from 1 to `highest`, or None.

    Parameters
    ----------
    name : str
    highest : int

    Raises
    ------
    UsageError
        If it is not such a number.
    """
    return None if text(name) is None else count(name, default=1, highest=highest)


def share(name: str) -> float:
    """Return a query parameter that is a number from 0 to 1; 0 if it is not given.

    Raises
    ------
    UsageError
        If it is not such a number.
    """
    given: object = text(name) or 0
    with suppress(ValueError):
        given = float(str(given))
    return number(name, given, 0, 1, "0 turns it off")


def length(recommender: Recommender) -> int:
    """Return the query parameter ``k``: the length of a list."""
    return count("k", default=DEFAULT_K, highest=highest_k(recommender))


def movie(title_name: str, id_name: str) -> NamedMovie:
    """Return the movie that one of two query parameters names.

    Parameters
    ----------
    title_name, id_name : str
        The names of the parameters.

    Raises
    ------
    UsageError
        If both are given, or neither.
    """
    title, movie_id = text(title_name), text(id_name)
    if (title is None) == (movie_id is None):
        raise UsageError(f"either {title_name} or {id_name} is required")
    return movies(title_name, id_name)[0]


def movies(title_name: str, id_name: str) -> list[NamedMovie]:
    """Return the movies that two query parameters name, which may be repeated; titles first.

    Parameters
    ----------
    title_name, id_name : str
        The names of the parameters.

    Raises
    ------
    UsageError
        If there are too many, or one is blank.
    """
    found = [NamedMovie(title, by_id=False) for title in texts(title_name)]
    found += [NamedMovie(movie_id, by_id=True) for movie_id in texts(id_name)]
    if len(found) > MOST_NAMED:
        raise UsageError(f"{len(found):,} movies are named; the maximum is {MOST_NAMED}")
    return found


def rating(given: object, highest: float) -> float:
    """Return a rating on the scale of the model.

    Parameters
    ----------
    given : object
    highest : float
        The highest rating.

    Raises
    ------
    UsageError
        If it is not a number from 0 to the highest rating.
    """
    value = as_float(given)
    if value is None or not 0 <= value <= highest:
        said = shown(given) if value is None else f"{value:g}"
        raise UsageError(f"{said} is not a rating", f"the highest is {highest:g}")
    return value


def typed_rating(given: str, highest: float) -> float:
    """Return a rating that was typed or chosen in a form; see :func:`rating`."""
    try:
        return rating(float(given), highest)
    except ValueError:
        return rating(given, highest)


def not_a_count(name: str, given: Any, highest: int) -> UsageError:
    """Return the error for a value that is no whole number from 1 to `highest`."""
    return UsageError(
        f"{name} is {str(given)[:_SHOWN]}; it must be a whole number from 1 to {highest}"
    )
