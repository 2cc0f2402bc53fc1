"""Answers are compressed for clients that ask for it, and are otherwise the same."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

ASKED = {"Accept-Encoding": "gzip, deflate, br"}
LARGE = ["/", "/film/1", "/stats", "/cover/1", "/static/style.css", "/api/similar?title=Toy+Story"]


@pytest.mark.parametrize("path", LARGE)
def test_a_compressed_answer_is_the_same(client: FlaskClient, path: str) -> None:
    plain, small = client.get(path, buffered=True), client.get(path, buffered=True, headers=ASKED)
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert small.content_length == len(small.data) < len(plain.data) / 2
    ours = {"Content-Encoding", "Content-Length", "Date", "ETag"}
    for name, value in plain.headers:
        assert name in ours or small.headers[name] == value
    assert client.head(path, buffered=True, headers=ASKED).content_length == len(small.data)
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("asked", ["", "identity", "br", "gzip;q=0", "*;q=0"])
def test_nobody_gets_what_they_cannot_read(client: FlaskClient, asked: str) -> None:
    answer = client.get("/film/1", headers={"Accept-Encoding": asked})
    assert "Content-Encoding" not in answer.headers
    assert b"</html>" in answer.data


@pytest.mark.parametrize("path", ["/suggestions?q=toy", "/static/icon.svg", "/similar?title=1"])
def test_small_answers_stay_as_they_are(client: FlaskClient, path: str) -> None:
    assert (
        client.get(path, buffered=True, headers=ASKED).data == client.get(path, buffered=True).data
    )


@pytest.mark.parametrize("path", ["/cover/1", "/static/style.css"])
def test_a_compressed_answer_that_is_still_the_same_is_not_sent_again(
    client: FlaskClient, path: str
) -> None:
    first = client.get(path, buffered=True, headers=ASKED)
    again = client.get(
        path, buffered=True, headers=ASKED | {"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Vary"] == "Accept-Encoding"
