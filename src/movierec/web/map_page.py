"""The map: its page, its picture for browsers without JavaScript, and its data."""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, current_app, render_template, request

from movierec.errors import MovierecError, NothingFoundError
from movierec.recommender import Recommender
from movierec.store.stores import store_for
from movierec.web.current import current_recommender

if TYPE_CHECKING:
    from movierec.maps.film_map import FilmMap

blueprint = Blueprint("map", __name__)

_KEY = "movierec.map"
_log = logging.getLogger(__name__)


class _Shown(NamedTuple):
    """A map as it is sent."""

    truth: str
    document: bytes  # JSON, packed by gzip
    pictures: dict[bool, bytes]  # SVG, packed by gzip, for a light and a dark ground


class _CurrentMap:
    """The map of the current model, which is read again when either file is replaced."""

    def __init__(self) -> None:
        self._seen: tuple[Recommender, object] | None = None
        self._shown: _Shown | None = None

    def get(self) -> _Shown | None:
        recommender = current_recommender()
        seen = recommender, self._identity(recommender)
        if self._seen != seen:
            self._shown = _read(recommender) if seen[1] is not None else None
            self._seen = seen
        return self._shown

    def _identity(self, recommender: Recommender) -> object | None:
        """Return what is different once the map is replaced; None if there is none."""
        if recommender.address is None:
            return None
        from movierec.maps.film_map import address_of  # NumPy, which other pages do without

        address = address_of(recommender.address)
        store = store_for(address)
        # A server is asked once for each model: it may take seconds to answer.
        if store.SECONDS_BETWEEN_LOOKS and self._seen and self._seen[0] is recommender:
            return self._seen[1]
        return store.identity(address)


def _read(recommender: Recommender) -> _Shown | None:
    """Return the stored map, or None if there is none of this model that can be used."""
    try:
        found = recommender.stored_map()
        return None if found is None else _packed(recommender, found)
    except MovierecError as error:
        _log.warning("%s; there is no map until it is replaced", error)
        return None


def _packed(recommender: Recommender, found: FilmMap) -> _Shown:
    from movierec.maps.document import as_json, truth_in_words
    from movierec.maps.picture import draw_svg

    document = recommender.map_document(found)
    pictures = {dark: _pack(draw_svg(document, dark=dark)) for dark in (False, True)}
    return _Shown(truth_in_words(found), _pack(as_json(document)), pictures)


def _pack(text: str) -> bytes:
    return gzip.compress(text.encode("utf-8", "replace"), 6, mtime=0)


def _current() -> _Shown | None:
    found: _CurrentMap = current_app.extensions.setdefault(_KEY, _CurrentMap())
    return found.get()


@blueprint.get("/map")
def page() -> str:
    """Show all movies as a landscape."""
    return render_template("map.html", map=_current(), count=len(current_recommender()))


@blueprint.get("/map.svg")
def picture() -> Response:
    """Return the map as a picture."""
    shown = _required()
    return _sent(shown.pictures[request.args.get("ground") == "dark"], "image/svg+xml")


def document() -> Response:
    """Return the places, names and numbers of all movies, and the regions of the map."""
    return _sent(_required().document, "application/json")


def _required() -> _Shown:
    shown = _current()
    if shown is None:
        raise NothingFoundError("there is no map of this model", "make one with: movierec map")
    return shown


def _sent(packed: bytes, kind: str) -> Response:
    """Send what browsers ask for again each time, and get again only if it is another."""
    if request.accept_encodings["gzip"]:
        response = Response(packed, mimetype=kind, headers={"Content-Encoding": "gzip"})
    else:
        response = Response(gzip.decompress(packed), mimetype=kind)
    response.vary.add("Accept-Encoding")
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response
