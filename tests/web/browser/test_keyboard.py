"""The pages by keyboard alone."""

from __future__ import annotations

import pytest

from movierec import Recommender

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import in_a_row


def test_the_tab_key_reaches_everything(page: Page, sample: Recommender) -> None:
    page.goto("/similar?id=1")
    expected = ["movierec", "Taste", "Stats", "A movie you like", "Find similar movies"]
    for film in sample.similar("1", 2, by_id=True):
        expected += [film.title, f"Why {film.title}?"]
    assert in_a_row(page, len(expected)) == expected
    page.keyboard.press("Enter")
    expect(page.locator(".card").nth(1).locator(".reasons")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Movies like {expected[-2]}")


def test_the_focus_is_seen(page: Page) -> None:
    page.goto("/similar?id=1")
    for name in in_a_row(page, 7):
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", name
