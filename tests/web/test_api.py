"""The JSON API and the pages: their answers and their errors."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from movierec import AlgorithmNotFoundError, ArtifactError, Recommender
from movierec.films.names import LONGEST_TITLE, display_title
from movierec.web import create_app
from tests.conftest import Run

PAGES = [
    "/",
    "/film/1",
    "/similar?title=hamlet",
    "/taste",
    "/stats",
    "/map",
    "/why?first=1&second=2",
    "/nothing",
]


def as_json(answer: Any) -> Any:
    """Return an answer of the Python API as JSON values."""
    return json.loads(json.dumps(answer, default=dict))


@pytest.mark.parametrize("named", ["title=Toy+Story+(1995)", "id=1"])
def test_similar_is_what_python_says(client: FlaskClient, sample: Recommender, named: str) -> None:
    found = client.get(f"/api/similar?{named}&k=7").get_json()
    expected = sample.similar("Toy Story (1995)", 7)
    assert found["neighbors"] == as_json(expected)
    assert found["query"] == as_json(expected.query)
    assert len(client.get(f"/api/similar?{named}").get_json()["neighbors"]) == 10


@pytest.mark.parametrize(
    "named",
    ["first_id=1&second_id=2", "first=Toy+Story&second=toy+story+2", "first=Toy+Story&second_id=2"],
)
def test_why_is_what_python_says(client: FlaskClient, sample: Recommender, named: str) -> None:
    assert client.get(f"/api/why?{named}").get_json() == as_json(sample.why(1, 2))


def test_search_is_what_python_says(client: FlaskClient, sample: Recommender) -> None:
    found = client.get("/api/search?q=star+wa&limit=2").get_json()
    assert found["films"] == as_json(sample.search("star wa", 2))
    assert found["suggestions"] == []
    found = client.get("/api/search?q=toy+stroy").get_json()
    assert found["films"] == []
    assert found["suggestions"] == as_json(sample.suggest("toy stroy"))


def test_recommend_is_what_python_says(client: FlaskClient, sample: Recommender) -> None:
    body = {"ratings": {"1": 5, "174": 3.5, "no": 4}, "dislikes": [319, "125"], "k": 6}
    found = client.post("/api/recommend", json=body).get_json()
    expected = sample.recommend(
        6, likes={"1": 5, "174": 3.5, "no": 4}, dislikes=["319", "125"], by_id=True
    )
    assert found["recommendations"] == as_json(expected)
    assert found["rated"] == expected.n_rated
    assert found["unmatched"] == [str(error) for error in expected.unmatched] != []


FILTERS: Any = {
    "genres": ["comedy", "scifi"],
    "not_genres": ["Horror"],
    "years": (1970, 1999),
    "min_support": 5,
    "diversity": 0.3,
    "obscurity": 0.2,
}


def test_similar_filters_as_python_does(client: FlaskClient, sample: Recommender) -> None:
    asked = [("title", "Toy Story (1995)"), ("id", "6"), ("less_like_id", "2"), ("k", "5")]
    asked += [("genre", "comedy"), ("not_genre", "Horror"), ("years", "1970-1999")]
    asked += [("min_support", "5"), ("diversity", "0.3"), ("obscurity", "0.2")]
    found = client.get("/api/similar", query_string=MultiDict(asked)).get_json()
    given = FILTERS | {"genres": "comedy"}
    expected = sample.similar([1, 6], 5, less_like=2, **given)
    assert found["neighbors"] == as_json(expected) != as_json(sample.similar([1, 6], 5))
    assert found["queries"] == as_json(expected.queries)
    assert found["less_like"] == as_json(expected.less_like)
    by_year = client.get("/api/similar?title=hamlet&year=1948").get_json()
    assert by_year["query"]["title"] == "Hamlet (1948)"


def test_recommend_filters_as_python_does(client: FlaskClient, sample: Recommender) -> None:
    given = FILTERS | {"genres": ["Comedy"], "k": 5}
    found = client.post("/api/recommend", json={"ratings": {"1": 5, "174": 1}} | given).get_json()
    expected = sample.recommend(likes={1: 5, 174: 1}, **given)
    assert found["recommendations"] == as_json(expected)
    assert found["people"] == [""]


@pytest.mark.parametrize("group", ["average", "least-misery"])
def test_groups_are_what_python_says(client: FlaskClient, sample: Recommender, group: Any) -> None:
    people: Any = {"Ann": {"1": 5, "174": 2}, "Bob": {"6": 4.5}}
    body = {"ratings": people, "likes": [319], "group": group, "k": 4}
    found = client.post("/api/recommend", json=body).get_json()
    expected = sample.recommend(
        4,
        ratings=people,
        likes=[319],
        group=group,
        by_id=True,
    )
    assert found["recommendations"] == as_json(expected)
    assert found["people"] == ["Ann", "Bob"]
    assert len(found["recommendations"][0]["each"]) == 2


def test_movies_may_be_named_by_title(client: FlaskClient, sample: Recommender) -> None:
    body = {
        "by_id": False,
        "ratings": {"Toy Story (1995)": 4, "toy stroy": 2},
        "likes": {"Saw (2004)": None},
        "dislikes": [319, "Toy Story 2"],
        "k": 4,
    }
    found = client.post("/api/recommend", json=body).get_json()
    expected = sample.recommend(
        4,
        ratings={"Toy Story (1995)": 4},
        likes=["Saw (2004)"],
        dislikes=[319, "Toy Story 2"],
    )
    assert found["recommendations"] == as_json(expected)
    assert found["unmatched"] == ['no movie is called "toy stroy"']


def test_predictions_are_what_python_says(client: FlaskClient, sample: Recommender) -> None:
    people: Any = {"Ann": {"1": 5, "174": 2}, "Bob": {"6": 4.5}}
    body = {"movies": [1, "2"], "ratings": people, "dislikes": ["none"]}
    found = client.post("/api/predict", json=body).get_json()
    expected = sample.predict([1, 2], ratings=people, dislikes=["none"], by_id=True)
    assert found["predictions"] == as_json(expected)
    assert found["unmatched"] == ["no movie has the id none"]
    asked = client.post("/api/predict", json={"movies": ["hamlet"], "by_id": False})
    assert (asked.status_code, asked.get_json()["error"]) == (409, "ambiguous_title")
    bad: Any
    for bad in ({}, {"movies": []}, {"movies": 1}, {"movies": [None]}, {"movies": [1], "k": 1}):
        assert client.post("/api/predict", json=bad).status_code == 422


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("years=x", ["--years", "x"]),
        ("genre=Hero", ["--genre", "Hero"]),
        ("years=3000-", ["--years", "3000-"]),
    ],
)
def test_errors_are_those_of_the_command(
    client: FlaskClient, movierec: Run, sample_model: Path, query: str, arguments: list[str]
) -> None:
    said = client.get(f"/api/similar?id=1&{query}").get_json()
    result = movierec("similar", "1", "--id", *arguments, "--model", sample_model)
    assert result.stderr.splitlines() == [f"error: {said['message']}", f"hint: {said['hint']}"]


def test_nobody_known_gets_popular_movies(client: FlaskClient, sample: Recommender) -> None:
    found = client.post("/api/recommend", json={"ratings": {}, "k": 3}).get_json()
    assert found["recommendations"] == as_json(sample.recommend(3))
    assert found["note"] == "nothing that you like is known, so popular movies are recommended"


def test_taste_page_follows_the_rule_of_the_library(
    client: FlaskClient, sample: Recommender
) -> None:
    """One rating below the middle is no praise, and is said so."""
    form = {"id": "460", "title": "Saw (2004)", "rating": "0.5"}
    page = client.post("/taste", data=form).text
    assert "nothing that you like is known, so popular movies are recommended" in page
    expected = sample.recommend(12, likes={460: 0.5})
    assert [display_title(film.title) in html.unescape(page) for film in expected] == [True] * 12
    assert f"★ {expected[0].stars:.1f} <" in page


def test_stats_are_what_python_says_but_for_files(
    client: FlaskClient, sample: Recommender, sample_model: Path
) -> None:
    answer = client.get("/api/stats")
    found, expected = answer.get_json(), dict[str, Any](sample.stats())
    served, card = found.pop("model"), expected.pop("model")
    assert found == as_json(expected)
    assert served["fingerprint"] == card["fingerprint"]
    assert str(sample_model.parent) not in answer.text
    assert "ratings.csv" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code", "named"),
    [
        ("/api/similar?title=toy+stroy", 404, "film_not_found", "Toy Story (1995)"),
        ("/api/similar?id=999999", 404, "film_not_found", None),
        ("/api/similar?id=99999999999999999999999", 404, "film_not_found", None),
        ("/api/similar?title=hamlet", 409, "ambiguous_title", "Hamlet (1948)"),
        ("/api/why?first=hamlet&second_id=1", 409, "ambiguous_title", "Hamlet (1948)"),
        ("/api/similar", 422, "bad_parameter", None),
        ("/api/why?first=Heat&first_id=1&second_id=2", 422, "bad_parameter", None),
        ("/api/similar?id=1&k=1&k=2", 422, "bad_parameter", None),
        ("/api/similar?" + "&id=1" * 101, 422, "bad_parameter", None),
        ("/api/similar?id=1&less_like=toy+stroy", 404, "film_not_found", "Toy Story (1995)"),
        ("/api/similar?id=1&genre=Hero", 404, "nothing_found", None),
        ("/api/similar?id=1&years=1989-1980", 422, "bad_parameter", None),
        ("/api/similar?id=1&year=95x", 422, "bad_parameter", None),
        ("/api/similar?id=1&min_support=-1", 422, "bad_parameter", None),
        ("/api/similar?id=1&diversity=1.1", 422, "bad_parameter", None),
        ("/api/similar?id=1&obscurity=nan", 422, "bad_parameter", None),
        ("/api/similar?title=+", 422, "bad_parameter", None),
        ("/api/search", 422, "bad_parameter", None),
        ("/api/search?q=" + "a" * (LONGEST_TITLE + 1), 400, "bad_request", None),
        ("/api/search?q=a&limit=0", 422, "bad_parameter", None),
        *(
            (f"/api/similar?id=1&k={k}", 422, "bad_parameter", None)
            for k in ("0", "-1", "101", "1.5", "abc", "", "٣", "9" * 30, "1e1")
        ),
        ("/api/nothing", 404, "not_found", None),
        ("/api/recommend", 405, "method_not_allowed", None),
    ],
)
def test_what_is_wrong_is_said_in_json(
    client: FlaskClient, path: str, status: int, code: str, named: str | None
) -> None:
    answer = client.get(path)
    error = answer.get_json()
    assert (answer.status_code, error["error"]) == (status, code)
    assert error["message"]
    assert (named is None) == (error["films"] == [])
    assert named is None or named in [film["title"] for film in error["films"]]


GOOD = {"1": 5}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 422),
        ('{"ratings": [1]}', 422),
        ('{"ratings": {"1": "5"}}', 422),
        ('{"ratings": {"1": true}}', 422),
        ('{"ratings": {"1": NaN}}', 422),
        ('{"ratings": {"1": 1e400}}', 422),
        ('{"ratings": {"1": 5.5}}', 422),
        ('{"ratings": {"1": -1}}', 422),
        ('{"ratings": {"": 5}}', 422),
        (json.dumps({"ratings": GOOD, "k": 0}), 422),
        (json.dumps({"ratings": GOOD, "k": True}), 422),
        (json.dumps({"ratings": GOOD, "k": None}), 422),
        ("[" * 100_000, 400),
        (json.dumps({"ratings": GOOD, "k": 10**400}), 422),
        (json.dumps({"ratings": GOOD, "dislikes": "2"}), 422),
        (json.dumps({"ratings": GOOD, "dislikes": [None]}), 422),
        (json.dumps({"ratings": GOOD, "colour": 1}), 422),
        (json.dumps({"ratings": {str(i): 5 for i in range(1001)}}), 422),
        (json.dumps({"ratings": {"A": {"1": 5}, "B": 4}}), 422),
        (json.dumps({"ratings": {"A": {"1": 6}, "B": {"1": 5}}}), 422),
        (json.dumps({"ratings": {" ": {"1": 5}}}), 422),
        (json.dumps({"ratings": {f"P{i}": GOOD for i in range(21)}}), 422),
        (
            json.dumps({"ratings": {f"P{i}": {str(j): 5 for j in range(101)} for i in range(10)}}),
            422,
        ),
        (json.dumps({"likes": [True]}), 422),
        (json.dumps({"likes": [1] * 1001}), 422),
        (json.dumps({"by_id": 1}), 422),
        (json.dumps({"genres": [1]}), 422),
        (json.dumps({"genres": {"Drama": 1}}), 422),
        (json.dumps({"years": [1980]}), 422),
        (json.dumps({"years": "1980-1989"}), 422),
        (json.dumps({"years": [1989, 1980]}), 422),
        (json.dumps({"min_support": -1}), 422),
        (json.dumps({"min_support": 0.5}), 422),
        (json.dumps({"min_support": 10**400}), 404),
        (json.dumps({"diversity": True}), 422),
        (json.dumps({"obscurity": "1"}), 422),
        (json.dumps({"group": "median"}), 422),
        (json.dumps({"user": 1}), 422),
        (json.dumps({"only": "/etc/passwd"}), 422),
        (json.dumps({"ratings": {"none": 5}}), 404),
        (json.dumps({"ratings": GOOD, "x": "x" * 300_000}), 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_bodies_are_refused(client: FlaskClient, body: str, status: int) -> None:
    answer = client.post("/api/recommend", data=body, content_type="application/json")
    assert answer.status_code == status
    assert sorted(answer.get_json()) == ["error", "films", "hint", "message"]


def test_bodies_must_be_json(client: FlaskClient) -> None:
    assert client.post("/api/recommend", data="ratings=5").status_code == 415
    refused = client.delete("/api/similar")
    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_unexpected_errors_tell_nothing(
    sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **more: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Recommender, "similar", fail)
    client = create_app(sample).test_client()
    for path in ("/api/similar?id=1", "/film/1"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def test_a_missing_algorithm_is_not_called_damage(
    sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **more: Any) -> None:
        raise AlgorithmNotFoundError("no algorithm /secret/place")

    monkeypatch.setattr(Recommender, "recommend", fail)
    client = create_app(sample).test_client()
    answer = client.post("/api/recommend", json={"ratings": {"1": 5}})
    assert (answer.status_code, answer.get_json()["error"]) == (503, "algorithm_missing")
    assert "secret" not in answer.text


def test_a_damaged_model_is_said_without_its_path(
    sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **more: Any) -> None:
        raise ArtifactError("/secret/place is damaged")

    monkeypatch.setattr(Recommender, "similar", fail)
    answer = create_app(sample).test_client().get("/api/similar?id=1")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "model_damaged")
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/api/stats", "/api/similar", "/static/style.css"])
def test_every_answer_has_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


class Inline(HTMLParser):
    """Collects inline scripts and styles, and links to other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith("on")]
        self.found += [value for value in given.values() if value and "//" in value]


