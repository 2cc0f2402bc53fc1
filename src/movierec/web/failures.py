"""What is answered when something is wrong: JSON to programs, a page with choices to people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from movierec.catalog import Movie
from movierec.errors import (
    AmbiguousTitleError,
    ArtifactError,
    MovieNotFoundError,
    MovierecError,
    NothingFoundError,
    UsageError,
)

_log = logging.getLogger(__name__)

_LOOK = "look for it with /api/search?q=WORDS"
_KINDS: dict[type[MovierecError], tuple[int, str, str | None]] = {
    AmbiguousTitleError: (409, "ambiguous_title", "add the year, or give the id of one"),
    MovieNotFoundError: (404, "film_not_found", _LOOK),
    NothingFoundError: (404, "nothing_found", "rate other films, or more"),
    UsageError: (422, "bad_parameter", "/api/openapi.json describes what can be asked"),
    ArtifactError: (503, "model_damaged", "fit the model again"),
}
_OURS = 500  # and above: what no other request would mend
_UNKNOWN: tuple[int, str, str | None] = (500, "internal_server_error", None)


@dataclass(frozen=True)
class Failure:
    """Why a request has no answer.

    Attributes
    ----------
    status : int
        Of HTTP.
    code : str
        The same for programs, in words.
    message : str
    hint : str or None
    films : sequence of Movie
        Those that may have been meant.
    """

    status: int
    code: str
    message: str
    hint: str | None = None
    films: Sequence[Movie] = ()


def handle_in(app: Flask) -> None:
    """Let `app` answer errors in this way."""
    app.register_error_handler(MovierecError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http)


def _answer_error(error: MovierecError) -> Response:
    status, code, hint = next(
        (kind for cls, kind in _KINDS.items() if isinstance(error, cls)), _UNKNOWN
    )
    films = getattr(error, "candidates", getattr(error, "suggestions", ()))
    message = str(error)
    if status >= _OURS:  # it is of use to who runs the server, and may name files there
        _log.error("%s", error)
        message = "the server cannot answer this; its log says why"
    return _answer(Failure(status, code, message, hint, films))


def _answer_http(error: HTTPException) -> Response:
    """Answer as HTTP has it: its headers, such as ``Allow``, and nothing of where it arose."""
    name = error.name.lower()
    failure = Failure(error.code or 500, name.replace(" ", "_"), error.description or name)
    response = _answer(failure)
    response.headers.extend(
        (key, value) for key, value in error.get_headers() if key.lower() != "content-type"
    )
    return response


def _answer(failure: Failure) -> Response:
    if request.path.startswith(("/api/", "/healthz")):
        response = jsonify(
            error=failure.code, message=failure.message, hint=failure.hint, films=failure.films
        )
    else:
        response = make_response(render_template("failure.html", failure=failure))
    response.status_code = failure.status
    return response
