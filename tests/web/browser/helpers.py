"""Helpers for tests in a browser; import them after ``pytest.importorskip``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

Visit = Callable[..., Page]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000  # milliseconds; these machines are shared
BOX = "input[name=movies]"
TOY_STORIES = ["Toy Story 1995", "Toy Story 2 1999", "Toy Story 3 2010", "Toy Story 4 2019"]
HAMLETS = ["Hamlet (1996)", "Hamlet (1990)", "Hamlet (1948)", "Hamlet (1964)"]


class Watch:
    """Records what a page must not do: request from another host, fail, or open a dialog."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home + "/"
        self.faults: list[str] = []
        self.failed_pages: set[str] = set()
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        context.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self.home):
            self.faults.append(f"requested: {request.url}")

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request() and not response.ok:
            self.failed_pages.add(response.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.location["url"] in self.failed_pages and "Failed to load" in message.text:
            return  # the page says so itself
        if message.type in ("error", "warning"):  # violations of the content policy are errors
            self.faults.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def running_browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


def options_of(page: Page) -> Locator:
    return page.get_by_role("option")


def type_in(page: Page, text: str) -> None:
    """Type, and wait for the suggestions."""
    page.locator(BOX).fill("")
    page.locator(BOX).press_sequentially(text)
    expect(options_of(page).first).to_be_visible()


def add(page: Page, title: str) -> None:
    """Add a movie on the taste page by its title and the button."""
    page.locator(BOX).fill(title)
    page.get_by_role("button", name="Add").click()
    expect(page.locator("[name=title]").last).to_have_value(title)


def stars(page: Page, title: str, value: str) -> Locator:
    """Return one of the stars of a movie on the taste page, by its title with the year."""
    group = page.get_by_role("group", name=f"Your rating of {title}", exact=True)
    return group.locator(f"label:has([value='{value}'])")


def give(page: Page, place: int, value: str) -> None:
    """Rate a movie that the taste page offers, by the pointer."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator(f".offers li:nth-child({place}) label:has([value='{value}'])").click()
    expect(page.locator(f".offers li:nth-child({place}) [value='{value}']")).to_be_checked()


def ratings_in(page: Page) -> dict[str, str]:
    """Return what the form of the taste page holds, by the titles of the file."""
    columns = (
        page.locator(f"[name={name}]").evaluate_all("all => all.map(at => at.value)")
        for name in ("title", "rating")
    )
    return dict(zip(*columns, strict=True))


def expect_ratings(page: Page, expected: dict[str, str]) -> None:
    """Wait until the form of the taste page holds ratings, in order."""
    for name, values in (("title", list(expected)), ("rating", list(expected.values()))):
        fields = page.locator(f"[name={name}]")
        expect(fields).to_have_count(len(values))
        for place, value in enumerate(values):
            expect(fields.nth(place)).to_have_value(value)


def link_in(page: Page) -> str:
    """Return the link to the ratings of the taste page."""
    if not page.get_by_role("button", name="Make a link").is_visible():
        page.locator(".keep summary").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to your ratings")
    expect(link).to_be_visible()
    return link.input_value()


def focused(page: Page) -> str:
    """Return the accessible name of the focused element."""
    told: str = page.evaluate(
        "(at => at.ariaLabel ?? at.labels?.[0]?.innerText ?? at.innerText)(document.activeElement)"
    )
    return told


def in_a_row(page: Page, presses: int) -> list[str]:
    """Return the names that the tab key focuses, in order."""
    names = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        names.append(focused(page))
    return names
