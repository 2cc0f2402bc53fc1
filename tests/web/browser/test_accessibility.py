"""axe-core finds nothing that keeps people from using a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")
pytest.importorskip("axe_playwright_python", reason="axe-core is missing")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.browser.catalogs import Catalog
from tests.web.browser.helpers import BOX, Visit
from tests.web.browser.states import each_state
from tests.web.conftest import serving

LOOKS = [(size, scheme) for size in ((1280, 800), (390, 844)) for scheme in ("light", "dark")]
DIFFERENT = [LOOKS[0], LOOKS[-1]]  # for what has been seen in all of them with other titles


def violations(page: Page, looks: Sequence[tuple[tuple[int, int], str]] = LOOKS) -> list[str]:
    """Return what axe-core finds, on large and small screens, in both color schemes."""
    found = []
    for (width, height), scheme in looks:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        told = Axe().run(page).response
        assert told["passes"]
        found += [
            f"{width}, {scheme}: {rule['id']}: {node['html']}"
            for rule in told["violations"]
            for node in rule["nodes"]
        ]
    return found


def test_axe_finds_what_is_wrong(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    page.goto("/")
    page.evaluate("document.documentElement.lang = ''")
    page.evaluate("document.querySelector('h1').style.color = 'var(--line)'")
    told = " ".join(violations(page))
    for rule in ("html-has-lang", "color-contrast"):
        assert told.count(f": {rule}: ") == len(LOOKS)


@each_state
def test_no_page_has_a_violation(visit: Visit, show: Callable[[Page], None]) -> None:
    page = visit(reduced_motion="reduce")  # or axe would see a color on its way
    show(page)
    assert violations(page) == []


def test_the_login_has_no_violation(visit: Visit, sample_model: Path) -> None:
    with serving("--model", sample_model, "--token", "a-long-enough-token") as running:
        page = visit(running.url, reduced_motion="reduce")
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        assert violations(page) == []


PATHS = [
    "/",
    "/why?first={movie_id}&second={other_id}",
    "/similar?title={words}",
    "/similar?title=qqqqqqqqqq",
    "/stats",
    "/map",
    "/film/none",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_title_makes_a_violation(catalog: Catalog, visit: Visit, path: str) -> None:
    page = visit(catalog.url, reduced_motion="reduce")
    page.goto(path.format(**catalog.movies[0]))
    assert violations(page, DIFFERENT) == []


def test_no_title_makes_a_violation_on_its_own_page(catalog: Catalog, visit: Visit) -> None:
    page = visit(catalog.url, reduced_motion="reduce")
    for values in catalog.movies:
        page.goto("/film?id={movie_id}".format(**values))
        page.locator(".why").first.click()
        page.get_by_role("dialog").wait_for()
        assert violations(page, DIFFERENT) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_title_makes_a_violation_when_rated(catalog: Catalog, visit: Visit) -> None:
    page = visit(catalog.url, reduced_motion="reduce")
    page.goto("/taste")
    for n_rated, values in enumerate(catalog.movies, 1):
        page.locator(BOX).fill(values["title"])
        page.get_by_role("button", name="Add").click()
        noun = "movie" if n_rated == 1 else "movies"
        expect(page.get_by_text(f"{n_rated} {noun} rated")).to_be_visible()
    assert violations(page, DIFFERENT) == []
