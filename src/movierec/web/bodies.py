"""Read and check JSON bodies: arguments of `Recommender.recommend` and `Recommender.predict`.

The fields have the names of these arguments, and the library refuses most values that are not
valid, with the messages of the command line. What is checked here are the limits of a request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from movierec import _checks
from movierec.errors import UsageError
from movierec.recommender import Recommender
from movierec.web import parameters
from movierec.web.parameters import DEFAULT_K, MOST_MOVIES, checked_text, highest_k

MOST_PEOPLE = 20  # of a group

_SHOWN = 20  # characters of a bad name in a message
_OF_PEOPLE = ("ratings", "likes", "dislikes", "by_id")
_OF_LISTS = (
    *("k", "genres", "not_genres", "years", "min_support"),
    *("diversity", "obscurity", "group"),
)

Body = dict[str, Any]


def recommend_arguments(recommender: Recommender) -> dict[str, Any]:
    """Return the JSON body of a request as arguments of `Recommender.recommend`.

    Raises
    ------
    UsageError
        If a field is unknown, or a value is not valid.
    BadRequest
        If it is no JSON, or a text is too long.
    """
    body = _body(*_OF_PEOPLE, *_OF_LISTS)
    highest = highest_k(recommender)
    k = _whole(body.pop("k", min(DEFAULT_K, highest)))
    if type(k) is not int or not 1 <= k <= highest:
        raise parameters.not_a_count("k", k, highest)
    return {"k": k} | _people(recommender, body) | _filters(body)


def predict_arguments(recommender: Recommender) -> dict[str, Any]:
    """Return the JSON body of a request as arguments of `Recommender.predict`.

    Raises
    ------
    UsageError, BadRequest
        As :func:`recommend_arguments` does.
    """
    body = _body(*_OF_PEOPLE, "movies")
    movies = _movies("movies", body.get("movies"))
    if not movies:
        raise UsageError("no movie is named", "name at least one")
    return {"movies": movies, **_people(recommender, body)}


def _body(*known: str) -> Body:
    try:
        body = request.get_json()
    except RecursionError:  # some thousand brackets cause it; Flask would call it a server error
        raise BadRequest("the body is nested too deeply") from None
    if not isinstance(body, dict):
        raise UsageError("the body is not a JSON object")
    if unknown := sorted(body.keys() - known):
        raise UsageError(f"unknown field: {unknown[0][:_SHOWN]}")
    return body


def _people(recommender: Recommender, body: Body) -> dict[str, Any]:
    highest = float(recommender.card["highest_rating"])
    by_id = _checks.truth("by_id", body.get("by_id", True))
    return {
        "ratings": _ratings(body.get("ratings", {}), highest),
        "likes": _likes(body.get("likes", []), highest),
        "dislikes": _movies("dislikes", body.get("dislikes", [])),
        "by_id": by_id,
    }


def _filters(body: Body) -> dict[str, Any]:
    """Return the arguments of a list, which the library checks."""
    found = {name: body[name] for name in _OF_LISTS if name in body}
    for name in {"genres", "not_genres"} & found.keys():
        found[name] = [checked_text(name, text) for text in _checks.texts(name, found[name])]
    if "min_support" in found:
        found["min_support"] = _whole(found["min_support"])
    if isinstance(found.get("years"), list):
        found["years"] = [_whole(year) for year in found["years"]]
    return found


def _ratings(given: Any, highest: float) -> Mapping[str, Any]:
    """Return the ratings of one person, or those of several by their names."""
    if isinstance(given, dict) and given and all(isinstance(each, dict) for each in given.values()):
        _check_number("people in ratings", given, MOST_PEOPLE)
        _check_number("movies in ratings", [m for each in given.values() for m in each])
        return {
            checked_text("a name", name): _rated("ratings", each, highest)
            for name, each in given.items()
        }
    return _rated("ratings", given, highest)


def _likes(given: Any, highest: float) -> Any:
    """Return movies, or ratings by movie, of which null is the highest."""
    return _movies("likes", given) if isinstance(given, list) else _rated("likes", given, highest)


def _rated(name: str, given: Any, highest: float) -> dict[str, float | None]:
    if not isinstance(given, dict):
        raise UsageError(f"{name} must be an object: ratings by movie")
    _check_number(f"movies in {name}", given)
    return {
        checked_text("a movie", movie): None
        if value is None and name == "likes"
        else parameters.rating(value, highest)
        for movie, value in given.items()
    }


def _movies(name: str, given: Any) -> list[int | str]:
    """Return movies: text, and numbers, which are ids."""
    if not isinstance(given, list):
        raise UsageError(f"{name} must be a list of movies")
    _check_number(f"movies in {name}", given)
    movies = [_whole(value) for value in given]
    if not all(type(movie) in (int, str) for movie in movies):
        raise UsageError(f"a movie in {name} is neither a number nor a text")
    return [checked_text("a movie", movie) if isinstance(movie, str) else movie for movie in movies]


def _check_number(what: str, given: Collection[Any], highest: int = MOST_MOVIES) -> None:
    if len(given) > highest:
        raise UsageError(f"there are {len(given):,} {what}; the maximum is {highest:,}")


def _whole(given: Any) -> Any:
    """Return 84 for 84.0, as JSON does not distinguish them; return anything else unchanged."""
    return int(given) if type(given) is float and given.is_integer() else given
