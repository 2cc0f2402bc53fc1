"""Limits how many expensive questions are answered at once, so that cheap ones stay quick.

A list from the stored table takes a millisecond or two; explanations, recommendations and the
search for similar titles take ten times as long and more. One of these runs at a time, a few wait
for their turn, and all others are asked to come again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, g, request
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from movierec.web.worker import Worker

_KEY = "movierec.gate"
_COME_AGAIN = 1  # seconds


class Gate:
    """Lets a few threads pass at a time, and a few others wait for a short time.

    Parameters
    ----------
    n_inside : int
        How many may be inside.
    n_waiting : int
        How many may wait. Each holds a thread of the server, which needs more threads than are
        inside and waiting together.
    patience : float
        How long one waits, in seconds.
    worker : Worker, optional
        Answers those who are inside, in another process. Default: they are answered in this one.

    Attributes
    ----------
    n_refused : int
        How many were sent away.
    """

    def __init__(
        self,
        n_inside: int = 1,
        n_waiting: int = 4,
        patience: float = 1.0,
        worker: Worker | None = None,
    ) -> None:
        self._places = threading.Semaphore(n_inside)
        self._queue = threading.Semaphore(n_inside + n_waiting)
        self._patience = patience
        self.worker = worker
        self._counting = threading.Lock()
        self.n_refused = 0

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a place, and leave it at the end.

        Raises
        ------
        ServiceUnavailable
            If too many wait, or it takes too long.
        """
        if not self._queue.acquire(blocking=False):
            raise self._refusal()
        try:
            if not self._places.acquire(timeout=self._patience):
                raise self._refusal()
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._queue.release()

    def _refusal(self) -> ServiceUnavailable:
        with self._counting:
            self.n_refused += 1
        return ServiceUnavailable("the server is busy; ask again", retry_after=_COME_AGAIN)

    def attach_to(self, app: Flask) -> None:
        """Make :func:`expensive` use this gate in requests to `app`."""
        app.extensions[_KEY] = self


def current_gate() -> Gate:
    """Return the gate of the current request."""
    gate: Gate = current_app.extensions[_KEY]
    return gate


@contextmanager
def expensive() -> Iterator[None]:
    """Answer an expensive question of the current request, when it is its turn.

    A request that has its turn keeps it: questions may be nested. As a decorator, it makes a whole
    view one question.

    Raises
    ------
    ServiceUnavailable
        If too many others wait.
    HTTPException
        With the whole answer, if the gate has a worker.
    """
    if g.get("is_inside"):
        yield
        return
    gate = current_gate()
    with gate.passed():
        if gate.worker is not None:
            raise HTTPException(response=gate.worker.answer(request))
        g.is_inside = True
        try:
            yield
        finally:
            g.is_inside = False
