"""The search box and its suggestions."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import BOX, TOY_STORIES, options_of, type_in


def test_fast_typing_asks_once(page: Page) -> None:
    asked: list[str] = []  # covers are loaded whenever the browser likes
    page.on("request", lambda now: asked.append(now.url) if "/cover/" not in now.url else None)
    page.clock.install(time=0)
    page.goto("/")
    page.clock.pause_at(60_000)  # so that the speed of this machine does not matter
    asked.clear()
    page.locator(BOX).press_sequentially("toy sto")
    assert asked == []
    page.clock.run_for(1000)
    expect(options_of(page)).to_have_text(TOY_STORIES)
    assert len(asked) == 1
    assert "/suggestions?q=toy+sto" in asked[0]


def test_suggestions_tell_their_state(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name="A movie you like")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("listbox")).to_be_hidden()
    type_in(page, "toy sto")
    films = page.get_by_role("listbox", name="Movies")
    expect(films.get_by_role("option")).to_have_text(TOY_STORIES)
    expect(page.get_by_role("status")).to_have_text("4 movies")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-controls", films.get_attribute("id") or "none")
    for key, place in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", 3)]:
        page.keyboard.press(key)
        chosen = page.get_by_role("option", selected=True)
        expect(chosen).to_have_text([TOY_STORIES[place]])
        expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "none")
    page.keyboard.press("Escape")
    expect(films).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile(""))
    expect(box).to_have_value("toy sto")


def test_the_keyboard_chooses_a_suggestion(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy sto")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/film/1$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Story")
    expect(page.locator(BOX)).to_have_value("Toy Story")


def test_the_mouse_chooses_a_suggestion_and_follows_cards(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy sto")
    options_of(page).nth(2).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Story 3")
    link = page.locator(".card h3 a").first
    title = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_leaving_the_box_closes_the_suggestions(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy sto")
    page.get_by_role("navigation").click()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_misspelt_titles_are_suggested(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy stroy")
    expect(options_of(page).first).to_have_text(TOY_STORIES[0])
