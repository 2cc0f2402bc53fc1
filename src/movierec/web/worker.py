"""A second process for expensive questions.

Python runs one thread at a time, and NumPy lets no other run during some of its steps. So a server
has another process compute what takes long: cheap questions do not wait for it, even on a machine
that is busy. It starts with the first such question, or with the server if the model is large, and
ends with it.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from io import BytesIO
from typing import Any

from flask import Flask, Request, Response, request
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.test import run_wsgi_app

_CODE = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from movierec.web.worker import answer_all
answer_all(sys.argv[2])
"""
_NICER = 5  # the system lets the server itself run first
# Of a request: who may ask was checked before, so headers are left out.
_ASKED = (
    *("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE"),
    *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "wsgi.url_scheme"),
)
_KEPT = ("Content-Type", "Cache-Control", "ETag", "Location", "Retry-After")  # headers
_PATIENCE = 5  # seconds
LARGE = 30_000  # movies of a model for which the first question should not have to wait


class Worker:
    """Answers requests in another process, one at a time.

    Parameters
    ----------
    address : str
        Of the model, which the process opens and reloads itself.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()

    def answer(self, asked: Request) -> Response:
        """Return the answer to a request.

        Raises
        ------
        ServiceUnavailable
            If the process ended, for example because memory ran out. The next question starts it
            again.
        """
        with self._asking:
            process = self.start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                pickle.dump((_environ(asked), asked.get_data()), process.stdin)
                process.stdin.flush()
                status, headers, body = pickle.load(process.stdout)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                self.stop()
                raise ServiceUnavailable("this took too much; ask again", retry_after=1) from error
        return Response(body, status, headers)

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, which is started if there is none."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE, json.dumps(sys.path), self._address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the server, which finishes what it answers
            )
        return self._process

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):  # what was not sent yet
                    stream.close()


def answer_all(address: str) -> None:
    """Answer the questions on stdin until it ends, which it also does with the server.

    Parameters
    ----------
    address : str
        Of the model.
    """
    from movierec.recommender import Recommender
    from movierec.web.app import create_app

    if hasattr(os, "nice"):
        os.nice(_NICER)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that nothing else gets between the answers
    os.environ.pop("MOVIEREC_TOKEN", None)
    recommender = Recommender.load(address)
    app = create_app(recommender)
    if len(recommender) >= LARGE:
        app.test_client().get("/taste")  # makes what all later questions use
    while True:
        try:
            environ, body = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(_answered(app, environ, body), answers)
        answers.flush()


def keep_body() -> None:
    """Keep the body of a request, so that it can be sent on after it was parsed."""
    request.get_data()


def _environ(asked: Request) -> dict[str, str]:
    return {name: asked.environ[name] for name in _ASKED if name in asked.environ}


def _answered(
    app: Flask, environ: dict[str, Any], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    stream = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    blocks, status, headers = run_wsgi_app(app.wsgi_app, environ | stream, buffered=True)
    kept = [(name, headers[name]) for name in _KEPT if name in headers]
    return int(status[:3]), kept, b"".join(blocks)
