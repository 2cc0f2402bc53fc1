"""The states of pages that are checked in several ways."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.helpers import BOX, HAMLETS, add, give, link_in, type_in


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


def show_picks(page: Page) -> None:
    page.goto("/taste")
    for place, value in enumerate(("4.5", "3", "5", "2", "4"), start=1):
        give(page, place, value)
    page.get_by_role("button", name="See what to watch").click()
    expect(page.locator(".chips")).to_be_visible()
    link_in(page)


def show_tonight(page: Page) -> None:
    show_taste(page)
    page.get_by_role("button", name="Guest", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your guest’s taste")
    give(page, 4, "4.5")
    page.get_by_role("button", name="Tonight").click()
    expect(page.locator(".expected").first).to_contain_text("Guest")


def show_import(page: Page) -> None:
    page.goto("/taste")
    text = "title,rating\nHeat (1995),4\nNobody made this,5\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    expect(page.locator(".summary").first).to_contain_text("1 of 2 movies")


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


def show_found(page: Page) -> None:
    """Search as people do, to the address that the search ends at."""
    page.goto("/")
    page.locator(BOX).fill("toy story")
    page.locator(BOX).press("Enter")  # suggestions may lie over the button
    expect(page).to_have_url(re.compile("/film/1$"))


def show_filtered(page: Page) -> None:
    page.goto("/film/1?genre=Comedy&decade=2000")
    expect(page.locator(".chips [aria-current]")).to_have_count(2)


def show_no_neighbors(page: Page) -> None:
    page.goto("/film/1?genre=Film-Noir&decade=1890")
    expect(page.locator("main .card")).to_have_count(0)


def show_no_title(page: Page) -> None:
    page.goto("/similar?title=qqqqqqqqqq")


def show_no_movie(page: Page) -> None:
    page.goto("/film/no-such-id")


def show_no_page(page: Page) -> None:
    page.goto("/nothing/here")


def show_bad_filter(page: Page) -> None:
    page.goto("/film/1?k=many")


STATES = [
    show_home,
    show_found,
    show_filtered,
    show_no_neighbors,
    show_similar,
    show_reasons,
    show_suggestions,
    show_notices,
    show_picks,
    show_tonight,
    show_import,
    show_stats,
    show_why,
    show_choices,
    show_no_title,
    show_no_movie,
    show_no_page,
    show_bad_filter,
]
each_state = pytest.mark.parametrize("show", STATES, ids=lambda show: show.__name__[5:])
