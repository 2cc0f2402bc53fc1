"""The page of similar movies."""

from __future__ import annotations

import re

import pytest

from movierec import Recommender
from movierec.films.names import display_title

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect


def test_the_page_says_what_is_known(page: Page, sample: Recommender) -> None:
    page.goto("/film/1")
    film = sample.film("1", by_id=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Story")
    expect(page.locator(".facts")).to_have_text("1995 · " + " · ".join(film.movie.genres))
    rows = page.locator(".histogram tr").all_inner_texts()
    counts = {float(row.split()[0]): int(row.split()[-1]) for row in rows}
    assert counts == film.ratings
    assert sum(counts.values()) == film.movie.n_ratings


def test_cards_say_what_is_known(page: Page, sample: Recommender) -> None:
    page.goto("/film/1")
    cards = page.locator(".card")
    films = sample.similar("1", 12, by_id=True)
    expect(cards).to_have_count(12)
    for card, film in zip(cards.all(), films, strict=True):
        expect(card.get_by_role("heading")).to_have_text(display_title(film.title))
        expect(card.locator(".about")).to_have_text(f"{film.year} · {film.evidence}")
        expect(card.locator(".reason")).to_have_text(film.reason)


def test_covers_are_drawn(page: Page) -> None:
    page.goto("/film/1")
    drawn = page.locator("img").evaluate_all(
        "all => Promise.all(all.map(async (i) => { await i.decode(); return i.naturalWidth; }))"
    )
    assert len(drawn) == 13
    assert all(drawn)


def test_filters_change_the_address_and_the_list(page: Page, sample: Recommender) -> None:
    page.goto("/film/1")
    page.get_by_role("link", name="Comedy", exact=True).click()
    expect(page).to_have_url(re.compile(r"/film/1\?genre=Comedy#like$"))
    page.get_by_role("link", name="2000s", exact=True).click()
    expect(page.locator(".chips [aria-current=true]")).to_have_text(["Comedy", "2000s"])
    expected = sample.similar("1", 12, by_id=True, genres="Comedy", years=(2000, 2009))
    expect(page.locator(".card h3")).to_have_text([display_title(film.title) for film in expected])
    page.go_back()
    expect(page.locator(".chips [aria-current=true]")).to_have_text(["Comedy"])
    page.get_by_role("link", name="Comedy", exact=True).click()
    expect(page).to_have_url(re.compile(r"/film/1#like$"))


def test_why_opens_at_the_side(page: Page) -> None:
    page.goto("/film/1")
    before = page.url
    why = page.locator(".why").first
    why.scroll_into_view_if_needed()
    place = page.locator(".card").nth(1).bounding_box()
    why.click()
    panel = page.get_by_role("dialog")
    expect(panel.locator(".reasons")).to_contain_text("194 people")
    expect(panel.locator(".grid")).to_be_visible()
    expect(why).to_have_attribute("aria-expanded", "true")
    assert page.locator(".card").nth(1).bounding_box() == place
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(why).to_have_attribute("aria-expanded", "false")
    expect(why).to_be_focused()
    why.click()
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    assert page.url == before


def test_a_double_click_opens_why_once(page: Page) -> None:
    page.goto("/film/1")
    with page.expect_response("**/why?*"):
        page.locator(".why").first.evaluate("link => { link.click(); link.click(); }")
    page.wait_for_load_state("networkidle")
    assert page.locator(".reasons").count() <= 1
