"""What a single request may ask for: its texts have limits, and few titles are searched for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from movierec import DataError, Recommender
from movierec.films.names import LONGEST_TITLE, normalized_length
from movierec.films.search import TitleSearch
from movierec.web import create_app
from movierec.web.parameters import MOST_MOVIES
from tests.web.conftest import app, client

__all__ = ["app", "client"]  # fixtures

FITS = [
    "a" * LONGEST_TITLE,
    "\ufdfa" * (LONGEST_TITLE // 18),
    "é" * (LONGEST_TITLE // 2),
    "\ud55c" * (LONGEST_TITLE // 3),
]
TOO_LONG = [text + text[0] for text in FITS] + ["\u0300\u0316" * 20_000, " " * 200_000]
ROW = {"id": "1", "title": "Toy Story (1995)", "rating": "4"}
Ask = Callable[[FlaskClient, str], Any]
FIELDS: dict[str, Ask] = {
    **{
        f"{path} {name}": lambda client, text, path=path, name=name: client.get(  # type: ignore[misc]
            path, query_string={name: text}
        )
        for path, parameters in {
            "/api/search": ["q", "limit"],
            "/api/similar": ["title", "id", "k", "less_like", "genre", "not_genre", "years"],
            "/api/why": ["first", "second", "first_id", "second_id"],
            "/similar": ["title", "id"],
            "/why": ["first", "second"],
        }.items()
        for name in parameters
    },
    **{
        f"/taste {name}": lambda client, text, name=name: client.post(  # type: ignore[misc]
            "/taste", data=ROW | {name: text}
        )
        for name in (*ROW, "add", "remove", "movies")
    },
    "/recommend movies": lambda client, text: client.post("/recommend", data={"movies": text}),
    "ratings": lambda client, text: post(client, {"ratings": {text: 4}}),
    "likes": lambda client, text: post(client, {"likes": {text: None}, "by_id": False}),
    "name": lambda client, text: post(client, {"ratings": {text: {"1": 5}}}),
    "genres": lambda client, text: post(client, {"genres": [text]}),
    "dislikes": lambda client, text: post(client, {"ratings": {}, "dislikes": [text]}),
}


def post(client: FlaskClient, body: Any) -> Any:
    return client.post("/api/recommend", json=body)


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_that_is_too_long_is_refused(client: FlaskClient, field: str) -> None:
    for text in TOO_LONG:
        answer = FIELDS[field](client, text)
        assert answer.status_code == 400, text[:2]
        said = answer.text
        assert f"has {normalized_length(text):,} characters" in said
        assert f"the maximum is {LONGEST_TITLE}" in said
        assert len(said) < 10_000


@pytest.mark.parametrize("field", FIELDS)
def test_the_longest_text_is_looked_at(client: FlaskClient, field: str) -> None:
    for text in FITS:
        assert FIELDS[field](client, text).status_code in (200, 303, 404, 422)


def test_the_description_says_the_limit(client: FlaskClient) -> None:
    text = client.get("/api/openapi.json").get_json()["components"]["schemas"]["Text"]
    assert text["maxLength"] == LONGEST_TITLE
    assert f"At most {LONGEST_TITLE} characters" in text["description"]
    assert f'maxlength="{LONGEST_TITLE}"' in client.get("/").text


@given(st.text())
def test_the_length_is_that_of_the_normal_form(text: str) -> None:
    assert normalized_length(text) == len(normalize("NFKD", text))


@pytest.fixture
def n_searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the texts for which similar titles are looked for."""
    searched: list[str] = []
    original = TitleSearch.suggest

    def suggest(self: TitleSearch, query: str, limit: int = 5) -> list[int]:
        searched.append(query)
        return original(self, query, limit)

    monkeypatch.setattr(TitleSearch, "suggest", suggest)
    return searched


def test_a_form_of_unknown_titles_needs_one_search(
    client: FlaskClient, n_searches: list[str]
) -> None:
    titles = [f"Unknown number {number}" for number in range(MOST_MOVIES)]
    form = {"id": ["none"] * MOST_MOVIES, "title": titles, "rating": ["4"] * MOST_MOVIES}
    page = client.post("/taste", data={**form, "movies": "toy stroy"})
    assert page.status_code == 200
    assert page.text.count("this model has no movie called Unknown number") == MOST_MOVIES
    assert n_searches == ["toy stroy"]
    assert "Toy Story (1995)" in page.text


