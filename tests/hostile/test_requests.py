"""Odd requests to the web app: each gets a documented status, and none takes long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from movierec import Recommender
from movierec.web import create_app
from tests.hostile._examples import examples

STATUSES = {200, 302, 303, 308, 400, 404, 405, 409, 413, 415, 422}
SECONDS = 20  # nobody waits longer; a request that freezes the server takes minutes
TEXTS = (
    *("Heat", "Alien (1979)", "", " ", "\0", "\x1b]0;pwned\x07", "\u202egnp.exe", "é" * 300),
    *("\ufdfa" * 200, "x" + " (a)" * 3000, "v " * 5000, "(" * 4000, "1" * 5000, "-1", "NaN"),
    *("9" * 400, "1e400", "null", "[]", "../../etc/passwd", "<script>", "' OR 1=1", "{{7*7}}"),
)
NUMBERS = (-1, 0, 1, 5, 10**6, 10**30, -0.0, 2.5, 1e308, float("nan"), float("inf"), True, None)
NAMES = (
    *("q", "title", "id", "k", "limit", "first", "second", "first_id", "second_id", "movies"),
    *("add", "remove", "rating", "ratings", "like", "genres", "not_genres", "user", "group", "x"),
    *("no", "seen", "want", "offer", "past", "others", "person", "guest_id", "guest_title"),
    *("guest_rating", "rate:1", "rate:x", "export", "who", "show", "list", "genre", "decade"),
)
PATHS = (
    *(
        "/",
        "/similar",
        "/recommend",
        "/why",
        "/taste",
        "/taste/file",
        "/stats",
        "/healthz",
        "/api/search",
    ),
    *("/api/similar", "/api/why", "/api/recommend", "/api/stats", "/api/openapi.json"),
    *("/map", "/map.svg", "/api/map"),
    *("/static/taste.js", "/static/../app.py", "/%00", "/api/nothing", "//", "/" + "a" * 5000),
)
Random = np.random.Generator


@pytest.fixture(scope="module")
def client(sample: Recommender) -> FlaskClient:
    return create_app(sample).test_client()


def one_of(rng: Random, values: tuple[Any, ...]) -> Any:
    return values[int(rng.integers(len(values)))]


def odd_value(rng: Random, depth: int = 0) -> Any:
    kind = int(rng.integers(6 if depth < 3 else 2))
    if kind < 2:
        return one_of(rng, TEXTS if kind else NUMBERS)
    size = int(rng.integers(5)) if rng.random() < 0.9 else 500
    if kind < 4:
        return [odd_value(rng, depth + 1) for _ in range(size)]
    keys = (one_of(rng, NAMES if rng.random() < 0.7 else TEXTS) for _ in range(size))
    return {key: odd_value(rng, depth + 1) for key in keys}


def odd_fields(rng: Random) -> list[tuple[str, str]]:
    n_fields = int(rng.integers(6)) if rng.random() < 0.9 else 400
    return [(one_of(rng, NAMES), str(one_of(rng, TEXTS))) for _ in range(n_fields)]


def odd_request(client: FlaskClient, rng: Random) -> tuple[Any, Callable[[], TestResponse]]:
    method = one_of(rng, ("GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"))
    path, query = one_of(rng, PATHS), odd_fields(rng)
    more: dict[str, Any] = {}
    body = int(rng.integers(4))
    if body == 0:
        more["data"] = json.dumps(odd_value(rng)).encode()
        more["content_type"] = one_of(rng, ("application/json", "text/plain", "application/x"))
    elif body == 1:
        fields = odd_fields(rng)
        more["data"] = {name: [text for key, text in fields if key == name] for name, _ in fields}
    elif body == 2:
        more["data"] = rng.bytes(int(rng.integers(2000)))
        more["content_type"] = one_of(rng, ("application/json", "multipart/form-data; boundary=x"))
    told = (method, path, query[:10], more)

    def send() -> TestResponse:
        return client.open(path, method=method, query_string=dict(query), **more)

    return told, send


def test_odd_requests(client: FlaskClient) -> None:
    """See docs/reliability.md for a long run."""
    rng = np.random.default_rng(1)
    for _ in range(examples(5000)):
        told, send = odd_request(client, rng)
        start = time.monotonic()
        with closing(send()) as answer:
            assert answer.status_code in STATUSES, (answer.status_code, told)
            assert time.monotonic() - start < SECONDS, told
            assert b"\x1b" not in answer.data, told
