"""The report of an evaluation, opened as a file without a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

import movierec
from movierec.data.discover import sample_folder


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    found = movierec.evaluate(sample_folder(), ["svd", "ease"], k=[10, 5])
    path.write_text(found.to_html("My report", by=["activity"]), encoding="utf-8")
    return path


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_tables_sort_and_the_page_fits(
    browser: Browser, report: Path, scheme: str, width: int
) -> None:
    page = browser.new_page(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url))
    page.goto(report.as_uri())
    table = page.locator("table.sorts").nth(1)  # what the lists are like
    head = table.get_by_role("columnheader", name="coverage")

    def column(number: int) -> list[str]:
        return table.locator(f"tbody tr td:nth-child({number})").all_text_contents()

    place = table.locator("th").all_text_contents().index("coverage") + 1
    before = column(place)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(place) == sorted(before, key=float, reverse=True)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(place) == sorted(before, key=float)
    table.get_by_role("columnheader", name="algorithm").get_by_role("button").click()
    assert column(1) == sorted(column(1))
    assert page.locator("svg").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == [report.as_uri()]
    page.close()
