"""How answers travel: which may be kept, what tells them apart, and which are compressed."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Response, request

from movierec import __version__
from movierec.web.current import current_version

_LEAST_COMPRESSED = 1024  # bytes; below, the headers weigh more than what is saved
_LEVEL = 4  # a list of ten movies shrinks to a fifth in 0.1 ms; higher levels save 2 % more
_TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")
_KEPT = (200, 304)


def answered_before() -> Response | None:
    """Answer a request whose answer the client has, without computing it.

    An answer depends on the model, the address and the program alone, and so does its tag. A
    client only has the tag of an answer that was sent with it.
    """
    known = request.if_none_match
    if request.method not in ("GET", "HEAD") or not known or known.star_tag:
        return None
    return Response(status=304) if known.contains_weak(_tag()) else None


def finish(response: Response, *, is_private: bool) -> None:
    """Add the headers of caches to an answer, and compress it.

    Parameters
    ----------
    response : Response
    is_private : bool
        Whether only those who know the token may see it.
    """
    if request.method == "POST":  # it holds what somebody rated
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code in _KEPT and not _has_rules(response):
        response.set_etag(_tag(), weak=True)
        response.cache_control.no_cache = True
    if is_private and not response.cache_control.no_store:
        response.cache_control.private = True
    if request.method != "POST" or response.mimetype == "text/html":  # pages hold many covers
        _compress(response)


def _has_rules(response: Response) -> bool:
    """Tell whether the view said what caches may do, as that of covers does."""
    return "Cache-Control" in response.headers or "ETag" in response.headers


def _tag() -> str:
    parts = (current_version(), _program(), request.script_root, request.full_path)
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:32]


@cache
def _program() -> str:
    """Return what tells versions of the program apart, also those that are being written."""
    files = Path(__file__).parent.rglob("*.*")
    return f"{__version__} {max(file.stat().st_mtime_ns for file in files)}"


def _compress(response: Response) -> None:
    if not (response.mimetype or "").startswith(_TEXT):
        return
    response.vary.add("Accept-Encoding")
    is_long = (response.content_length or 0) >= _LEAST_COMPRESSED
    if not is_long or response.status_code != 200 or "Content-Encoding" in response.headers:
        return
    if not request.accept_encodings["gzip"] or _is_made_by_another_site():
        return
    response.direct_passthrough = False  # of static files
    response.set_data(gzip.compress(response.get_data(), _LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag:  # of the text, whichever way it is sent
        response.set_etag(tag, weak=True)


def _is_made_by_another_site() -> bool:
    """Tell whether another site's page made a browser ask, with the cookie of its user.

    Such a page chooses the address. If it could see how long the compressed answer is, it could
    guess what else is in it (BREACH).
    """
    return bool(request.cookies) and request.headers.get("Sec-Fetch-Site") == "cross-site"
