"""What a newcomer wants, and how many actions it takes: clicks, keys that choose, files named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Locator, Page, expect

from tests.exports import imdb_ratings, letterboxd_zip
from tests.web.browser.helpers import (
    Visit,
    expect_ratings,
    link_in,
    options_of,
    ratings_in,
    type_in,
)

PHONE = {"viewport": {"width": 390, "height": 760}, "has_touch": True}
STARS = ("4.5", "3", "5", "2", "4")


class Actions:
    """Does what a person does, and counts it."""

    def __init__(self, page: Page) -> None:
        self.page, self.n = page, 0

    def press(self, target: Locator) -> None:
        target.click()
        self.n += 1

    def press_button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=True))

    def rate(self, values: tuple[str, ...] = STARS) -> None:
        for place, value in enumerate(values, start=1):
            movie = self.page.locator(f".offers li:nth-child({place})")
            self.press(movie.locator(f"label:has([value='{value}'])"))
            expect(movie.get_by_role("button", name="Clear")).to_be_visible()

    def name_file(self, path: Path) -> None:
        """Choose a file in the dialog of the system, which the link opens."""
        with self.page.expect_file_chooser() as chooser:
            self.press(self.page.get_by_text("or import what you rated elsewhere"))
        chooser.value.set_files(path)
        self.n += 1


def seen_at_once(page: Page) -> int:
    """Return how many recommendations are in the window, without scrolling."""
    count: int = page.locator(".picks .card h3").evaluate_all(
        "all => all.filter(at => at.getBoundingClientRect().bottom <= innerHeight).length"
    )
    return count


def test_find_a_movie_like_one_from_the_1970s(page: Page) -> None:
    page.goto("/")
    person = Actions(page)
    type_in(page, "alien")
    person.press(options_of(page).filter(has_text="1979"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alien")
    person.press(page.get_by_role("link", name="1970s"))
    expect(page.get_by_role("link", name="1970s")).to_have_attribute("aria-current", "true")
    cards = page.locator(".card").all_inner_texts()
    assert len(cards) >= 4
    assert all(re.search(r"\b197\d\b", text) for text in cards), cards
    assert person.n == 2


def test_rate_five_and_get_three_to_watch(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/taste")
    person = Actions(page)
    person.rate()
    assert person.n == 5
    expect(page.get_by_text("5 movies rated")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    assert seen_at_once(page) >= 3
    for card in page.locator(".card").all()[:3]:
        expect(card).to_contain_text("Because you rated")
        expect(card).to_contain_text("you would give")


def test_the_same_on_a_phone(visit: Visit) -> None:
    page = visit(**PHONE)
    page.goto("/taste")
    person = Actions(page)
    person.rate()
    person.press_button("See what to watch")
    assert person.n == 6
    expect(page.locator(".chips")).to_be_visible()
    assert seen_at_once(page) >= 3


def test_import_an_export(page: Page, tmp_path: Path) -> None:
    page.goto("/taste")
    person = Actions(page)
    person.name_file(letterboxd_zip(tmp_path / "letterboxd.zip"))
    expect(page.locator(".summary").first).to_have_text(
        "Letterboxd: 10 of 11 movies are in this model. "
        "6 rated, 2 only watched, 2 on the watchlist."
    )
    expect(page.locator(".card")).to_have_count(12)
    assert person.n == 2
    kept = ratings_in(page)
    assert sorted(kept.values())[-4:] == ["seen", "seen", "want", "want"]
    page.reload()
    expect(page.locator("[name=id]")).to_have_count(10)
    expect_ratings(page, kept)


def test_what_do_we_watch_tonight(page: Page) -> None:
    """Two people rate three movies each."""
    page.goto("/taste")
    person = Actions(page)
    person.rate(("5", "2", "4.5"))
    person.press_button("Guest")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your guest’s taste")
    person.rate(("1", "5", "4"))
    person.press_button("Tonight")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tonight")
    assert person.n == 8
    for card in page.locator(".card").all():
        expect(card.locator(".expected")).to_contain_text("You ★")
        expect(card.locator(".expected")).to_contain_text("Guest ★")
    page.reload()
    expect(page.locator(".expected").first).to_contain_text("Guest ★")


def test_tonight_with_a_link_of_the_other(page: Page, visit: Visit, tmp_path: Path) -> None:
    """Each has rated at home; one sends a link."""
    theirs = visit()
    theirs.goto("/taste")
    Actions(theirs).name_file(imdb_ratings(tmp_path / "ratings.csv"))
    expect(theirs.locator(".card")).to_have_count(12)
    link = link_in(theirs)

    page.goto("/taste")
    person = Actions(page)
    person.rate(("4", "3", "5"))
    person.n = 0
    page.goto(link)
    person.press_button("Choose together: they are my guest")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tonight")
    assert person.n == 1
    expect(page.locator(".expected").first).to_contain_text("Guest ★")
    expect(page.locator("[name=rating]")).to_have_count(3)
