"""The pages by keyboard alone."""

from __future__ import annotations

import pytest

from movierec import Recommender
from movierec.films.names import display_title

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import in_a_row


def test_the_tab_key_reaches_everything(page: Page, sample: Recommender) -> None:
    page.goto("/film/1")
    expected = ["Skip to the content", "movierec", "Taste", "Map", "Stats"]
    expected += ["A movie you like", "Find similar movies"]
    expected += page.locator(".chips a").all_inner_texts()
    for film in sample.similar("1", 2, by_id=True):
        name = display_title(film.title)
        expected += [name, f"Why {name}?"]
    assert in_a_row(page, len(expected)) == expected
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(expected[-2])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".why").nth(1)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".card h3 a").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(expected[-2])


def test_the_first_link_skips_to_the_content(page: Page) -> None:
    page.goto("/film/1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert in_a_row(page, 1) == [page.locator(".chips a").first.inner_text()]


def test_the_focus_is_seen(page: Page) -> None:
    page.goto("/film/1")
    for name in in_a_row(page, 7):
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", name
