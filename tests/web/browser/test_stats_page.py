"""The charts of the stats page."""

from __future__ import annotations

from itertools import pairwise

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Locator, Page, expect

from tests.web.browser.helpers import Visit


def _sides(bars: Locator) -> list[dict[str, float]]:
    found: list[dict[str, float]] = bars.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().toJSON())"
    )
    return found


@pytest.mark.parametrize("width", [390, 1280])
def test_bars_of_all_charts_share_one_scale_and_one_grid(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 900})
    page.goto("/stats")
    charts = page.locator(".charts > .chart")
    expect(charts).to_have_count(4)
    scales, grids = [], set()
    for chart in charts.all():
        bars, rails = _sides(chart.locator("svg rect")), _sides(chart.locator("svg"))
        left = _sides(chart)[0]["left"]
        grids |= {(round(rail["left"] - left), round(rail["width"])) for rail in rails}
        counts = [int(text.replace(",", "")) for text in chart.locator(".number").all_inner_texts()]
        assert len(bars) == len(counts) > 2
        scales += [
            bar["width"] * sum(counts) / count
            for bar, count in zip(bars, counts, strict=True)
            if bar["width"] > 20
        ]
    assert len(grids) == 1
    assert scales == pytest.approx([scales[0]] * len(scales), rel=0.05)


def test_columns_over_time_are_drawn_and_told(page: Page) -> None:
    page.goto("/stats")
    timelines = page.locator(".timeline")
    assert timelines.get_by_role("heading").all_inner_texts() == [
        "Ratings by year of the movie",
        "Ratings over time",
    ]
    for timeline in timelines.all():
        timeline.locator("summary").click()
        table = timeline.get_by_role("table")
        expect(table).to_be_visible()
        counts = [int(text.replace(",", "")) for text in table.locator(".number").all_inner_texts()]
        heights = [side["height"] for side in _sides(timeline.locator("rect"))]
        assert len(heights) == len(counts) > 2
        assert heights == pytest.approx(
            [max(heights) * count / max(counts) for count in counts], abs=1
        )
        assert f"{max(counts):,}" in timeline.locator(".about").inner_text()


def test_the_text_of_charts_keeps_its_size_on_a_phone(visit: Visit) -> None:
    for width in (320, 1280):
        page = visit(viewport={"width": width, "height": 700})
        page.goto("/stats")
        sides = _sides(page.locator(".plot text"))
        assert min(side["height"] for side in sides) > 11
        assert min(side["left"] for side in sides) >= 0
        assert max(side["right"] for side in sides) <= width
        ticks = sorted(_sides(page.locator(".tick")), key=lambda side: (side["top"], side["left"]))
        for one, other in pairwise(ticks):
            assert one["top"] < other["top"] or one["right"] < other["left"]
