"""The page of similar movies."""

from __future__ import annotations

import pytest

from movierec import Recommender

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect


def test_cards_say_what_is_known(page: Page, sample: Recommender) -> None:
    page.goto("/similar?id=1")
    cards = page.locator(".card")
    films = sample.similar("1", 10, by_id=True)
    expect(cards).to_have_count(10)
    for card, film in zip(cards.all(), films, strict=True):
        expect(card.get_by_role("heading")).to_have_text(film.title)
        text = card.inner_text()
        assert f"{film.year} · {', '.join(film.genres)}" in text
        assert f"{film.similarity:.3f}" in text
        assert f"{film.evidence.capitalize()}: {film.reason}\n" in text
        box, bar = (card.locator(name).bounding_box() for name in (".bar", ".bar rect"))
        assert box
        assert bar
        assert bar["width"] / box["width"] == pytest.approx(film.similarity, abs=0.02)


def test_why_opens_in_place(page: Page) -> None:
    page.goto("/similar?id=1")
    before = page.url
    why = page.locator(".why").first
    why.click()
    reasons = page.locator(".card").first.locator(".reasons")
    expect(reasons).to_contain_text("194 people")
    expect(why).to_have_attribute("aria-expanded", "true")
    why.click()
    expect(reasons).to_be_hidden()
    expect(why).to_have_attribute("aria-expanded", "false")
    assert page.url == before


def test_a_double_click_opens_why_once(page: Page) -> None:
    page.goto("/similar?id=1")
    with page.expect_response("**/why?*"):
        page.locator(".why").first.evaluate("link => { link.click(); link.click(); }")
    page.wait_for_load_state("networkidle")
    assert page.locator(".reasons").count() <= 1
