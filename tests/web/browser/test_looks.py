"""Contrast, color schemes, widths of the window."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page

from tests.web.browser.helpers import Visit
from tests.web.browser.states import each_state

WIDTHS = (320, 390, 768, 1280)
SCHEMES = ("light", "dark")

# The contrast ratio, as WCAG 2 defines it, of each visible text against its background.
CONTRASTS = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((value) => value / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      const alpha = channels(color)[3] ?? 1;
      if (alpha === 1) return color;
      if (alpha !== 0) throw new Error(`half transparent: ${color}`);
    }
    throw new Error("nothing behind");
  };
  const ratio = (style, element) => {
    if (style.opacity !== "1") throw new Error(`half transparent: ${element.outerHTML}`);
    const [low, high] = [luminance(style.color), luminance(behind(element))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const text = walker.currentNode.data.trim();
    if (!text || element.matches(".unseen") || !element.checkVisibility()) continue;
    if (!range.getClientRects().length) continue;
    found.push([text, ratio(getComputedStyle(element), element)]);
  }
  for (const control of document.querySelectorAll("input:not([type=hidden]), select")) {
    const part = control.value ? null : "::placeholder";
    found.push([control.name, ratio(getComputedStyle(control, part), control)]);
  }
  return found;
}"""


@each_state
@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(visit: Visit, show: Callable[[Page], None], scheme: str) -> None:
    page = visit(color_scheme=scheme)
    show(page)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 8
    assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []


def test_there_are_two_color_schemes(visit: Visit) -> None:
    shades = []
    for scheme in SCHEMES:
        page = visit(color_scheme=scheme)
        page.goto("/")
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades.append(sum(map(int, re.findall(r"\d+", color))))
    assert shades[0] > 600
    assert shades[1] < 150


@each_state
def test_nothing_is_wider_than_the_window(page: Page, show: Callable[[Page], None]) -> None:
    show(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        wide, room = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room <= width
