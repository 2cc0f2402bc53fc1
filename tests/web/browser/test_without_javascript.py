"""The pages without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.exports import letterboxd_zip
from tests.web.browser.helpers import BOX, TOY_STORIES, add, expect_ratings, ratings_in, stars


def test_plain_search(plain: Page) -> None:
    plain.goto("/")
    plain.locator(BOX).fill("toy story")
    plain.get_by_role("button", name="Find similar movies").click()
    expect(plain).to_have_url(re.compile(r"/film/1$"))
    expect(plain.locator(".card")).to_have_count(12)
    plain.get_by_role("link", name="Toy Story 2", exact=True).click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Toy Story 2")
    plain.locator(".why").first.click()
    expect(plain).to_have_url(re.compile(r"/why\?first=2&second=\d+$"))
    expect(plain.get_by_role("heading", level=1)).to_have_text("Why are they similar?")
    expect(plain.locator(".reasons")).to_contain_text("people")


@pytest.mark.parametrize(
    ("typed", "movies"),
    [
        ("hamlet", [f"Hamlet {year}" for year in (1996, 1990, 1948, 1964)]),
        ("toy stroy", TOY_STORIES),
    ],
)
def test_plain_choices(plain: Page, typed: str, movies: list[str]) -> None:
    plain.goto("/")
    plain.locator(BOX).fill(typed)
    plain.keyboard.press("Enter")
    cards = plain.locator(".card")
    expect(cards).to_have_count(len(movies))
    assert [" ".join(text.split()) for text in cards.all_inner_texts()] == movies
    expect(plain.locator(BOX)).to_have_value(typed)
    cards.first.locator("h2 a").click()
    expect(plain.locator(".facts")).to_contain_text(movies[0].split()[-1])


def test_plain_taste(plain: Page) -> None:
    plain.goto("/taste")
    add(plain, "Toy Story (1995)")
    add(plain, "Titanic (1997)")
    stars(plain, "Titanic (1997)", "1.5").click()
    plain.locator(".offers").get_by_role("button", name="Update").click()
    expect_ratings(plain, {"Toy Story (1995)": "5", "Titanic (1997)": "1.5"})
    expect(plain.locator(".card")).to_have_count(12)
    expect(plain.locator(".card").first).to_contain_text("Because you rated Toy Story (1995)")
    plain.locator(BOX).fill("hamlet")
    plain.get_by_role("button", name="Add").click()
    plain.get_by_role("button", name="Hamlet (1990)").click()
    plain.get_by_role("button", name="Clear: Toy Story (1995)").click()
    expect_ratings(plain, {"Titanic (1997)": "1.5", "Hamlet (1990)": "5"})
    plain.get_by_role("button", name="Show me others").click()
    expect(plain.locator("[name=past]")).not_to_have_count(0)
    plain.get_by_role("button", name="Seen").first.click()
    expect(plain.locator("[name=rating]")).to_have_count(3)
    assert list(ratings_in(plain).values()) == ["1.5", "5", "seen"]
    plain.get_by_role("button", name="See what to watch").click()
    plain.locator(".chips").get_by_role("button").first.click()
    expect(plain).to_have_url(re.compile("show=picks.*genre="))
    plain.get_by_role("button", name="Remove Titanic (1997)").click()
    expect(plain.locator("[name=rating]")).to_have_count(2)
    assert list(ratings_in(plain).values()) == ["5", "seen"]


def test_plain_import_and_file(plain: Page, tmp_path: Path) -> None:
    plain.goto("/taste")
    plain.locator("input[type=file]").set_input_files(letterboxd_zip(tmp_path / "export.zip"))
    plain.get_by_role("button", name="Import", exact=True).click()
    expect(plain.locator(".summary").first).to_contain_text("10 of 11 movies are in this model")
    expect(plain.locator(".card")).to_have_count(12)
    plain.locator(".keep summary").click()
    with plain.expect_download() as saved:
        plain.get_by_role("button", name="Save as a file").click()
    assert saved.value.suggested_filename == "ratings.zip"
