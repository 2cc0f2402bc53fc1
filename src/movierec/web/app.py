"""The Flask application: its parts, its limits, and its security headers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from movierec import DEFAULT_MODEL
from movierec._checks import refusal, texts
from movierec._util import pluralize, printable
from movierec.films.names import dated_title, display_title
from movierec.recommender import Recommender
from movierec.web import api, failures, map_page, pages, parameters, widget
from movierec.web.access import Access, checked_origins, checked_token
from movierec.web.answers import answered_before, finish
from movierec.web.current import ReloadingRecommender
from movierec.web.limits import Gate
from movierec.web.links import cover_address, film_address
from movierec.web.logs import AccessLog
from movierec.web.metrics import Metrics
from movierec.web.taste.page import in_words
from movierec.web.taste.uploads import allow_uploads
from movierec.web.worker import Worker, keep_body

TOKEN = "MOVIEREC_TOKEN"  # the environment variable

_LARGEST_BODY = 256 * 1024  # bytes; a thousand rated movies take a tenth of that

# Scripts and styles are files of this package: none are inline, none come from other hosts.
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(
    recommender: Recommender | None = None,
    *,
    trusted_hosts: Sequence[str] | None = None,
    token: str | None = None,
    allow_origins: Sequence[str] = (),
    access_log: AccessLog | None = None,
    worker: Worker | None = None,
) -> Flask:
    """Return the web app of a recommender.

    Parameters
    ----------
    recommender : Recommender, optional
        If it was loaded from a file, it is reloaded when the file is replaced. Default: the model
        named by the environment variable ``MOVIEREC_MODEL``, or ``movierec.model``.
    trusted_hosts : sequence of str, optional
        Host names to accept in requests; others are refused. Default: any.
    token : str, optional
        What everybody who asks must know. Default: the environment variable ``MOVIEREC_TOKEN``, or
        none.
    allow_origins : sequence of str
        Of pages that may read answers of the API, such as ``https://example.org``; or ``*``.
    access_log : AccessLog, optional
        Where requests are logged. Default: nowhere.
    worker : Worker, optional
        A process that answers expensive questions. Default: this one.

    Raises
    ------
    ArtifactError
        If no recommender is given and the model cannot be opened.
    UsageError
        If an argument is of another type, or not a token or an origin.
    """
    if recommender is None:
        recommender = Recommender.load(os.environ.get("MOVIEREC_MODEL") or DEFAULT_MODEL)
    if not isinstance(recommender, Recommender):
        raise refusal("recommender", recommender, "a Recommender")
    if trusted_hosts is not None:
        trusted_hosts = texts("trusted_hosts", trusted_hosts)
    if token is None:
        token = os.environ.get(TOKEN) or None
    access = Access(checked_token(token), checked_origins(allow_origins))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "finalize": _printable}
    app.jinja_env.filters |= {"pluralize": pluralize, "name": display_title, "dated": dated_title}
    app.jinja_env.filters["in_words"] = in_words
    app.jinja_env.globals |= {"film_address": film_address, "cover_address": cover_address}
    Metrics(app, access_log)  # first, so that it sees what the others refuse
    Gate(worker=worker).attach_to(app)
    ReloadingRecommender(recommender).attach_to(app)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(widget.blueprint)
    app.register_blueprint(map_page.blueprint)
    failures.register_handlers(app)
    if trusted_hosts is not None:
        app.before_request(partial(_refuse_other_hosts, frozenset(trusted_hosts)))
    access.attach_to(app)
    app.before_request(allow_uploads)
    if worker is not None:
        app.before_request(keep_body)
    app.before_request(parameters.check_lengths)
    app.before_request(answered_before)
    app.after_request(partial(_finish, access))
    return app


def _printable(value: object) -> object:
    """Clean text in pages, too: it may turn the direction of what stands after it."""
    return printable(value) if type(value) is str else value  # not Markup, which is ours


def _refuse_other_hosts(trusted: frozenset[str]) -> None:
    """Refuse a request for another host; Flask's TRUSTED_HOSTS does not know IPv6 addresses."""
    if re.sub(r":[0-9]*$", "", request.host) not in trusted:
        raise BadRequest("This host name is not trusted.")


def _finish(access: Access, response: Response) -> Response:
    response.headers.update(_SECURITY_HEADERS)
    access.add_headers(response)
    finish(response, is_private=access.token is not None)
    return response
