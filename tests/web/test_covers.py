"""A cover is the drawing of its movie, and sent once."""

from __future__ import annotations

from flask.testing import FlaskClient

from movierec import Recommender
from movierec.films.covers.cover import cover_of


def test_a_cover_is_the_drawing_of_its_movie(client: FlaskClient, sample: Recommender) -> None:
    assert client.get("/cover/1").text == cover_of(sample.movie(1))


def test_a_cover_is_sent_once(client: FlaskClient) -> None:
    first = client.get("/cover/1")
    assert first.mimetype == "image/svg+xml"
    assert first.cache_control.max_age
    again = client.get("/cover/1", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
