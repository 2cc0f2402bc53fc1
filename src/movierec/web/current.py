"""The model that answers now: opened anew when a `fit` has replaced its file."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from flask import Flask, current_app

from movierec.errors import MovierecError
from movierec.recommender import Recommender

_KEY = "movierec"
_log = logging.getLogger(__name__)

Identity = tuple[int, int, int]


class Current:
    """The newest model there is.

    A model file is replaced in one stroke, and what was opened before stays whole as long as
    somebody reads it: a request that has its recommender is not disturbed by a new one.

    Parameters
    ----------
    recommender : Recommender
        The first one. If it was not loaded from a file, it stays.
    """

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender
        path = recommender.card.get("path")
        self._path = Path(path).absolute() if path else None
        # Nobody knows whether the file was replaced since it was opened: the first request looks.
        self._seen: Identity | None = None
        self._opening = threading.Lock()

    def attach_to(self, app: Flask) -> None:
        """Make this what :func:`current_recommender` asks while `app` answers."""
        app.extensions[_KEY] = self

    def get(self) -> Recommender:
        """Return the recommender that answers a request."""
        found = self._identity()
        # While one request opens the new model, the others are answered by the old one.
        if self._path and found != self._seen and self._opening.acquire(blocking=False):
            try:
                self._open(self._path, found)
            finally:
                self._opening.release()
        return self._recommender

    def _identity(self) -> Identity | None:
        """Return what tells a file from another in its place; where there is none, of the last."""
        try:
            file = self._path.stat() if self._path else None
        except OSError:
            file = None
        return (file.st_ino, file.st_mtime_ns, file.st_size) if file else self._seen

    def _open(self, path: Path, found: Identity | None) -> None:
        """Open the file; one that cannot be used is left, and tried again once it is replaced."""
        try:
            self._recommender = Recommender.load(path)
        except MovierecError as error:
            _log.warning("%s; the model from before goes on answering", error)
        self._seen = found


def current_recommender() -> Recommender:
    """Return the recommender that answers the request that is being handled."""
    current: Current = current_app.extensions[_KEY]
    return current.get()
