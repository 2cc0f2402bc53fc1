"""Read and check the parameters of requests.

Each function raises a `UsageError` (status 422) if a parameter is not valid, and a `BadRequest`
(status 400) if it is too long to be looked at.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from flask import request
from werkzeug.exceptions import BadRequest

from movierec.errors import UsageError
from movierec.films.catalog import Movie
from movierec.films.names import LONGEST_TITLE, normalized_length
from movierec.recommender import Recommender

DEFAULT_K = 10
MOST_MOVIES = 1000  # that one person may have rated
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
        raise _not_a_count(name, given, highest)
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
    given = text(name)
    try:
        value = float(given or 0)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise UsageError(f"{name} is {str(given)[:_SHOWN]}; it must be a number from 0 to 1")
    return value


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
    if title is not None and movie_id is None:
        return NamedMovie(title, by_id=False)
    if movie_id is not None and title is None:
        return NamedMovie(movie_id, by_id=True)
    raise UsageError(f"either {title_name} or {id_name} is required")


def rating(given: Any, highest: float) -> float:
    """Return a rating on the scale of the model.

    Parameters
    ----------
    given : object
        A number, or a text.
    highest : float
        The highest rating.

    Raises
    ------
    UsageError
        If it is not a number from 0 to the highest rating.
    """
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not 0 <= value <= highest:
        raise UsageError(f"{str(given)[:_SHOWN]} is not a rating from 0 to {highest:g}")
    return value


def recommend_arguments(recommender: Recommender) -> dict[str, Any]:
    """Return the JSON body of a request as arguments of `Recommender.recommend`.

    The body is an object with ``ratings`` (by movie id), and optionally ``dislikes`` (movie ids)
    and ``k``.

    Raises
    ------
    UsageError
        If it is anything else, or a value is not valid.
    """
    body = _body()
    if not isinstance(body, dict):
        raise UsageError("the body is not a JSON object")
    if unknown := sorted(body.keys() - {"ratings", "dislikes", "k"}):
        raise UsageError(f"unknown field: {unknown[0][:_SHOWN]}")
    highest = highest_k(recommender)
    k = _whole(body.get("k", min(DEFAULT_K, highest)))
    if type(k) is not int or not 1 <= k <= highest:
        raise _not_a_count("k", k, highest)
    return {
        "likes": _ratings(body.get("ratings"), recommender.card["highest_rating"]),
        "dislikes": _ids(body.get("dislikes", [])),
        "k": k,
        "by_id": True,
    }


def _body() -> Any:
    try:
        return request.get_json()
    except RecursionError:  # some thousand brackets cause it; Flask would call it a server error
        raise BadRequest("the body is nested too deeply") from None


def _ratings(given: Any, highest: float) -> dict[str, float]:
    if not isinstance(given, dict) or len(given) > MOST_MOVIES:
        raise UsageError(
            f"ratings must be an object of at most {MOST_MOVIES:,} ratings by movie id"
        )
    if not all(type(value) in (int, float) for value in given.values()):
        raise UsageError("a rating is not a number")
    return {
        checked_text("a movie id", name): rating(value, highest) for name, value in given.items()
    }


def _ids(given: Any) -> list[str]:
    if not isinstance(given, list) or len(given) > MOST_MOVIES:
        raise UsageError(f"dislikes must be a list of at most {MOST_MOVIES:,} movie ids")
    ids = [_whole(value) for value in given]
    if not all(type(value) in (int, str) for value in ids):
        raise UsageError("a movie id in dislikes is neither a number nor a string")
    return [checked_text("a movie id", str(value)) for value in ids]


def _whole(given: Any) -> Any:
    """Return 84 for 84.0, as JSON does not distinguish them; return anything else unchanged."""
    return int(given) if type(given) is float and given.is_integer() else given


def _not_a_count(name: str, given: Any, highest: int) -> UsageError:
    return UsageError(
        f"{name} is {str(given)[:_SHOWN]}; it must be a whole number from 1 to {highest}"
    )
