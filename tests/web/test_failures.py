"""Pages of errors say what happened and what to do, in the status that programs expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from movierec import Recommender
from movierec.web import create_app


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nothing", 404, "There is nothing here"),
        ("/film/none", 404, "We do not know that movie"),
        ("/film/1?k=many", 422, "k is many; it must be a whole number from 1 to 100"),
        ("/similar", 422, "either title or id is required"),
    ],
)
def test_a_wrong_address_is_explained(
    client: FlaskClient, path: str, status: int, said: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert said in answer.text
    for way_on in ('href="/"', 'href="/surprise"', 'name="movies"'):
        assert way_on in answer.text
    assert "URL" not in answer.text


def test_too_many_ratings_are_explained(client: FlaskClient) -> None:
    answer = client.post("/recommend", data={"movies": "x" * 300_000})
    assert (answer.status_code, "Rate fewer movies" in answer.text) == (413, True)


def test_an_error_of_the_server_says_that_it_is_not_the_visitor(
    sample: Recommender, tmp_path: Path
) -> None:
    sample.save(tmp_path / "m")
    client = create_app(Recommender.load(tmp_path / "m")).test_client()
    content = (tmp_path / "m").read_bytes()
    (tmp_path / "m").write_bytes(content[:200] + bytes(len(content) - 200))  # in place, on purpose
    answer = client.get("/stats")
    assert answer.status_code == 503
    assert "Something broke here, not at your end" in answer.text
    assert str(tmp_path) not in answer.text
