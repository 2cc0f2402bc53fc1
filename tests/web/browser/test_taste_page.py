"""The taste page."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, Route, expect

from tests.web.browser.helpers import BOX, HAMLETS, Visit, add, options_of, ratings_in, type_in


def test_taste_is_kept_in_the_browser(page: Page, visit: Visit) -> None:
    page.goto("/taste")
    type_in(page, "toy sto")
    options_of(page).first.click()
    expect(page.get_by_label("Your rating of Toy Story (1995)")).to_be_visible()
    expect(page.locator(BOX)).to_be_focused()
    expect(page.locator(BOX)).to_have_value("")
    add(page, "Matrix, The (1999)")
    add(page, "Titanic (1997)")
    with page.expect_response("**/taste"):
        page.get_by_label("Your rating of Titanic (1997)").select_option("1")
    rated = {"Toy Story (1995)": "5", "The Matrix (1999)": "5", "Titanic (1997)": "1"}
    expect(page.get_by_role("heading", name="You may like")).to_be_visible()
    expect(page.locator(".card")).to_have_count(12)
    for card in page.locator(".card").all():
        expect(card).to_contain_text("because you rated")
    expect(page.locator("option[selected]")).to_have_text(list(rated.values()))

    page.reload()
    expect(page.locator(".card")).to_have_count(12)
    assert ratings_in(page) == rated

    page.get_by_label("Remove The Matrix (1999)").click()
    expect(page.locator(".rated li")).to_have_count(2)
    page.reload()
    expect(page.locator(".rated li")).to_have_count(2)
    assert "The Matrix (1999)" not in ratings_in(page)

    other = visit()
    other.goto("/taste")
    other.wait_for_load_state("networkidle")
    expect(other.get_by_role("heading", level=1)).to_have_text("Your taste")
    expect(other.locator(".rated, .card")).to_have_count(0)


def test_the_last_film_can_be_removed(page: Page) -> None:
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    page.get_by_label("Remove Toy Story (1995)").click()
    expect(page.locator(".rated, .card")).to_have_count(0)
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".rated, .card")).to_have_count(0)


def test_an_ambiguous_title_offers_choices(page: Page) -> None:
    page.goto("/taste")
    page.locator(BOX).fill("hamlet")
    page.keyboard.press("Enter")
    expect(page.locator(".movies button")).to_have_text(HAMLETS)
    expect(page.get_by_text('"hamlet" may be any of 4 movies')).to_be_visible()
    page.get_by_role("button", name="Hamlet (1948)").click()
    expect(page.locator(".rated a")).to_have_text(["Hamlet (1948)"])
    expect(page.locator(".movies button")).to_have_count(0)


def test_the_keyboard_changes_a_rating(page: Page) -> None:
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    add(page, "Matrix, The (1999)")
    rating = page.get_by_label("Your rating of Toy Story (1995)")
    rating.focus()
    for value in ("4.5", "4"):
        with page.expect_response("**/taste"):
            page.keyboard.press("ArrowDown")
        expect(page.locator("option[selected]").first).to_have_text(value)
        expect(rating).to_be_focused()


def test_nothing_is_undone_while_an_answer_is_awaited(page: Page) -> None:
    """A click before the answer arrives must not act on the old page."""
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/taste", hold)
    box = page.get_by_label("Remove Toy Story (1995)").bounding_box()
    assert box
    page.locator(BOX).fill("Titanic (1997)")
    with page.expect_request("**/taste"):
        page.keyboard.press("Enter")
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".rated a")).to_have_text(["Toy Story (1995)", "Titanic (1997)"])
