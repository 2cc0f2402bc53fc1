"""The application: what it is made of, its limits, and what every answer says for safety."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from movierec import DEFAULT_MODEL
from movierec.recommender import Recommender
from movierec.web import api, failures, pages
from movierec.web.current import Current
from movierec.wording import counted

_LARGEST_BODY = 256 * 1024  # bytes; a thousand rated films take a tenth of that

# All scripts and styles are files of ours: none stands in a page, none comes from elsewhere.
_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SAFETY = {
    "Content-Security-Policy": _CONTENT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(
    recommender: Recommender | None = None, *, trusted_hosts: Sequence[str] | None = None
) -> Flask:
    """Return the web app of a recommender.

    Parameters
    ----------
    recommender : Recommender, optional
        If it was loaded from a file, and the file is replaced, the new one answers from then on.
        Default: the model that the environment variable ``MOVIEREC_MODEL`` names, or
        ``movierec.model``.
    trusted_hosts : sequence of str, optional
        The names by which the server may be called; others are refused. Default: any.

    Raises
    ------
    ArtifactError
        If there is no recommender and no model to open.
    """
    if recommender is None:
        recommender = Recommender.load(os.environ.get("MOVIEREC_MODEL") or DEFAULT_MODEL)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the provider that Flask sets
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.filters["counted"] = counted
    Current(recommender).attach_to(app)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(pages.blueprint)
    failures.handle_in(app)
    if trusted_hosts is not None:
        app.before_request(partial(_refuse_other_names, frozenset(trusted_hosts)))
    app.after_request(_make_safe)
    return app


def _refuse_other_names(names: frozenset[str]) -> None:
    """Refuse a request to another name; Flask's own TRUSTED_HOSTS knows no IPv6 addresses."""
    if re.sub(r":[0-9]*$", "", request.host) not in names:
        raise BadRequest("The server is not called by that name.")


def _make_safe(response: Response) -> Response:
    response.headers.update(_SAFETY)
    return response
