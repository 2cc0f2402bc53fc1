"""How much a page transfers, and that it goes to its own server alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page

from tests.web.browser.helpers import PATIENCE, Visit
from tests.web.browser.states import each_state

MOST = 150_000  # bytes of everything, with headers, for a visitor whose cache is empty


class Scale:
    """Adds up what a page receives."""

    def __init__(self, page: Page) -> None:
        self.received: list[float] = []
        self.n_awaited = 0
        self._page = page
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._add)
        page.on("request", lambda _: self._count(1))
        page.on("requestfinished", lambda _: self._count(-1))
        page.on("requestfailed", lambda _: self._count(-1))

    def _add(self, event: dict[str, float]) -> None:
        self.received.append(event["encodedDataLength"])

    def _count(self, change: int) -> None:
        self.n_awaited += change

    def total(self) -> float:
        """Return how much arrived, once nothing more is awaited, or after a while."""
        for _ in range(PATIENCE // 200):
            self._page.wait_for_timeout(200)
            if self.n_awaited <= 0:
                break
        return sum(self.received)


@each_state
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_heavy(visit: Visit, show: Callable[[Page], None], width: int) -> None:
    """`visit` also fails if a page asks another server."""
    page = visit(viewport={"width": width, "height": 900})
    scale = Scale(page)
    show(page)
    assert 1_000 < scale.total() < MOST
    assert len(scale.received) >= 3


def test_the_longest_list_is_not_heavy_when_it_is_read_to_its_end(page: Page) -> None:
    scale = Scale(page)
    page.goto("/film/1?k=96")
    for card in page.locator(".card").all():
        card.scroll_into_view_if_needed()
    assert scale.total() < MOST
    assert len(scale.received) > 96  # the covers as well
