"""The map in the web app: its page, its data and its picture, with and without a stored map."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from movierec import Recommender
from movierec.maps.document import as_json
from movierec.maps.film_map import FilmMap
from movierec.maps.picture import draw_plot, draw_svg
from movierec.web import create_app


@pytest.fixture
def mapped(own_model: Path) -> Iterator[FlaskClient]:
    with create_app(Recommender.load(own_model)).test_client() as client:
        yield client


def test_the_data_are_those_of_the_model(mapped: FlaskClient, own_model: Path) -> None:
    recommender = Recommender.load(own_model)
    answer = mapped.get("/api/map")
    document = answer.get_json()
    films = document["films"]
    assert {len(column) for column in films.values()} == {len(recommender)}
    row = films["title"].index("The Matrix")
    movie = recommender.movie("The Matrix")
    assert films["movie_id"][row] == movie.movie_id
    assert films["year"][row] == movie.year
    assert [document["genres"][genre] for genre in films["genres"][row]] == list(movie.genres)
    assert films["n_ratings"][row] == movie.n_ratings
    assert films["mean_rating"][row] == pytest.approx(movie.mean_rating, abs=0.005)
    found = recommender.map()
    assert [films["x"], films["y"]] == found.places.T.tolist()
    assert document["regions"] == [dict(region) for region in found.regions]
    assert document["share_kept"] == found.share_kept


def test_what_was_sent_is_not_sent_again(mapped: FlaskClient) -> None:
    for path in ("/api/map", "/map.svg", "/map.svg?ground=dark"):
        plain = mapped.get(path)
        packed = mapped.get(path, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        for answer, coding in ((plain, "identity"), (packed, "gzip")):
            seen = {"If-None-Match": answer.headers["ETag"], "Accept-Encoding": coding}
            again = mapped.get(path, headers=seen)
            assert (again.status_code, again.data) == (304, b"")


def test_the_page_says_how_true_the_map_is(mapped: FlaskClient, own_model: Path) -> None:
    text = mapped.get("/map").text
    found = Recommender.load(own_model).map()
    assert f"{found.share_kept:.0%} of each movie" in text
    assert f"{found.trustworthiness:.3f}" in text


@pytest.mark.parametrize("model", ["sample_model", None])
def test_the_page_says_how_to_make_a_map(
    sample: Recommender, sample_model: Path, model: str | None
) -> None:
    recommender = Recommender.load(sample_model) if model else Recommender(sample._model)
    client = create_app(recommender).test_client()
    assert "movierec map" in client.get("/map").text
    for path in ("/api/map", "/map.svg"):
        answer = client.get(path)
        assert answer.status_code == 404
    assert client.get("/api/map").get_json()["message"] == "there is no map of this model"


def test_a_new_map_is_used_at_once_and_a_bad_one_is_not(
    mapped: FlaskClient, own_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = own_model.with_name("sample.model.map")
    content = file.read_bytes()
    assert mapped.get("/api/map").status_code == 200
    file.write_bytes(content[:-9])
    assert mapped.get("/api/map").status_code == 404
    assert mapped.get("/map").status_code == 200
    assert len(caplog.messages) == 1
    file.write_bytes(content)
    assert mapped.get("/api/map").status_code == 200
    file.unlink()
    assert mapped.get("/api/map").status_code == 404


def test_a_map_of_an_older_model_is_not_shown(mapped: FlaskClient, own_model: Path) -> None:
    assert mapped.get("/api/map").status_code == 200
    Recommender.fit(prior=3).save(own_model.with_name("new.model"))
    shutil.move(own_model.with_name("new.model"), own_model)
    assert mapped.get("/api/map").status_code == 404


ODD = ("</script><script>alert(1)</script>", "A" * 300, "وجدة", "\u2028<!--", "\0\u202e&", "$x^$")


def odd_document(recommender: Recommender) -> dict[str, object]:
    found = recommender.map()
    regions = [
        type(found.regions[0])(name, 9000 * place, 9000 * place, 0, 5)
        for place, name in enumerate(ODD)
    ]
    return recommender.map_document(FilmMap(found.places, regions, None, None))


def test_names_are_only_text_on_pictures(mapped_model: Path, tmp_path: Path) -> None:
    document = odd_document(Recommender.load(mapped_model))
    for dark in (False, True):
        root = ElementTree.fromstring(draw_svg(document, dark=dark))
        assert {element.tag.partition("}")[2] for element in root.iter()} <= {
            *("svg", "rect", "g", "path", "text")
        }
        draw_plot(document, dark=dark).savefig(tmp_path / "map.png", dpi=40)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_no_name_ends_a_script(mapped_model: Path) -> None:
    text = as_json(odd_document(Recommender.load(mapped_model)))
    assert not set(text) & set("<>&\u2028\u2029\u202e\0")
