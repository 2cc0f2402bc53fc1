"""Who may ask: programs with the token, browsers that gave it once, and pages of other sites."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from movierec._checks import texts
from movierec.errors import UsageError

COOKIE = "movierec_access"
ANY_ORIGIN = "*"

_A_MONTH = 30 * 24 * 60 * 60  # seconds
_TOKEN = r"[!-~]{16,200}"
_MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe())" makes one'
_ORIGIN = r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?"
_OPEN = {"api.health", "access.log_in", "static"}  # views; static files say nothing of the model
# What pages of other sites may read, and show by the element of static/widget.js.
_SHARED = ("/api/", "/healthz", "/widget", "/cover")
_CHALLENGE = WWWAuthenticate("bearer", {"realm": "movierec"})
_HERE = r"/(?![/\\])[^\x00-\x20\\]*"  # an address on this server


@dataclass(frozen=True)
class Access:
    """Checks requests.

    Parameters
    ----------
    token : str or None
        What everybody must know.
    origins : collection of str
        Of pages that may read answers of the API, such as ``https://example.org``; or ``*``.
    """

    token: str | None
    origins: Collection[str]

    def attach_to(self, app: Flask) -> None:
        """Check the requests to `app`, with a page to log in if there is a token."""
        app.before_request(self.check)
        if self.token is not None:
            app.register_blueprint(_login_of(self))

    def check(self) -> BaseResponse | None:
        """Answer a preflight request, and refuse a request without the token.

        Raises
        ------
        Unauthorized
            If a program asks without it. A browser gets the page to log in.
        """
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204)  # add_headers says what is allowed
        if self.token is None or request.endpoint in _OPEN or self._is_known():
            return None
        if request.path.startswith(("/api/", "/metrics")) or request.method == "POST":
            raise Unauthorized("the token is missing or wrong", www_authenticate=_CHALLENGE)
        return _form(401, request.full_path.removesuffix("?"))

    def _is_known(self) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        by_header = kind.casefold() == "bearer" and self.is_token(given.strip())
        return by_header or _is_same(request.cookies.get(COOKIE, ""), self.cookie())

    def is_token(self, given: str) -> bool:
        """Tell whether a text is the token, in a time that does not depend on the text."""
        return self.token is not None and _is_same(given, self.token)

    def cookie(self) -> str:
        """Return the value of the cookie; the token does not follow from it."""
        return hmac.digest((self.token or "").encode(), b"cookie of a browser", "sha256").hex()

    def add_headers(self, response: Response) -> None:
        """Let pages of the allowed origins read the answer.

        Only text of the configuration gets into a header, never what the request says.
        """
        if not self.origins or not request.path.startswith(_SHARED):
            return
        if ANY_ORIGIN not in self.origins:
            response.vary.add("Origin")
        given = request.headers.get("Origin", "")
        allowed = next((each for each in self.origins if each in (ANY_ORIGIN, given)), None)
        if allowed is None:
            return
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Access-Control-Max-Age"] = "7200"


def checked_token(given: object) -> str | None:
    """Return a token that is long enough and can stand in a header, or None if it is None.

    Raises
    ------
    UsageError
        If it cannot be one. The message does not repeat it.
    """
    if given is None:
        return None
    if not isinstance(given, str) or not re.fullmatch(_TOKEN, given):
        raise UsageError(
            "a token must have 16 to 200 characters: letters, digits and signs of ASCII", _MAKE_ONE
        )
    return given


def checked_origins(given: Sequence[str]) -> tuple[str, ...]:
    """Return origins, such as ``https://example.org``, or ``*``.

    Raises
    ------
    UsageError
        If one is not an origin.
    """
    origins = texts("allow_origins", given)
    for origin in origins:
        if origin != ANY_ORIGIN and not re.fullmatch(_ORIGIN, origin):
            raise UsageError(
                f'"{origin}" is not an origin', "write it as https://example.org, without a path"
            )
    return origins


def _login_of(access: Access) -> Blueprint:
    """Return the page to log in; it is there if a token is."""
    blueprint = Blueprint("access", __name__)

    @blueprint.route("/login", methods=["GET", "POST"])
    def log_in() -> BaseResponse:
        """Give a browser the cookie if its user knows the token."""
        if request.method == "GET":
            return _form(200, "/")
        then = request.form.get("then", "/")
        then = then if re.fullmatch(_HERE, then) else "/"
        if not access.is_token(request.form.get("token", "").strip()):
            return _form(401, then, message="This is not the token of this server.")
        answer = redirect(then, code=303)
        is_secure = request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"
        answer.set_cookie(
            COOKIE, access.cookie(), _A_MONTH, httponly=True, samesite="Lax", secure=is_secure
        )
        return answer

    return blueprint


def _form(status: int, then: str, message: str | None = None) -> Response:
    """Return the page to log in, which goes on to an address."""
    answer = make_response(render_template("login.html", then=then, message=message), status)
    answer.headers["Cache-Control"] = "no-store"
    if status == 401:
        answer.www_authenticate = _CHALLENGE
    return answer


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
