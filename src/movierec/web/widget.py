"""The element by which pages of other sites show movies like one, and the list that it shows."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template

from movierec.errors import AmbiguousTitleError, MovieNotFoundError
from movierec.web import parameters
from movierec.web.current import current_recommender
from movierec.web.pages import choose

blueprint = Blueprint("widget", __name__)
blueprint.register_error_handler(MovieNotFoundError, choose)
blueprint.register_error_handler(AmbiguousTitleError, choose)

_LENGTH = 6
_AN_HOUR = 60 * 60  # seconds


@blueprint.get("/widget.js")
def script() -> Response:
    """Return the script that defines the element."""
    answer = current_app.send_static_file("widget.js")
    answer.cache_control.no_cache = None
    answer.cache_control.max_age = _AN_HOUR
    return answer


@blueprint.get("/widget")
def movies() -> str:
    """Return the movies like one, as a list without a page around it."""
    named, recommender = parameters.movie("title", "id"), current_recommender()
    k = parameters.count("k", default=_LENGTH, highest=parameters.highest_k(recommender))
    found = recommender.similar(named.text, k, by_id=named.by_id)
    return render_template("widget.html", found=found)