def inline_in(page: str) -> list[str]:
    parser = Inline()
    parser.feed(page)
    return parser.found


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_scripts_or_styles_in_them(client: FlaskClient, path: str) -> None:
    assert inline_in(client.get(path).text) == []


def test_what_is_in_a_page_would_be_seen() -> None:
    page = '<script>1</script><p style="" onclick=""><a href="https://example.com">'
    assert len(inline_in(page)) == 4


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Toy Story (1995)", "who rated it rated both"),
        ("hamlet", "1948"),
        ("qqq", "one word"),
    ],
)
def test_the_form_of_the_tutorial_works(client: FlaskClient, typed: str, shown: str) -> None:
    answer = client.post("/recommend", data={"movies": typed})
    assert answer.status_code == 303
    answer = client.get(answer.location, follow_redirects=True)
    assert answer.status_code == 200
    assert shown in answer.text


def test_pages_say_what_is_not_there(client: FlaskClient) -> None:
    assert client.get("/similar?id=nope").status_code == 404
    assert client.get("/film/nope").status_code == client.get("/cover/nope").status_code == 404
    assert client.get("/similar").status_code == 422
    assert client.post("/recommend").status_code == 422
    assert client.post("/taste", data={"id": "1"}).status_code == 422
    assert client.get("/nothing").mimetype == "text/html"


