"""Covers: drawn for any title, the same each time, and readable."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import Recommender
from movierec.films.catalog import Movie
from movierec.films.covers.cover import cover_of
from movierec.films.covers.lettering import letter
from movierec.films.covers.palettes import PALETTES

TEXT = "{http://www.w3.org/2000/svg}text"
ODD_TITLES = [
    "<script>alert(1)</script>",
    "A" * 300,
    "a b " * 100,
    "",
    "\0\ud800\u202e&",
    "千と千尋の神隠し",
]


def movie(title: str, year: int | None = 1990, genres: tuple[str, ...] = ("Drama",)) -> Movie:
    return Movie(1, title, year, genres, 0, None)


def words_on(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(TEXT)]


@given(
    st.text(max_size=60) | st.sampled_from(ODD_TITLES),
    st.none() | st.integers(1, 9999),
    st.lists(st.sampled_from(["Drama", "Western", "Cookery", "Sci-Fi"]), max_size=3),
)
def test_any_movie_has_a_cover(title: str, year: int | None, genres: list[str]) -> None:
    drawn = movie(title, year, tuple(genres))
    svg = cover_of(drawn)
    words_on(svg)  # it is well-formed
    assert svg == cover_of(drawn)
    assert "<script" not in svg


@pytest.mark.parametrize("year", [None, *range(1915, 2026, 10)])
def test_the_title_stands_on_the_cover(year: int | None) -> None:
    dated = f" ({year})" if year else ""
    svg = cover_of(movie(f"Shawshank Redemption, The{dated}", year))
    shown = " ".join(words_on(svg)).casefold()
    assert shown == f"the shawshank redemption {year or ''}".strip()


def test_covers_differ(sample: Recommender) -> None:
    movies = sample.search("e", 200)
    covers = {cover_of(each) for each in movies}
    assert len(covers) == len(movies)
    without_words = {cover.partition("<text")[0] for cover in covers}
    assert len(without_words) > 0.95 * len(movies)


@pytest.mark.parametrize("year", [None, *range(1915, 2026, 10)])
def test_covers_are_short(year: int | None) -> None:
    drawn = [Movie(i, "Shawshank Redemption, The", year, ("Drama",), 0, None) for i in range(100)]
    assert max(len(cover_of(each)) for each in drawn) < 3700


def luminance(color: str) -> float:
    """Return the relative luminance as WCAG 2 defines it."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("palette", PALETTES)
def test_letters_can_be_read(palette: tuple[str, ...]) -> None:
    ground, _, _, ink = map(luminance, palette)
    assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 7


@given(st.text(min_size=1, max_size=400))
def test_lines_hold_the_words_in_order(text: str) -> None:
    lettering = letter(text, 168, 80)
    assert lettering.height <= 80
    shown, said = "".join(lettering.lines), "".join(text.split())
    assert not said or said.startswith("".join(shown.removesuffix("…").split()))


def test_scripts_from_right_to_left_start_at_the_right() -> None:
    (word, _) = ElementTree.fromstring(cover_of(movie("وجدة (2012)", 1990))).iter(TEXT)
    assert word.get("direction") == "rtl"
