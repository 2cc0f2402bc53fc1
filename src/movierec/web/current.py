"""The recommender that answers requests: reloaded when a fit replaces its model file."""

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


class ReloadingRecommender:
    """Holds a recommender, and loads its model file again when the file is replaced.

    A model file is replaced in one step, and an open one stays readable: a request goes on with
    the recommender it started with.

    Parameters
    ----------
    recommender : Recommender
        The first one. It is never reloaded if it was not loaded from a file.
    """

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender
        path = recommender.card.get("path")
        self._path = Path(path).absolute() if path else None
        # The file may have been replaced since it was opened, so the first request checks it.
        self._seen: Identity | None = None
        self._loading = threading.Lock()

    def attach_to(self, app: Flask) -> None:
        """Make :func:`current_recommender` return this recommender in requests to `app`."""
        app.extensions[_KEY] = self

    def get(self) -> Recommender:
        """Return the recommender for a request."""
        found = self._identity()
        # While one request loads the new model, the old one answers the others.
        if self._path and found != self._seen and self._loading.acquire(blocking=False):
            try:
                self._load(self._path, found)
            finally:
                self._loading.release()
        return self._recommender

    def _identity(self) -> Identity | None:
        """Return what identifies the file; without a file, what identified the last one."""
        try:
            file = self._path.stat() if self._path else None
        except OSError:
            file = None
        return (file.st_ino, file.st_mtime_ns, file.st_size) if file else self._seen

    def _load(self, path: Path, found: Identity | None) -> None:
        """Load the file; a bad one is not tried again until it is replaced."""
        try:
            self._recommender = Recommender.load(path)
        except MovierecError as error:
            _log.warning("%s; the previous model stays in use", error)
        self._seen = found


def current_recommender() -> Recommender:
    """Return the recommender for the current request."""
    reloading: ReloadingRecommender = current_app.extensions[_KEY]
    return reloading.get()