@pytest.fixture(scope="module")
def few() -> FlaskClient:
    """The app of a model with two neighbors per movie and text ids."""
    import pandas as pd

    ids = ["a/b", "ü&x", "<i>", "c d"]
    ratings = pd.DataFrame(
        [(user, movie, 1 + (user + len(movie)) % 5) for user in range(4) for movie in ids],
        columns=["userId", "movieId", "rating"],
    )
    movies = pd.DataFrame({"movieId": ids, "title": [f"Film {i}" for i in ids], "genres": "Drama"})
    return create_app(Recommender.fit(ratings, movies, n_neighbors=2)).test_client()


def test_ids_may_be_text(few: FlaskClient) -> None:
    found = few.get("/api/similar", query_string={"id": "ü&x"}).get_json()
    assert found["query"]["movie_id"] == "ü&x"
    page = few.get("/similar", query_string={"id": "a/b"}, follow_redirects=True)
    assert page.status_code == 200
    assert "Film <i>" not in page.text
    assert few.post("/api/recommend", json={"ratings": {"a/b": 5}}).status_code == 200


def test_lists_are_as_long_as_what_is_stored(few: FlaskClient) -> None:
    assert few.get("/api/similar?title=Film+a/b&k=3").status_code == 422
    assert len(few.get("/api/similar?title=Film+a/b").get_json()["neighbors"]) == 2
    schemas = few.get("/api/openapi.json").get_json()["components"]["schemas"]
    assert schemas["Length"]["maximum"] == 2


def test_other_hosts_are_refused(sample: Recommender, app: Flask) -> None:
    client = create_app(sample, trusted_hosts=["films.test"]).test_client()
    assert client.get("/healthz", headers={"Host": "films.test:80"}).status_code == 200
    assert (
        client.get("/healthz", headers={"Host": "evil.test"}).get_json()["error"] == "bad_request"
    )
    assert app.test_client().get("/healthz", headers={"Host": "any.test"}).status_code == 200
