"""Error responses: JSON for programs, a page for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from movierec.errors import (
    AlgorithmNotFoundError,
    AmbiguousTitleError,
    ArtifactError,
    MovieNotFoundError,
    MovierecError,
    NothingFoundError,
    UsageError,
)
from movierec.films.catalog import Movie
from movierec.web.limits import expensive

_log = logging.getLogger(__name__)

_SEARCH_HINT = "look for it with /api/search?q=WORDS"
_KINDS: dict[type[MovierecError], tuple[int, str, str | None]] = {
    AmbiguousTitleError: (409, "ambiguous_title", "add the year, or give the id of one"),
    MovieNotFoundError: (404, "film_not_found", _SEARCH_HINT),
    NothingFoundError: (404, "nothing_found", "rate other movies, or more"),
    UsageError: (422, "bad_parameter", "/api/openapi.json describes the parameters"),
    AlgorithmNotFoundError: (503, "algorithm_missing", "install the algorithm of the model"),
    ArtifactError: (503, "model_damaged", "fit the model again"),
}
# For people: what happened, and what to do. Messages are added where they say what to change.
_WORDS: dict[int, tuple[str, str]] = {
    404: (
        "There is nothing here",
        "The address may be mistyped, or come from a model that has been replaced since.",
    ),
    413: (
        "That is too much at once",
        "Rate fewer movies, or choose a smaller file: ratings alone, without diaries and lists.",
    ),
    500: (
        "Something broke here, not at your end",
        "Try again in a minute. If it stays, tell whoever runs this server: its log says why.",
    ),
}
_BUSY_WORDS = (
    "So many questions at once",
    "This page took too long to make. Reload it in a few seconds.",
)
_OTHER_WORDS = ("That address does not work", "This is what is wrong with it:")
_SERVER_ERROR = 500  # from this status on, no change of the request would help
_UNKNOWN: tuple[int, str, str | None] = (500, "internal_server_error", None)


@dataclass(frozen=True)
class Failure:
    """Why a request failed.

    Attributes
    ----------
    error : str
        A code for programs.
    message : str
        What is wrong, for people.
    hint : str or None
        What to do about it.
    films : sequence of Movie
        Movies that may have been meant.
    """

    error: str
    message: str
    hint: str | None = None
    films: Sequence[Movie] = ()


def register_handlers(app: Flask) -> None:
    """Make `app` answer errors with a :class:`Failure`."""
    app.register_error_handler(MovierecError, _answer_error)
    app.register_error_handler(HTTPException, answer_http)


def _answer_error(error: MovierecError) -> Response:
    status, code, hint = next(
        (kind for cls, kind in _KINDS.items() if isinstance(error, cls)), _UNKNOWN
    )
    movies = getattr(error, "candidates", ())
    if isinstance(error, MovieNotFoundError):
        try:
            with expensive() if error.needs_search else nullcontext():
                movies = error.suggestions
        except HTTPException as other:
            return answer_http(other)
    if isinstance(error, UsageError | NothingFoundError):
        hint = error.hint or hint
    message = str(error)
    if status >= _SERVER_ERROR:  # for whoever runs the server; it may name files there
        _log.error("%s", error)
        message = "the server cannot answer this; its log says why"
    return _answer(status, Failure(code, message, hint, movies))


def answer_http(error: HTTPException) -> Response:
    """Answer with the headers of an HTTP error, such as ``Allow``, but not where it was raised."""
    if isinstance(error.response, Response):  # a worker answered
        return error.response
    name = error.name.lower()
    failure = Failure(name.replace(" ", "_"), error.description or name)
    response = _answer(error.code or _SERVER_ERROR, failure)
    response.headers.extend(
        (key, value) for key, value in error.get_headers() if key.lower() != "content-type"
    )
    return response


def _answer(status: int, failure: Failure) -> Response:
    if request.path.startswith(("/api/", "/healthz", "/metrics")):
        response = jsonify(failure)
    else:
        words = _WORDS.get(min(status, _SERVER_ERROR), _OTHER_WORDS)
        words = _BUSY_WORDS if failure.error == "service_unavailable" else words
        message = failure.message if words is _OTHER_WORDS else None
        page = render_template("failure.html", heading=words[0], advice=words[1], message=message)
        response = make_response(page)
    response.status_code = status
    return response
