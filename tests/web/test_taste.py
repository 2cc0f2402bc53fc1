"""The taste page as the server makes it: imports, marks, files, and what is no file."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from movierec import Recommender
from movierec.web import create_app
from movierec.web.parameters import MOST_MOVIES
from tests.exports import (
    SEEN,
    imdb_ratings,
    letterboxd_files,
    letterboxd_zip,
    movielens_ratings,
    plain_list,
    trakt_ratings,
    trakt_zip,
)

RLO = "\u202e"


def trakt_json(path: Path) -> Path:
    path.write_text(json.dumps(trakt_ratings()))
    return path


def folder_zip(path: Path) -> Path:
    """Letterboxd's files in a folder, as a person would zip them again."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in letterboxd_files().items():
            archive.writestr(f"letterboxd-ann/{name}", text)
    return path


EXPORTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "letterboxd.zip": (letterboxd_zip, "Letterboxd"),
    "folder.zip": (folder_zip, "Letterboxd"),
    "ratings.csv": (imdb_ratings, "IMDb"),
    "ratings.json": (trakt_json, "Trakt"),
    "trakt.zip": (trakt_zip, "Trakt"),
    "movielens.csv": (movielens_ratings, "MovieLens"),
    "mine.csv": (plain_list, "Your list"),
}


def post(client: FlaskClient, name: str, content: bytes, **more: str) -> TestResponse:
    """Send a form with a file; Flask's client would leave its own copy of a large one open."""
    parts = [
        *((f'name="{key}"', value.encode()) for key, value in more.items()),
        (f'name="export"; filename="{name}"', content),
    ]
    body = b"".join(
        f"--line\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
        for head, value in parts
    )
    kind = "multipart/form-data; boundary=line"
    return client.post("/taste", data=body + b"--line--\r\n", content_type=kind)


def upload(client: FlaskClient, name: str, content: bytes, **more: str) -> str:
    answer = post(client, name, content, **more)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def carried(page: str, prefix: str = "") -> dict[str, str]:
    """Return the values in the form by title."""
    found = [
        re.findall(f'name="{prefix}{name}" value="([^"]*)"', page) for name in ("title", "rating")
    ]
    return dict(zip(*found, strict=True))


