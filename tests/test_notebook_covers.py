"""The covers that notebooks show beside titles: those of the web, one for each movie."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from movierec import Recommender
from movierec.films import notebook
from movierec.films.catalog import Movie
from movierec.films.covers.cover import cover_of
from tests.people import made

RESULTS: dict[str, Callable[[Recommender], Any]] = {
    "similar": lambda sample: sample.similar("Toy Story (1995)", 10),
    "recommend": lambda sample: sample.recommend(10, likes=["Toy Story (1995)"]),
    "next": lambda sample: sample.next("Heat", 10),
    "search": lambda sample: sample.search("story", 5),
    "suggest": lambda sample: sample.suggest("Tpy Story"),
    "to_rate": lambda sample: sample.to_rate(5),
}
MOVIES: dict[str, Callable[[Recommender], tuple[Any, list[Movie]]]] = {
    "movie": lambda sample: (sample.movie("Heat"), [sample.movie("Heat")]),
    "film": lambda sample: (sample.film("Heat"), [sample.movie("Heat")]),
    "why": lambda sample: (
        sample.why("Heat", "Alien"),
        [sample.movie("Heat"), sample.movie("Alien")],
    ),
    "personal": lambda sample: (
        sample.read_ratings({"Heat": 4, "Alien": 2}),
        [sample.movie("Heat"), sample.movie("Alien")],
    ),
}


def covers_in(shown: str) -> list[str]:
    """Return the drawings of the images, all of which are in the page itself."""
    images = re.findall("<img [^>]*>", shown)
    data = [re.findall('src="data:image/svg[+]xml;base64,([^"]+)" alt=""', each) for each in images]
    assert [len(found) for found in data] == [1] * len(images)
    return [base64.b64decode(found).decode() for (found,) in data]


@pytest.mark.parametrize("name", RESULTS)
def test_each_movie_of_a_list_has_the_cover_of_the_web(name: str, sample: Recommender) -> None:
    found = RESULTS[name](sample)
    assert len(found) > 0
    expected = [cover_of(sample.movie(each.movie_id, by_id=True)) for each in found]
    assert covers_in(found._repr_html_()) == expected


@pytest.mark.parametrize("name", MOVIES)
def test_other_results_have_the_covers_of_their_movies(name: str, sample: Recommender) -> None:
    found, movies = MOVIES[name](sample)
    assert covers_in(found._repr_html_()) == list(map(cover_of, movies))


def test_shelves_have_the_covers_of_their_movies(sample: Recommender) -> None:
    shelves = sample.shelves(5)
    expected = [cover_of(movie) for shelf in shelves for movie in shelf.movies]
    assert covers_in(shelves._repr_html_()) == expected


def test_a_cover_stands_right_before_the_title(sample: Recommender) -> None:
    rows = re.findall("<tr>.*?</tr>", sample.similar("Heat", 3)._repr_html_())[1:]
    assert len(rows) == 3
    assert all(re.search(r"<img [^>]*></td><td[^>]*>[^<]*\(\d{4}\)</td>", row) for row in rows)


def test_what_is_no_list_of_movies_has_no_cover(sample: Recommender) -> None:
    for found in (
        sample,
        sample.predict("Heat", likes=["Alien"]),  # its records have no genres, which give colors
        sample.search("no movie has these words"),
    ):
        shown = found._repr_html_()
        assert "<img" not in shown
        assert "<th></th>" not in shown


def test_no_more_covers_are_drawn_than_rows_are_shown(
    sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(movie: Movie) -> str:
        drawn.append(movie.title)
        return cover_of(movie)

    monkeypatch.setattr(notebook, "cover_of", draw)
    found = sample.search("the", 100)
    shown = found._repr_html_()
    assert drawn == [movie.title for movie in found[:60]]
    assert len(covers_in(shown)) == 60
    assert len(shown) < 60 * 5000


def test_lists_stay_small(sample: Recommender) -> None:
    found = sample.search("the", 60)
    images = re.findall("<img [^>]*>", found._repr_html_())
    assert max(map(len, images)) < 5000


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script> script (1999)",
        "\"'/><img src=x onerror=alert(1)> script (1999)",
        "]]></svg>&script;\0\ud800 script",
    ],
)
def test_titles_are_text_on_covers(title: str) -> None:
    ratings, movies = made()
    movies.loc[0, "title"] = title.encode("utf-8", "replace").decode()
    found = Recommender.fit(ratings, movies).search("script")
    (svg,) = covers_in(found._repr_html_())
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "rect", "circle", "path", "polygon", "ellipse", "text"}
    assert set(re.findall(r"<(\w+)", found._repr_html_())) == {
        *("div", "table", "thead", "tbody", "tr", "th", "td", "img"),
    }


def test_frames_and_text_have_no_covers(sample: Recommender) -> None:
    found = sample.similar("Heat", 3)
    assert list(found.to_frame()) == list(found.RECORD.field_names())
    assert "svg" not in f"{found} {found!r} {found.to_frame()}"
