"""Back and forward restore the place on a page, its filters and its panel."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import PATIENCE

MOVIES = ".caption a, .card h3 a, .movies a"


def becomes(page: Page, expression: str) -> bool:
    """Wait for an expression to be true; the content policy forbids Playwright's own way."""
    for _ in range(PATIENCE // 50):
        if page.evaluate(expression):
            return True
        page.wait_for_timeout(50)
    return False


def scroll_to(page: Page, place: int) -> None:
    page.evaluate(f"scrollTo(0, {place})")
    assert becomes(page, f"Math.round(scrollY) === {place}")


def follow(page: Page, place: int) -> None:
    """Follow a link without scrolling to it, as a pointer does."""
    page.locator(MOVIES).nth(place).evaluate("link => link.click()")


@pytest.mark.parametrize("path", ["/", "/film/1?k=96", "/stats"])
def test_back_returns_to_the_same_place(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto(path)
    scroll_to(page, 700)
    follow(page, 7)
    page.wait_for_url(re.compile(r"/film/\d+$"))
    page.go_back()
    assert becomes(page, "Math.round(scrollY) === 700")
    page.go_forward()
    expect(page).to_have_url(re.compile(r"/film/\d+$"))


def test_back_restores_filters_and_the_place_in_their_list(page: Page) -> None:
    page.goto("/film/1")
    page.get_by_role("link", name="Comedy", exact=True).click()
    page.get_by_role("link", name="2000s", exact=True).click()
    titles = page.locator(".card h3").all_inner_texts()
    scroll_to(page, 500)
    follow(page, 3)
    expect(page.locator(".chips [aria-current=true]")).to_have_count(0)
    page.go_back()
    expect(page.locator(".chips [aria-current=true]")).to_have_text(["Comedy", "2000s"])
    expect(page.locator(".card h3")).to_have_text(titles)
    assert becomes(page, "Math.round(scrollY) === 500")


def test_back_closes_the_panel_and_forward_opens_it(page: Page) -> None:
    page.goto("/film/1?k=24")
    why = page.locator(".why").nth(3)
    why.scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    why.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    told = panel.inner_text()
    page.go_back()
    expect(panel).to_be_hidden()
    expect(why).to_have_attribute("aria-expanded", "false")
    page.go_forward()
    expect(panel).to_be_visible()
    assert panel.inner_text() == told
    assert page.evaluate("scrollY") == place
    assert page.url.endswith("/film/1?k=24")


def test_back_from_a_movie_of_the_panel_opens_it_again(page: Page) -> None:
    page.goto("/film/1")
    page.locator(".why").nth(1).click()
    panel = page.get_by_role("dialog")
    told = panel.inner_text()
    panel.locator("p a").last.click()
    expect(page).not_to_have_url(re.compile("/film/1$"))
    page.go_back()
    expect(panel).to_be_visible()
    assert panel.inner_text() == told
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".why").nth(1)).to_be_focused()


def test_a_closed_panel_leaves_no_entry_to_go_back_to(page: Page) -> None:
    page.goto("/")
    page.goto("/film/1")
    panel = page.get_by_role("dialog")
    for _ in range(3):
        page.locator(".why").first.click()
        expect(panel).to_be_visible()
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_be_hidden()
        assert becomes(page, "history.state === null")
    page.go_back()
    expect(page).to_have_url(re.compile(":[0-9]+/$"))
