"""What a request asks for, checked: each function reads a part or raises a `UsageError`."""

from __future__ import annotations

import math
import re
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from movierec.errors import UsageError
from movierec.recommender import Recommender

LONGEST_TEXT = 200  # characters; the longest title of MovieLens has 158
DEFAULT_K = 10
MOST_FILMS = 1000  # that one person may have rated
_HIGHEST_K = 100


def highest_k(recommender: Recommender) -> int:
    """Return how long a list may be: what is stored, as more would have to be computed."""
    stored: int = recommender.card["parameters"]["n_neighbors"]
    return min(stored, _HIGHEST_K)


def text(name: str) -> str | None:
    """Return a parameter of the address, or None."""
    given = request.args.getlist(name)
    if len(given) > 1:
        raise UsageError(f"{name} is given {len(given)} times")
    return short(name, given[0]) if given else None


def required_text(name: str) -> str:
    """Return a parameter of the address that must be there."""
    given = text(name)
    if given is None:
        raise UsageError(f"{name} is missing")
    return given


def short(name: str, given: str) -> str:
    """Return a text that is neither blank nor too long."""
    if not given.strip():
        raise UsageError(f"{name} is blank")
    if len(given) > LONGEST_TEXT:
        raise UsageError(f"{name} has {len(given)} characters; the most are {LONGEST_TEXT}")
    return given


def count(name: str, *, default: int, highest: int) -> int:
    """Return a parameter of the address that is a number from 1 up to `highest`."""
    given = text(name)
    if given is None:
        return min(default, highest)
    if not re.fullmatch(r"[0-9]{1,9}", given) or not 1 <= int(given) <= highest:
        raise _not_a_count(name, given, highest)
    return int(given)


def film(title_name: str, id_name: str) -> dict[str, Any]:
    """Return the one film that is named, as arguments for the recommender's questions."""
    title, movie_id = text(title_name), text(id_name)
    if (title is None) == (movie_id is None):
        raise UsageError(f"either {title_name} or {id_name} is needed")
    return {"query": title if movie_id is None else movie_id, "by_id": movie_id is not None}


def rating(given: Any, highest: float) -> float:
    """Return a rating on the scale of the model, from a number or a text."""
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not 0 <= value <= highest:
        raise UsageError(f"{str(given)[:20]} is no rating from 0 to {highest:g}")
    return value


def wish(recommender: Recommender) -> dict[str, Any]:
    """Return what the JSON in the body asks for, as arguments of `Recommender.recommend`.

    It is an object with ``ratings`` (by film id), and perhaps ``dislikes`` (film ids) and ``k``.
    """
    body = _body()
    if not isinstance(body, dict):
        raise UsageError("the body is no JSON object")
    if unknown := sorted(body.keys() - {"ratings", "dislikes", "k"}):
        raise UsageError(f"{unknown[0][:LONGEST_TEXT]} is nothing that can be asked for")
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
    except RecursionError:  # a few thousand brackets do it; to Flask it would be our mistake
        raise BadRequest("the body is nested too deeply") from None


def _ratings(given: Any, highest: float) -> dict[str, float]:
    if not isinstance(given, dict) or not 1 <= len(given) <= MOST_FILMS:
        raise UsageError(f"ratings is no object of ratings by film id, from 1 to {MOST_FILMS:,}")
    if not all(type(value) in (int, float) for value in given.values()):
        raise UsageError("a rating is no number")
    return {short("a film id", name): rating(value, highest) for name, value in given.items()}


def _ids(given: Any) -> list[str]:
    if not isinstance(given, list) or len(given) > MOST_FILMS:
        raise UsageError(f"dislikes is no list of film ids, at most {MOST_FILMS:,}")
    ids = [_whole(value) for value in given]
    if not all(type(value) in (int, str) for value in ids):
        raise UsageError("a film id in dislikes is neither a number nor a text")
    return [short("a film id", str(value)) for value in ids]


def _whole(given: Any) -> Any:
    """Return 84 for 84.0, which JSON does not tell apart; anything else as it is."""
    return int(given) if type(given) is float and given.is_integer() else given


def _not_a_count(name: str, given: Any, highest: int) -> UsageError:
    return UsageError(f"{name} is {str(given)[:20]}; it must be a whole number from 1 to {highest}")
