"""Lists as notebooks show them, opened as a file without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Browser

from movierec import Recommender
from tests.people import made

# Of JupyterLab: narrow images and large margins, unless a list says otherwise.
STYLE = "<style>img { max-width: 100%; height: auto; display: block; margin: 1em auto }</style>"


@pytest.mark.parametrize("width", [390, 1280])
def test_covers_are_drawn_small_and_their_titles_run_nothing(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    ratings, movies = made()
    movies.loc[:9, "title"] = "<script>document.title = 'ran'</script> Film (1999)"
    found = Recommender.fit(ratings, movies).search("film", 20)
    path = tmp_path / "list.html"
    path.write_text(f"{STYLE}{found._repr_html_()}", encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.partition(":")[0]))
    page.goto(path.as_uri())
    page.wait_for_function("[...document.images].every(image => image.complete)")
    sizes = page.evaluate(
        "[...document.images].map(image => [image.width, image.height, image.naturalWidth > 0])"
    )
    assert sizes == [[40, 60, True]] * 20
    assert page.title() == ""
    assert set(requests) <= {"file", "data"}
    page.close()
