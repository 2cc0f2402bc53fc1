"""A browser and its pages. Playwright is imported in the fixtures, since it may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.web.browser.catalogs import Catalog
    from tests.web.browser.helpers import Visit, Watch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a test in a browser twice: on a busy machine, a key may come before a page is ready.

    Only a second failure counts; the output shows each second try (R).
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from tests.web.browser.helpers import running_browser

    with running_browser() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Open pages, each as a new visitor; at the end, none may have done what it must not."""
    from playwright.sync_api import expect

    from tests.web.browser.helpers import PATIENCE, Watch

    opened: list[tuple[BrowserContext, Watch]] = []

    def new_page(home: str = server.url, **options: Any) -> Page:
        context = browser.new_context(base_url=home, **options)
        context.set_default_timeout(PATIENCE)
        opened.append((context, Watch(context, home)))
        return context.new_page()

    expect.set_options(timeout=PATIENCE)
    yield new_page
    for context, _ in opened:
        context.close()
    assert [fault for _, watch in opened for fault in watch.faults] == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit()


@pytest.fixture
def plain(visit: Visit) -> Page:
    """A page without JavaScript."""
    return visit(java_script_enabled=False)


@pytest.fixture(scope="module", params=["odd", "books"])
def catalog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Catalog]:
    """A server of titles that are hard to show, or of books."""
    from tests.web.browser import catalogs

    folder = tmp_path_factory.mktemp(request.param)
    movies = catalogs.WRITERS[request.param](folder)
    with serving("--model", catalogs.model_of(folder)) as running:
        yield catalogs.Catalog(running.url, movies)
