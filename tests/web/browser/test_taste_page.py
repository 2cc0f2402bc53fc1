"""The taste page."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, Route, expect

from tests.web.browser.helpers import (
    BOX,
    HAMLETS,
    Visit,
    add,
    expect_ratings,
    focused,
    give,
    link_in,
    options_of,
    ratings_in,
    stars,
    type_in,
)


def test_taste_is_kept_in_the_browser(page: Page, visit: Visit) -> None:
    page.goto("/taste")
    type_in(page, "toy sto")
    options_of(page).first.click()
    expect(stars(page, "Toy Story (1995)", "5")).to_be_visible()
    expect(page.locator(BOX)).to_be_focused()
    expect(page.locator(BOX)).to_have_value("")
    add(page, "Matrix, The (1999)")
    add(page, "Titanic (1997)")
    with page.expect_response("**/taste*"):
        stars(page, "Titanic (1997)", "1").click()
    rated = {"Toy Story (1995)": "5", "Matrix, The (1999)": "5", "Titanic (1997)": "1"}
    expect(page.locator("[name=rating]").last).to_have_value("1")
    expect(page.locator(".card")).to_have_count(12)
    for card in page.locator(".card").all():
        expect(card).to_contain_text("Because you rated")
    expect_ratings(page, rated)

    page.reload()
    expect(page.locator(".card")).to_have_count(12)
    expect_ratings(page, rated)

    page.locator(".said summary").click()
    page.get_by_role("button", name="Remove The Matrix (1999)").click()
    expect(page.locator("[name=id]")).to_have_count(2)
    page.reload()
    expect(page.locator("[name=id]")).to_have_count(2)
    assert "Matrix, The (1999)" not in ratings_in(page)

    other = visit()
    other.goto("/taste")
    other.wait_for_load_state("networkidle")
    expect(other.get_by_role("heading", level=1)).to_have_text("Your taste")
    expect(other.locator("[name=id], .card")).to_have_count(0)


def test_the_last_film_can_be_removed(page: Page) -> None:
    page.goto("/taste")
    give(page, 1, "5")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("[name=id], .card")).to_have_count(0)
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[name=id], .card")).to_have_count(0)


def test_an_ambiguous_title_offers_choices(page: Page) -> None:
    page.goto("/taste")
    page.locator(BOX).fill("hamlet")
    page.keyboard.press("Enter")
    expect(page.locator(".movies button")).to_have_text(HAMLETS)
    expect(page.get_by_text('"hamlet" may be any of 4 movies')).to_be_visible()
    page.get_by_role("button", name="Hamlet (1948)").click()
    expect(page.locator("[name=id]")).to_have_count(1)
    expect_ratings(page, {"Hamlet (1948)": "5"})
    expect(page.locator(".movies button")).to_have_count(0)


def test_the_keyboard_rates(page: Page) -> None:
    """Tab reaches the stars; arrows, digits and space give them; the focus stays."""
    page.goto("/taste")
    page.locator(".offers li:nth-child(1) h3 a").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "0.5 of 5"
    for _ in range(3):  # faster than the server answers
        page.keyboard.press("ArrowRight")
    expect(page.locator("[name=rating]")).to_have_value("2")
    assert focused(page) == "2 of 5"
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[name=rating]")).to_have_value("1.5")
    page.keyboard.press("4")
    expect(page.locator("[name=rating]")).to_have_value("4")
    assert focused(page) == "4 of 5"
    page.keyboard.press("Tab")
    assert focused(page).startswith("Clear: ")
    page.keyboard.press("Enter")
    expect(page.locator("[name=id]")).to_have_count(0)
    page.locator(".offers li:nth-child(2) h3 a").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[name=rating]")).to_have_value("0.5")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("5")
    expect(page.locator("[name=id]")).to_have_count(2)
    expect(page.locator("[name=rating]").last).to_have_value("5")
    expect(page.locator("[name=rating]").first).to_have_value("0.5")


def test_nothing_is_undone_while_an_answer_is_awaited(page: Page) -> None:
    """A click before the answer arrives must not act on the old page."""
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/taste*", hold)
    box = page.get_by_role("button", name="Clear: Toy Story (1995)").bounding_box()
    assert box
    page.locator(BOX).fill("Titanic (1997)")
    with page.expect_request("**/taste*"):
        page.keyboard.press("Enter")
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[name=id]")).to_have_count(2)
    expect_ratings(page, {"Toy Story (1995)": "5", "Titanic (1997)": "5"})


def test_marks_replace_what_is_offered(page: Page) -> None:
    page.goto("/taste")
    names = page.locator(".offers h3 a").all_inner_texts()
    page.get_by_role("button", name=f"Not for me: {names[0]}").click()
    expect(page.locator(".offers h3 a").first).not_to_have_text(names[0])
    page.get_by_role("button", name=f"Seen: {names[1]}").click()
    expect(page.locator(".offers h3 a").nth(1)).not_to_have_text(names[1])
    assert page.locator(".offers h3 a").all_inner_texts()[2:] == names[2:]
    assert list(ratings_in(page).values()) == ["no", "seen"]
    page.get_by_role("button", name="Show me others").click()
    expect(page.locator(".offers h3 a").nth(2)).not_to_have_text(names[2])
    assert not set(page.locator(".offers h3 a").all_inner_texts()) & set(names)


def test_filters_are_in_the_address(page: Page) -> None:
    page.goto("/taste?show=picks")
    add(page, "Toy Story (1995)")
    page.locator(".chips").get_by_role("button", name="Comedy").click()
    expect(page.locator(".chips [aria-current]")).to_have_text(["Comedy"])
    address = page.url
    assert "genre=Comedy" in address
    page.locator(".chips").get_by_role("button", name="1990s").click()
    expect(page.locator(".chips [aria-current]")).to_have_text(["Comedy", "1990s"])
    page.go_back()
    expect(page.locator(".chips [aria-current]")).to_have_text(["Comedy"])
    page.reload()
    expect(page.locator(".chips [aria-current]")).to_have_text(["Comedy"])
    assert page.url == address


def test_a_link_holds_the_ratings_and_no_server_sees_them(page: Page, visit: Visit) -> None:
    page.goto("/taste")
    give(page, 1, "4.5")
    give(page, 3, "2")
    link, rated = link_in(page), ratings_in(page)
    assert "/taste#taste=1." in link

    other = visit()
    addresses: list[str] = []
    other.on("request", lambda request: addresses.append(request.url))
    other.goto(link)
    question = other.get_by_role("dialog")
    expect(question).to_contain_text("This link holds 2 movies. You have none in this browser.")
    assert "#" not in other.url
    question.get_by_role("button", name="Leave everything as it is").click()
    expect(other.locator("[name=id]")).to_have_count(0)
    give(other, 5, "3")
    mine = ratings_in(other)
    other.goto(link)
    expect(question).to_contain_text("You have 1 movie in this browser.")
    question.get_by_role("button", name="Replace mine with these").click()
    expect(other.locator("[name=id]")).to_have_count(2)
    assert rated != mine
    expect_ratings(other, rated)
    other.reload()
    expect(other.locator("[name=id]")).to_have_count(2)
    secret = link.split("#taste=1.")[1]
    assert addresses
    assert not any(secret in address for address in addresses)


@pytest.mark.parametrize("fragment", ["1.", "1.!!", "1.AAAA", "2.AAAA", "1.q1YqVrJSUKoFAA", ""])
def test_a_damaged_link_changes_nothing(page: Page, fragment: str) -> None:
    page.goto("/taste")
    give(page, 1, "4")
    rated = ratings_in(page)
    page.goto(f"/taste#taste={fragment}")
    expect(page.get_by_text("This link is damaged")).to_be_visible()
    page.reload()
    expect(page.locator("[name=id]")).to_have_count(1)
    expect_ratings(page, rated)


def test_a_bad_file_is_said_kindly(page: Page) -> None:
    page.goto("/taste")
    page.locator("input[type=file]").set_input_files(
        {"name": "x.zip", "mimeType": "application/zip", "buffer": b"PK\3\4<script>"}
    )
    expect(page.get_by_text("Nothing was imported: x.zip is a broken zip")).to_be_visible()
