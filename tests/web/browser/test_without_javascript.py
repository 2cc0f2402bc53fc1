"""The pages without JavaScript."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import BOX, TOY_STORIES, add, ratings_in


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
    plain.get_by_label("Your rating of Titanic (1997)").select_option("1.5")
    plain.get_by_role("button", name="Update").click()
    expect(plain.locator("option[selected]")).to_have_text(["5", "1.5"])
    expect(plain.locator(".card")).to_have_count(12)
    expect(plain.locator(".card").first).to_contain_text("because you rated Toy Story (1995)")
    plain.locator(BOX).fill("hamlet")
    plain.get_by_role("button", name="Add").click()
    plain.get_by_role("button", name="Hamlet (1990)").click()
    assert list(ratings_in(plain)) == ["Toy Story (1995)", "Titanic (1997)", "Hamlet (1990)"]
    plain.get_by_label("Remove Toy Story (1995)").click()
    assert list(ratings_in(plain)) == ["Titanic (1997)", "Hamlet (1990)"]
