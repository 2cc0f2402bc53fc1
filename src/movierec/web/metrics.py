"""Counts requests, and how long they take; shows both in the text format of Prometheus."""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from movierec import __version__
from movierec.web.current import current_recommender
from movierec.web.limits import current_gate
from movierec.web.logs import AccessLog, Request

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"  # the route and the method of what this server does not have

_KEY = "movierec.metrics"
_ROUTE = "movierec.route"  # in the environment of a request
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")  # others are as many as a client makes up

Labels = Mapping[str, object]
Sample = tuple[str, Labels, float]  # what is appended to the name of the metric, labels, value

blueprint = Blueprint("metrics", __name__)


class Metrics:
    """Counts the requests to an application, at its door, and logs them if there is a log.

    Parameters
    ----------
    app : Flask
    log : AccessLog, optional
    """

    def __init__(self, app: Flask, log: AccessLog | None) -> None:
        self._app, self._log = app.wsgi_app, log
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)
        app.wsgi_app = self  # type: ignore[method-assign]
        app.extensions[_KEY] = self
        app.before_request(_note_route)
        app.register_blueprint(blueprint)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request as WSGI demands."""
        start, answered = time.perf_counter(), _Answered(start_response)
        answer = self._app(environ, answered)
        seconds = time.perf_counter() - start
        route = environ.get(_ROUTE, OTHER)
        asked = Request(environ, route, answered.status, answered.n_bytes, seconds)
        self._count(asked)
        if self._log:
            self._log.write(asked)
        return answer

    def _count(self, asked: Request) -> None:
        method = asked.environ["REQUEST_METHOD"]
        with self._lock:
            self._requests[asked.route, method if method in _METHODS else OTHER, asked.status] += 1
            self._buckets[asked.route][bisect_left(BUCKETS, asked.seconds)] += 1
            self._seconds[asked.route] += asked.seconds

    def requests(self) -> list[Sample]:
        """Return how many requests there were by route, method and status."""
        with self._lock:
            counts = sorted(self._requests.items())
        return [
            ("", {"route": route, "method": method, "status": status}, count)
            for (route, method, status), count in counts
        ]

    def durations(self) -> list[Sample]:
        """Return how many requests took at most how long, by route."""
        with self._lock:
            found = [
                (route, list(counts), self._seconds[route])
                for route, counts in sorted(self._buckets.items())
            ]
        return [sample for each in found for sample in _histogram(*each)]


class _Answered:
    """Notes the status and the length of an answer on its way."""

    def __init__(self, start_response: Any) -> None:
        self._start_response = start_response
        self.status = 500
        self.n_bytes: int | None = None

    def __call__(self, status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        self.status = int(status[:3])
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        self.n_bytes = int(lengths[0]) if lengths else None
        return self._start_response(status, headers, *error)


def _note_route() -> None:
    """Note the rule that a request matched; paths are as many as there are movies, and more."""
    if request.url_rule is not None:
        request.environ[_ROUTE] = request.url_rule.rule


def _histogram(route: str, counts: list[int], seconds: float) -> Iterator[Sample]:
    total = 0
    for bound, count in zip((*BUCKETS, "+Inf"), counts, strict=True):
        total += count
        yield "_bucket", {"route": route, "le": bound}, total
    yield "_sum", {"route": route}, round(seconds, 6)
    yield "_count", {"route": route}, total


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the figures of this process."""
    answer = Response("".join(_text()), content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _text() -> Iterator[str]:
    counted: Metrics = current_app.extensions[_KEY]
    gate, recommender = current_gate(), current_recommender()
    card = recommender.card
    model = {name: card[name] for name in ("algorithm", "created", "fingerprint")}
    yield from _metric("movierec_requests_total", "counter", "Requests.", counted.requests())
    yield from _metric(
        "movierec_request_seconds",
        "histogram",
        "Time in the application, without that in the queue of the server.",
        counted.durations(),
    )
    yield from _metric(
        "movierec_refused_busy_total",
        "counter",
        "Expensive questions that were refused because too many others waited.",
        [("", {}, gate.n_refused)],
    )
    info: list[Sample] = [("", {"version": __version__} | model, 1)]
    yield from _metric("movierec_model_info", "gauge", "The model in use.", info)
    yield from _metric(
        "movierec_model_films", "gauge", "Movies in the model.", [("", {}, len(recommender))]
    )
    yield from _process()


def _process() -> Iterator[str]:
    yield from _metric(
        "process_cpu_seconds_total", "counter", "Processor time.", [("", {}, time.process_time())]
    )
    statm = Path("/proc/self/statm")
    if statm.exists():  # only Linux has it
        n_bytes = int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        text = "Memory, with the parts of the model file that are in it."
        yield from _metric("process_resident_memory_bytes", "gauge", text, [("", {}, n_bytes)])


def _metric(name: str, kind: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
    for suffix, labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(str(each))}"' for label, each in labels.items())
        yield f"{name}{suffix}{f'{{{inside}}}' if inside else ''} {value}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
