"""Titles that look like markup."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from movierec import Recommender
from tests.web.conftest import Server, serving

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import expect

from tests.web.browser.helpers import BOX, Visit, add, expect_ratings, options_of, type_in

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)> (2003)'
IMAGE_NAME = IMAGE.removesuffix(" (2003)")
RECORDING = "[REC] (2007)"
ODD_MOVIES = f"""movieId,title,genres
10,{SCRIPT} (1999),Drama
20,{SCRIPT} (2005),Comedy|Drama
30,{RECORDING},Horror
40,"{IMAGE.replace('"', '""')}",Horror
"""
ODD_RATINGS = """userId,movieId,rating
1,10,4
1,20,5
1,30,4
2,10,3
2,20,4
2,40,2
3,10,5
3,30,1
3,40,2
"""


@pytest.fixture(scope="module")
def odd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "ratings.csv").write_text(ODD_RATINGS)
    (folder / "movies.csv").write_text(ODD_MOVIES)
    Recommender.fit(folder / "ratings.csv", folder / "movies.csv").save(folder / "m")
    with serving("--model", folder / "m") as running:
        yield running


def test_odd_titles_are_shown_as_they_are(odd_server: Server, visit: Visit) -> None:
    page = visit(odd_server.url)
    page.goto("/")
    type_in(page, "alert")
    expect(options_of(page)).to_have_count(3)
    expect(page.get_by_role("option", name=f"{SCRIPT} 1999")).to_be_visible()
    page.get_by_role("option", name=IMAGE_NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(IMAGE_NAME)
    expect(page.locator(BOX)).to_have_value(IMAGE_NAME)
    titles = page.locator(".card h3").all_inner_texts()
    assert sorted(titles) == sorted([SCRIPT, SCRIPT, "[REC]"])
    for why in page.locator(".why").all():
        why.click()
        expect(page.get_by_role("dialog")).to_contain_text(IMAGE_NAME)
        page.keyboard.press("Escape")
    page.locator(BOX).fill(SCRIPT)
    page.get_by_role("button", name="Find similar movies").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which movie?")
    expect(page.locator(".card")).to_have_text([f"{SCRIPT} 1999", f"{SCRIPT} 2005"])
    expect(page.locator("main script, main img:not([src^='/cover/'])")).to_have_count(0)


def test_odd_titles_can_be_rated(odd_server: Server, visit: Visit) -> None:
    page = visit(odd_server.url)
    page.goto("/taste")
    titles = [IMAGE, RECORDING, f"{SCRIPT} (1999)"]
    for title in titles:
        add(page, title)
    expect(page.locator(".card")).to_contain_text([SCRIPT])
    page.reload()
    expect_ratings(page, dict.fromkeys(titles, "5"))
    expect(page.locator("main script, main img:not([src^='/cover/'])")).to_have_count(0)
