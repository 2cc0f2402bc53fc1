"""The charts of the stats page."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect


def test_stats_draw_four_charts(page: Page) -> None:
    page.goto("/stats")
    charts = page.locator(".chart")
    expect(charts).to_have_count(4)
    for chart in charts.all():
        widths = [
            (box or {"width": 0.0})["width"]
            for box in (bar.bounding_box() for bar in chart.locator("svg rect").all())
        ]
        counts = [int(text.replace(",", "")) for text in chart.locator(".number").all_inner_texts()]
        assert len(widths) == len(counts) > 2
        assert [width > 0 for width in widths] == [count > 0 for count in counts]
        assert widths[counts.index(max(counts))] == max(widths) > 50
        for width, count in zip(widths, counts, strict=True):
            assert width == pytest.approx(max(widths) * count / max(counts), abs=1)
