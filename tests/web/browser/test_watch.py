"""The watch on pages sees what they must not do."""

from __future__ import annotations

import pytest

from tests.web.conftest import Server

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Browser

from tests.web.browser.helpers import Watch


@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        ("fetch('http://127.0.0.2:9/').catch(() => 0)", "127.0.0.2"),
        ("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))", ""),
        ("void setTimeout(() => { throw new Error('on purpose') })", "on purpose"),
        ("void setTimeout(() => alert('hello'))", "hello"),
    ],
    ids=["elsewhere", "policy", "error", "dialog"],
)
def test_the_watch_sees(browser: Browser, server: Server, deed: str, fault: str) -> None:
    context = browser.new_context(base_url=server.url)
    watch = Watch(context, server.url)
    page = context.new_page()
    page.goto("/")
    assert watch.faults == []
    page.evaluate(deed)
    page.wait_for_timeout(100)
    context.close()
    assert watch.faults
    assert fault in watch.faults[0]
