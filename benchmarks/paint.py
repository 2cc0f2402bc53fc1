"""Measure how soon the pages of `movierec serve` appear, and print a Markdown table.

    python benchmarks/paint.py MODEL [--visits 15]

Starts the server, and opens each page in Chromium as visitors whose caches are empty, one after the
other. A paint is what Chromium reports (PerformancePaintTiming): the time from the start of the
navigation until the first content is on the screen. The first visit of a page is a column of its
own: it may wait for the server to read its model, or to make what it makes once. Chromium and the
server share this machine; the table ends with its load.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

PAGES = {
    "start": "/",
    "search": "/similar?title=star+wars",
    "movie": "/film/{movie_id}",
    "movie, filtered": "/film/{movie_id}?genre=Drama&diversity=0.5",
    "longest list": "/film/{movie_id}?k=96",
    "why": "/why?first={movie_id}&second={other_id}",
    "taste": "/taste",
    "stats": "/stats",
    "no such page": "/nothing",
}
PAINT = """new Promise(tell => new PerformanceObserver(list => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) tell(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""
PATIENCE = 60_000  # milliseconds


@contextmanager
def serving(model: str) -> Iterator[str]:
    """Run a server of a model, and return its address."""
    command = [sys.executable, "-m", "movierec", "serve", "--port", "0", "--model", model]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = re.search(r"http://\S+[^/\s]", process.stderr.readline())
    assert address, process.stderr.read()
    try:
        yield address[0]
    finally:
        process.terminate()
        process.wait()


def two_movies(model: str) -> dict[str, Any]:
    """Return the movie that most people rated, and the one most similar to it."""
    from movierec import Recommender

    recommender = Recommender.load(model)
    first = recommender.stats()["most_rated"][0]["movie_id"]
    other = recommender.similar(first, 1, by_id=True)[0].movie_id
    return {"movie_id": first, "other_id": other}


def paint(browser: Any, address: str) -> float:
    """Return the first contentful paint of one visit, in milliseconds."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, timeout=PATIENCE)
    found: float = page.evaluate(PAINT)
    context.close()
    return found


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--visits", type=int, default=15)
    arguments = parser.parse_args()
    movies = two_movies(arguments.model)
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with serving(arguments.model) as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        print("| page | first visit | median | longest of the others |\n|---|---|---|---|")
        for name, path in PAGES.items():
            address = home + path.format(**movies)
            first, *others = [paint(browser, address) for _ in range(arguments.visits)]
            print(f"| {name} | {first:.0f} ms | {median(others):.0f} ms | {max(others):.0f} ms |")
        browser.close()
    print(f"\nLoad of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.")


if __name__ == "__main__":
    main()