@pytest.mark.parametrize(
    "path",
    [
        *("/api/similar?title=toy+stroy", "/similar?title=toy+stroy", "/api/search?q=toy+stroy"),
        *("/api/why?first=toy+stroy&second=toy+stroy", "/api/why?first_id=1&second=toy+stroy"),
    ],
)
def test_other_requests_need_one_search(
    client: FlaskClient, n_searches: list[str], path: str
) -> None:
    found = client.get(path).text
    assert "Toy Story (1995)" in found or "Toy Story</a>" in found
    assert n_searches == ["toy stroy"]


def test_ids_are_not_searched_for(client: FlaskClient, n_searches: list[str]) -> None:
    unknown = {f"none {number}": 4 for number in range(MOST_MOVIES)}
    post(client, {"ratings": unknown})
    assert n_searches == []


def test_titles_of_a_body_are_not_searched_for(client: FlaskClient, n_searches: list[str]) -> None:
    unknown = {f"none {number}": 4 for number in range(MOST_MOVIES)}
    found = post(client, {"ratings": unknown, "likes": ["Heat"], "by_id": False}).get_json()
    assert len(found["unmatched"]) == MOST_MOVIES
    assert n_searches == []


def test_a_query_corrects_few_words(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    original = TitleSearch._near_words

    def near_words(self: TitleSearch, word: str) -> list[str]:
        compared.append(word)
        return original(self, word)

    monkeypatch.setattr(TitleSearch, "_near_words", near_words)
    assert "Monsters, Inc. (2001)" in client.get("/api/search?q=monsetrs").text
    assert compared == ["monsetrs"]
    compared.clear()
    words = " ".join(f"zzq{number}" for number in range(80))
    assert client.get("/api/search", query_string={"q": words}).get_json()["suggestions"] == []
    assert compared == []


def test_a_movie_of_the_form_is_found_by_its_whole_title(client: FlaskClient) -> None:
    """Another model may have other ids: the title counts, if one movie has it."""
    page = client.post("/taste", data=ROW | {"id": "none"})
    assert 'name="id" value="1"' in page.text
    page = client.post("/taste", data=ROW | {"id": "none", "title": "Emma (1996)"})
    assert "this model has no movie called Emma (1996)" in page.text


def test_the_longest_title_of_a_file_can_be_asked_for(tmp_path: Path) -> None:
    for number, title in enumerate([FITS[0], *FITS[1:]], start=1):
        movies, ratings = tmp_path / f"movies-{number}.csv", tmp_path / "ratings.csv"
        movies.write_text(f"movieId,title\n1,{title}\n2,Heat\n", encoding="utf-8")
        ratings.write_text("userId,movieId,rating\n1,1,4\n1,2,3\n2,1,5\n2,2,4\n")
        fitted = Recommender.fit(ratings, movies)
        asked = create_app(fitted).test_client()
        found = asked.get("/api/similar", query_string={"title": title}).get_json()
        assert found["query"]["title"] == title
        form = {"id": "1", "title": title, "rating": "4"}
        assert 'name="id" value="1"' in asked.post("/taste", data=form).text


@pytest.mark.parametrize("title", [text for text in TOO_LONG if text.strip()])
def test_a_longer_title_is_a_bad_line(tmp_path: Path, title: str) -> None:
    movies, ratings = tmp_path / "movies.csv", tmp_path / "ratings.csv"
    movies.write_text(f"movieId,title\n1,{title}\n2,Heat\n3,Ran\n", encoding="utf-8")
    ratings.write_text("userId,movieId,rating\n1,3,4\n1,2,3\n2,3,5\n2,2,4\n")
    length = f"{len(normalize('NFKD', title)):,}"
    problem = f"movies.csv, line 2: a title of {length} characters, more than {LONGEST_TITLE}"
    with pytest.raises(DataError, match=problem):
        Recommender.fit(ratings, movies)
    assert len(Recommender.fit(ratings, movies, on_error="skip")) == 2


def test_a_long_value_is_not_repeated(client: FlaskClient) -> None:
    body = json.dumps({"ratings": {}, "x" * 100_000: 1})
    said = client.post("/api/recommend", data=body, content_type="application/json")
    assert (said.status_code, said.get_json()["message"]) == (422, f"unknown field: {'x' * 20}")
