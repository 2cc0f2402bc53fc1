"""The recommender that answers requests: reloaded when a fit replaces its model file."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from flask import Flask, current_app, g

from movierec.errors import MovierecError
from movierec.recommender import Recommender
from movierec.store.stores import store_for

if TYPE_CHECKING:
    from movierec.answers.shelves import Shelf

_KEY = "movierec"
_log = logging.getLogger(__name__)


class ReloadingRecommender:
    """Holds a recommender, and loads its model again when that is replaced.

    A model is replaced in one step, and an open one stays readable: a request goes on with the
    recommender it started with.

    Parameters
    ----------
    recommender : Recommender
        The first one. It is never reloaded if it was not loaded from a file.
    """

    def __init__(self, recommender: Recommender) -> None:
        self._current = recommender, _version(recommender, None)
        self._shelves: tuple[Recommender, list[Shelf]] | None = None
        self._address = recommender.address
        self._store = store_for(self._address or "")
        # The model may have been replaced since it was opened, so the first request checks it.
        self._seen: object | None = None
        self._next_look = 0.0
        self._looking = threading.Lock()

    def attach_to(self, app: Flask) -> None:
        """Make :func:`current_recommender` return this recommender in requests to `app`."""
        app.extensions[_KEY] = self

    def get(self) -> tuple[Recommender, str]:
        """Return the recommender for a request, and what tells it from those before and after.

        While one request looks for a new model and loads it, the old one answers the others. No
        request waits for a server on which the model is kept.
        """
        is_due = self._address is not None and time.monotonic() >= self._next_look
        if is_due and self._looking.acquire(blocking=False):
            if self._store.SECONDS_BETWEEN_LOOKS:
                threading.Thread(target=self._look, daemon=True).start()
            else:
                self._look()
        return self._current

    def shelves(self, recommender: Recommender) -> list[Shelf]:
        """Return the shelves of the recommender for a request, which are made once."""
        found = self._shelves
        if found is None or found[0] is not recommender:
            found = self._shelves = recommender, recommender.shelves()
        return found[1]

    def _look(self) -> None:
        """Load the model if it is another; a bad one is not tried again until it is replaced."""
        try:
            address = self._address or ""
            found = self._store.identity(address)
            if found is not None and found != self._seen:
                self._load(address, found)
                self._seen = found
        finally:
            self._next_look = time.monotonic() + self._store.SECONDS_BETWEEN_LOOKS
            self._looking.release()

    def _load(self, address: str, found: object) -> None:
        try:
            recommender = Recommender.load(address)
            self._current = recommender, _version(recommender, found)
        except MovierecError as error:
            _log.warning("%s; the previous model stays in use", error)


def _version(recommender: Recommender, file: object) -> str:
    """Return what differs between any two models.

    Parameters
    ----------
    recommender : Recommender
    file : object
        What identifies its file, or None. Two models with one card were fitted in one second.
    """
    return f"{sorted(recommender.card.items())} {file}"


def current_recommender() -> Recommender:
    """Return the recommender for the current request: the same one until its end."""
    return _current()[0]


def current_version() -> str:
    """Return what differs between the model of the current request and all others."""
    return _current()[1]


def _current() -> tuple[Recommender, str]:
    if "recommender" not in g:
        reloading: ReloadingRecommender = current_app.extensions[_KEY]
        g.recommender = reloading.get()
    found: tuple[Recommender, str] = g.recommender
    return found


def current_shelves() -> list[Shelf]:
    """Return the shelves of movies for the current request."""
    reloading: ReloadingRecommender = current_app.extensions[_KEY]
    return reloading.shelves(current_recommender())
