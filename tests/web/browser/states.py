"""The states of pages that are checked in several ways."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.helpers import BOX, HAMLETS, add, type_in


def show_home(page: Page) -> None:
    page.goto("/")


def show_neighbors(page: Page) -> None:
    page.goto("/film/1")


def show_similar(page: Page) -> None:
    show_neighbors(page)
    page.locator(".legend summary").click()


def show_reasons(page: Page) -> None:
    page.goto("/film/1")
    page.locator(".why").first.click()
    expect(page.locator(".reasons")).to_be_visible()


def show_suggestions(page: Page) -> None:
    page.goto("/")
    type_in(page, "the")
    page.keyboard.press("ArrowDown")


def show_taste(page: Page) -> None:
    page.goto("/taste")
    for title in ("Toy Story (1995)", "Matrix, The (1999)", "Titanic (1997)"):
        add(page, title)


def show_notices(page: Page) -> None:
    show_taste(page)
    page.locator(BOX).fill("hamlet")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name=HAMLETS[0])).to_be_visible()


def show_stats(page: Page) -> None:
    page.goto("/stats")


def show_why(page: Page) -> None:
    page.goto("/why?first=1&second=2")


def show_choices(page: Page) -> None:
    page.goto("/similar?title=hamlet")


STATES = [
    show_home,
    show_similar,
    show_reasons,
    show_suggestions,
    show_notices,
    show_stats,
    show_why,
    show_choices,
]
each_state = pytest.mark.parametrize("show", STATES, ids=lambda show: show.__name__[5:])