def form_of(page: str) -> dict[str, list[str]]:
    """Return the fields that a browser would send back."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder of temporary files; nothing is left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_and_summed_up(
    client: FlaskClient, sample: Recommender, tmp_path: Path, name: str
) -> None:
    make, source = EXPORTS[name]
    path = make(tmp_path / name)
    page = upload(client, name, path.read_bytes())
    expected = sample.read_ratings(path)
    found = carried(page)
    assert {movie.title: f"{rating:g}" for movie, rating in expected.ratings.items()} == {
        title: value for title, value in found.items() if value not in ("seen", "want")
    }
    assert {movie.title for movie in expected.seen} == {
        title for title, value in found.items() if value == "seen"
    }
    matching = expected.matchings[0]
    n_all = matching.n_matched + len(matching.unmatched)
    assert f"{source}: {matching.n_matched} of {n_all} movies are in this model." in page
    assert f"{len(expected.ratings)} rated, {len(expected.seen)} only watched, " in page
    assert "Not in this model: A Film That Nobody Made" in page
    assert "You may like" in page


def test_the_watchlist_is_ranked(client: FlaskClient, tmp_path: Path) -> None:
    page = upload(client, "x.zip", letterboxd_zip(tmp_path / "x.zip").read_bytes())
    assert ">Watchlist</button>" in page
    assert "2 on the watchlist" in page
    listed = client.post("/taste?list=watchlist", data=form_of(page)).text
    names = re.findall(r'<h3>\s*<a href="[^"]*">([^<]*)</a>', listed)
    assert sorted(names) == ["Aliens", "Spirited Away"]
    seen = {f"{film.title} ({film.year})" for film in SEEN}
    assert not any(name in seen for name in names)


def test_what_was_said_on_the_page_counts(client: FlaskClient, sample: Recommender) -> None:
    before = {"id": "1", "title": "Toy Story (1995)", "rating": "1"}
    page = upload(client, "x.csv", b"title,year,rating\nToy Story,1995,5\nHeat,1995,4\n", **before)
    assert carried(page) == {"Heat (1995)": "4", "Toy Story (1995)": "1"}


def test_of_many_ratings_the_latest_are_kept(client: FlaskClient) -> None:
    n = MOST_MOVIES + 5
    ids = range(1, n + 1)
    rows = pd.DataFrame({"userId": 1, "movieId": ids, "rating": [1 + i % 5 for i in ids]})
    movies = pd.DataFrame({"movieId": ids, "title": [f"T{i} (1990)" for i in ids], "genres": ""})
    many = create_app(Recommender.fit(rows, movies, n_neighbors=2)).test_client()
    lines = [f"{i},2020-01-{1 + i // 100:02},4" for i in ids]
    content = "\n".join(["movieId,date,rating", *lines]).encode()
    page = upload(many, "x.csv", content)
    values = list(carried(page).values())
    assert (values.count("4"), values.count("seen")) == (MOST_MOVIES, 5)
    assert "the page keeps the latest 1,000 ratings; the 5 older ones only count as seen" in page
    assert many.post("/taste", data=form_of(page)).status_code == 200


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ratings.csv", b"title,rating\n" + b" " * (1 << 28))
    return content.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def encrypted() -> bytes:
    content = bytearray(zip_of({"ratings.csv": b"title,rating\nHeat,4\n"}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    return bytes(content)


def wrong_size() -> bytes:
    content = bytearray(zip_of({"ratings.csv": b"title,rating\nHeat,4\n" * 50}))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 5)
    return bytes(content)


BAD: dict[str, bytes] = {
    "bomb.zip": bomb(),
    "broken.zip": b"PK\x03\x04" + b"x" * 100,
    "cut.zip": zip_of({"ratings.csv": b"title,rating\nHeat,4\n" * 999})[:-30],
    "encrypted.zip": encrypted(),
    "size.zip": wrong_size(),
    "pictures.zip": zip_of({"a.jpg": b"\xff\xd8\0"}),
    "empty.zip": zip_of({}),
    "many.zip": zip_of({f"{number}.csv": b"title,rating\n" for number in range(500)}),
    "nested.zip": zip_of({"inner.csv": gzip.compress(b"title,rating\nHeat,4\n")}),
    "packed.csv": gzip.compress(b"title,rating\n" + b"Heat,4\n" * 100_000),
    "table.parquet": b"PAR1" + b"x" * 50,
    "picture.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "lines.csv": b"title,rating\n" + b"a,1\n" * 200_000,
    "objects.json": b"[" + b"{}," * 300_000 + b"{}]",
    "deep.json": b"[" * 100_000,
    "broken.json": b'[{"movie": ',
    "no.csv": b"a,b\n1,2\n",
    "users.csv": b"userId,movieId,rating\n1,1,4\n2,1,4\n",
    "rating.csv": b"title,rating\nHeat,lots\n",
    "range.csv": b"title,rating\nHeat,-4\n",
    "blank.csv": b" ",
    "script.csv": b"title,rating\n<script>alert(1)</script>,lots\n",
    f"{RLO}gpj.csv": f"title,rating\n{RLO}evil,4\n".encode(),
    "../../<img src=x>.csv": b"a,b\n1,2\n",
    "long.csv": b"title,rating\n" + b"x" * 300 + b",4\n",
    "quotes.csv": b'title,rating\n"' + b"x" * 200_000 + b",4\n",
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_said_in_a_line(
    client: FlaskClient, temporary: Path, name: str
) -> None:
    """And what was on the page stays."""
    before = {"id": "1", "title": "Toy Story (1995)", "rating": "4"}
    answer = post(client, name, BAD[name], **before)
    assert answer.status_code == 200
    said = re.search(
        r'<p class="note" role="status">(Nothing was imported: [^<]*)</p>', answer.text
    )
    assert said is not None
    assert len(said[1]) < 500
    assert str(temporary) not in answer.text
    for odd in ("<script>alert", "<img src=x", RLO):
        assert odd not in answer.text
    assert carried(html.unescape(answer.text)) == {"Toy Story (1995)": "4"}


def test_titles_of_every_kind_are_shown_as_text(client: FlaskClient) -> None:
    rows = [b"<script>alert(1)</script>", RLO.encode() + b"evil", b"x" * 300, b"Heat (1995)"]
    content = b"title,rating\n" + b"\n".join(row + b",4" for row in rows)
    answer = post(client, "x.csv", content)
    assert "1 of 4 movies are in this model" in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert RLO not in answer.text


def test_a_file_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = post(client, "x.csv", b"x" * 3_000_000)
    assert answer.status_code == 413
    assert "choose a smaller file" in answer.text


def test_a_press_without_a_file_changes_nothing(client: FlaskClient) -> None:
    answer = post(client, "", b"")
    assert answer.status_code == 200
    assert "imported" not in answer.text


def test_marks_leave_movies_out(client: FlaskClient, sample: Recommender) -> None:
    usual = sample.recommend(12, likes={1: 5.0})
    first, second, third = (str(movie.movie_id) for movie in usual[:3])
    data: dict[str, Any] = {"id": "1", "title": "Toy Story (1995)", "rating": "5", "seen": first}
    page = client.post("/taste", data=data).text
    page = client.post("/taste", data={**form_of(page), "no": second}).text
    page = client.post("/taste", data={**form_of(page), "want": third}).text
    assert list(carried(page).values()) == ["5", "seen", "no", "want"]
    marks = [sample.movie(movie_id, by_id=True) for movie_id in (first, second, third)]
    lowest = sample.card["lowest_rating"]
    expected = sample.recommend(
        12, likes={sample.movie(1): 5.0, marks[1]: lowest}, exclude=[marks[0]]
    )
    names = re.findall(r'class="card">\s*<a class="cover" href="/film/(\d+)"', page)
    assert names == [str(movie.movie_id) for movie in expected]
    page = client.post("/taste", data={**form_of(page), "remove": second}).text
    assert list(carried(page).values()) == ["5", "seen", "want"]


def test_tonight_is_the_list_of_the_group(client: FlaskClient, sample: Recommender) -> None:
    form = {
        **{"id": "1", "title": "Toy Story (1995)", "rating": "5"},
        **{"guest_id": "460", "guest_title": "Saw (2004)", "guest_rating": "4.5"},
    }
    page = client.post("/taste?who=both", data=form).text
    people = {"you": {sample.movie(1): 5.0}, "your guest": {sample.movie(460): 4.5}}
    expected = sample.recommend(12, ratings=people)
    found = re.findall(r"<span>You ★ ([\d.]+)</span> <span>Guest ★ ([\d.]+)</span>", page)
    assert found == [tuple(f"{one:.1f}" for one in movie.each) for movie in expected]
    ids = re.findall(r'class="card">\s*<a class="cover" href="/film/(\d+)"', page)
    assert ids == [str(movie.movie_id) for movie in expected]


def test_tonight_needs_two(client: FlaskClient) -> None:
    assert "first rate a few movies yourself" in client.post("/taste?who=both").text
    form = {"id": "1", "title": "Toy Story (1995)", "rating": "5"}
    page = client.post("/taste?who=both", data=form).text
    assert "now your guest" in page
    page = client.post("/taste", data={**form_of(page), "rate:460": "4"}).text
    assert carried(page, "guest_") == {"Saw (2004)": "4"}
    assert carried(page) == {"Toy Story (1995)": "5"}


def test_filters_stand_in_the_address(client: FlaskClient, sample: Recommender) -> None:
    form = {"id": "1", "title": "Toy Story (1995)", "rating": "5"}
    page = client.post("/taste?show=picks&genre=Horror&decade=1980", data=form).text
    expected = sample.recommend(12, likes={1: 5.0}, genres="Horror", years=(1980, 1989))
    ids = re.findall(r'class="card">\s*<a class="cover" href="/film/(\d+)"', page)
    assert ids == [str(movie.movie_id) for movie in expected]
    assert 'aria-current="true">Horror</button>' in page


@pytest.mark.parametrize(
    "query", ["who=me", "show=x", "list=x", "decade=x", "obscurity=7", "who=you&who=both"]
)
def test_addresses_that_mean_nothing_are_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/taste?{query}").status_code == 422


def offered(page: str) -> list[str]:
    return form_of(page).get("offer", [])


def test_movies_are_offered(client: FlaskClient, sample: Recommender) -> None:
    page = client.get("/taste").text
    first = [str(movie.movie_id) for movie in sample.to_rate(12)]
    assert offered(page) == first
    rated = client.post("/taste", data={**form_of(page), f"rate:{first[3]}": "4.5"}).text
    assert offered(rated) == first  # nothing moves
    dropped = client.post("/taste", data={**form_of(rated), "no": first[0]}).text
    assert offered(dropped)[1:] == first[1:]
    assert offered(dropped)[0] not in first
    others = client.post("/taste", data={**form_of(dropped), "others": "1"}).text
    assert len(offered(others)) == 12
    assert not set(offered(others)) & {*first, *offered(dropped)}


def test_unknown_ids_are_ignored(client: FlaskClient) -> None:
    odd = {"rate:nope": "4", "no": "nope", "seen": "\0", "remove": "x", "offer": ["x"], "past": "y"}
    answer = client.post("/taste", data=odd)
    assert answer.status_code == 200
    assert carried(answer.text) == {}


def test_the_file_is_read_again(client: FlaskClient, sample: Recommender, tmp_path: Path) -> None:
    page = upload(client, "x.zip", letterboxd_zip(tmp_path / "x.zip").read_bytes())
    answer = client.post("/taste/file", data=form_of(page))
    assert "ratings.zip" in answer.headers["Content-Disposition"]
    again = upload(client, "ratings.zip", answer.data)
    assert carried(again) == carried(page)
    form = {"id": ["1", "2"], "title": ["Toy Story (1995)", "Toy Story 2 (1999)"]}
    answer = client.post("/taste/file", data={**form, "rating": ["3.5", "seen"]})
    assert answer.text.splitlines()[1:] == [
        "1,Toy Story (1995),1995,3.5",
        "2,Toy Story 2 (1999),1999,",
    ]
    kept = tmp_path / "ratings.csv"
    kept.write_bytes(answer.data)
    found = sample.read_ratings(kept)
    assert (list(found.ratings.values()), len(found.seen)) == ([3.5], 1)


@pytest.mark.parametrize("options", [{"epsilon": 5.0}, {"min_raters": 4}, {"with_ratings": False}])
def test_every_kind_of_model_has_a_taste_page(options: dict[str, Any]) -> None:
    client = create_app(Recommender.fit(**options)).test_client()
    page = client.get("/taste").text
    assert len(offered(page)) == 12
    page = client.post("/taste", data={**form_of(page), f"rate:{offered(page)[0]}": "5"}).text
    assert page.count('class="card"') == 12


def test_odd_scales_have_stars() -> None:
    for highest, n_steps in ((10, 10), (100, 10), (3, 3)):
        rows = pd.DataFrame(
            [(user, item, 1 + (user * item) % highest) for user in range(30) for item in range(30)],
            columns=["userId", "movieId", "rating"],
        )
        rows.loc[0, "rating"] = highest
        names = [f"<b>{number}" for number in range(30)]
        movies = pd.DataFrame({"movieId": range(30), "title": names, "genres": "Drama"})
        page = create_app(Recommender.fit(rows, movies)).test_client().get("/taste").text
        assert page.count('class="whole"') == 12 * n_steps
        assert "<b>" not in page
