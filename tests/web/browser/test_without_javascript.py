"""The pages without JavaScript."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import BOX, HAMLETS, TOY_STORIES, add, ratings_in


def test_plain_search(plain: Page) -> None:
    plain.goto("/")
    plain.locator(BOX).fill("toy story")
    plain.get_by_role("button", name="Find similar movies").click()
    expect(plain.locator(".card")).to_have_count(10)
    plain.get_by_role("link", name="Toy Story 2 (1999)", exact=True).click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Movies like Toy Story 2 (1999)")
    plain.locator(".why").first.click()
    expect(plain).to_have_url(re.compile(r"/why\?first=2&second=\d+$"))
    expect(plain.get_by_role("heading", level=1)).to_have_text("Why are they similar?")
    expect(plain.locator(".reasons")).to_contain_text("people")


@pytest.mark.parametrize(("typed", "titles"), [("hamlet", HAMLETS), ("toy stroy", TOY_STORIES)])
def test_plain_choices(plain: Page, typed: str, titles: list[str]) -> None:
    plain.goto("/")
    plain.locator(BOX).fill(typed)
    plain.keyboard.press("Enter")
    links = plain.locator(".movies a")
    expect(links).to_have_text(titles)
    expect(plain.locator(BOX)).to_have_value(typed)
    links.first.click()
    expect(plain.get_by_role("heading", level=1)).to_have_text(f"Movies like {titles[0]}")


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
